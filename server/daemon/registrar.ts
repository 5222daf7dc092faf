import type { Caller } from '../protocol/caller';
import type { Refusal } from '../protocol/errors';
import type { Arbiter } from './arbiter';
import type { Holders } from './holders';
import { digestOf } from './identity';
import type { IRegistrar, KnownProcess } from './ports';

/** Admits processes; passes on only a digest of their tokens (SEC6). */
export class Registrar implements IRegistrar {
  constructor(
    private readonly holders: Pick<Holders, 'arrive' | 'whyNotSpeak'>,
    private readonly arbiter: Pick<Arbiter, 'launch' | 'post'>,
    private readonly hubGroupsOf: (user: string) => readonly string[]
  ) {}

  arrive(process: KnownProcess, token: string | null, caller: Caller): Refusal | null {
    return this.holders.arrive({ ...process, tokenDigest: token && digestOf(token) }, caller);
  }

  whyNotSpeak(holderId: string, token: string | null, caller: Caller): Refusal | null {
    return this.holders.whyNotSpeak(holderId, token && digestOf(token), caller);
  }

  launch(id: string, notebook: string | null, { name, groups = [] }: Caller): Refusal | null {
    const its = { ownerGroups: groups, hubGroups: this.hubGroupsOf(name), group: [] };
    return this.arbiter.launch({ id, notebook, owner: name, ...its });
  }

  endLaunch(holderId: string): void {
    this.arbiter.post({ type: 'launchFailed', holderId });
  }
}
