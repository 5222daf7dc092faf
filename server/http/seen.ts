import type { IApi, IShown } from '../daemon/ports';
import type { Caller } from '../protocol/caller';
import type { ClaimStory, Fit, Snapshot } from '../protocol/view';
import { visibilityOf, type Visibility } from '../protocol/visibility';

/** The API as one caller may see it (SEC1). */
export function seenBy(caller: Caller, api: IApi): IApi {
  const visibility = visibilityOf(caller);
  const { claims } = api;
  return {
    ...api,
    arbiter: new Seen(api.arbiter, visibility),
    claims: {
      cancel: (claimId, by) => claims.cancel(claimId, by),
      fit: (holderId, sources): Fit | null => visibility.of(claims.fit(holderId, sources))
    }
  };
}

class Seen implements IShown {
  constructor(
    private readonly shown: IShown,
    private readonly visibility: Visibility
  ) {}

  snapshot(): Snapshot {
    const { node, holders, groups, claims, culled, ...moment } = this.shown.snapshot();
    return {
      ...moment,
      node,
      groups,
      holders: this.visibility.of(holders),
      claims: this.visibility.of(claims),
      ...(culled && { culled: this.visibility.of(culled) })
    };
  }

  story(claimId: string): ClaimStory | null {
    const it = this.shown.story(claimId);
    return it && !this.visibility.seesAllOf(it.owner)
      ? { ...this.visibility.of(it), story: [] }
      : this.visibility.of(it);
  }

  onStep(listener: () => void): () => void {
    return this.shown.onStep(listener);
  }
}
