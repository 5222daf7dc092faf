import type { Caller } from '../protocol/caller';
import { refusal, type Refusal } from '../protocol/errors';
import type { KnownProcesses } from './knownProcesses';
import type { IAdministrators, IOwners } from './ports';

/** The owners of holders, and so who may act on them (SEC8). */
export class Owners implements IOwners {
  constructor(
    private readonly known: Pick<KnownProcesses, 'byId'>,
    private readonly administrators: IAdministrators
  ) {}

  /** The user of a holder; null for an unknown one. */
  ownerOf(holderId: string): Pick<Caller, 'uid' | 'name'> | null {
    return this.known.byId(holderId)?.owner ?? null;
  }

  isOwn(holderId: string, by: Caller): boolean {
    return (this.ownerOf(holderId)?.uid ?? by.uid) === by.uid;
  }

  whyNotYours(holderId: string, by: Caller): Refusal | null {
    const it = this.known.byId(holderId);
    if (!it) {
      return refusal('HOLDER_UNKNOWN', { id: holderId });
    }
    const { owner } = it;
    return !owner || owner.uid === by.uid || this.administrators.includes(by)
      ? null
      : refusal('NOT_YOURS', { id: holderId, owner: owner.name });
  }
}
