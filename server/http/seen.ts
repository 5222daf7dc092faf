import type { IApi, IShown } from '../daemon/ports';
import type { Caller } from '../protocol/caller';
import type { ClaimStory, Fit, Snapshot } from '../protocol/view';
import { visibilityOf, type Visibility } from '../protocol/visibility';

/** The API as one caller may see it (SEC1). */
export function seenBy(caller: Caller, api: IApi): IApi {
  const visibility = visibilityOf(caller, api.administrators);
  const { claims } = api;
  return {
    ...api,
    arbiter: new Seen(api.arbiter, visibility),
    claims: {
      fit: (holderId, cell): Fit | null => visibility().of(claims.fit(holderId, cell))
    }
  };
}

class Seen implements IShown {
  constructor(
    private readonly shown: IShown,
    private readonly visibility: () => Visibility
  ) {}

  snapshot(): Snapshot {
    const visibility = this.visibility();
    const { node, holders, groups, claims, caps, culled, ...moment } = this.shown.snapshot();
    return {
      ...moment,
      node: visibility.of(node),
      groups,
      holders: visibility.of(holders),
      claims: visibility.of(claims),
      caps: visibility.of(caps),
      ...(culled && { culled: visibility.of(culled) })
    };
  }

  story(claimId: string): ClaimStory | null {
    const visibility = this.visibility();
    const it = this.shown.story(claimId);
    return it && !visibility.seesAllOf(it.owner)
      ? { ...visibility.of(it), story: [] }
      : visibility.of(it);
  }

  onStep(listener: () => void): () => void {
    return this.shown.onStep(listener);
  }
}
