import type { Caller } from '../protocol/caller';
import { refusal, type Refusal } from '../protocol/errors';
import { ancestorsOf, isWithin, maySpeak, whyNoHolder } from './identity';
import type { KnownProcesses } from './knownProcesses';
import type { IProcesses, KnownProcess } from './ports';

/** Who may come in: what can be a holder, and for which one who speaks (SEC6, SEC7, HOLD2, HOLD5). */
export class Entrance {
  constructor(
    private readonly processes: IProcesses,
    private readonly known: KnownProcesses
  ) {}

  /** Why a process is not taken in for this caller; null where it is. */
  whyNot(newcomer: KnownProcess, caller: Caller): Refusal | null {
    return (
      this.whyNotSpeak(newcomer.holderId, newcomer.tokenDigest ?? null) ??
      this.whyTaken(newcomer) ??
      this.whyForeign(newcomer, caller) ??
      this.whyNoChild(newcomer, caller)
    );
  }

  /** SEC6: why who tells this token may not speak for a holder; null for one that does not live. */
  whyNotSpeak(holderId: string, tokenDigest: string | null): Refusal | null {
    const it = this.known.byId(holderId);
    return !it || maySpeak(it, tokenDigest) || this.processes.hasEnded(it)
      ? null
      : refusal('NOT_THIS_HOLDER', { id: holderId });
  }

  /** HOLD5: an id is one holder's as long as that lives; only a kernel is started again under its own. */
  private whyTaken(newcomer: KnownProcess): Refusal | null {
    const it = this.known.byId(newcomer.holderId);
    const isOver = !it || this.processes.hasEnded(it);
    const isRestart = it?.kind === 'kernel' && !this.isInside(newcomer.pid, it);
    if (isOver || (it.kind === newcomer.kind && (isRestart || this.maySpeakAs(it, newcomer)))) {
      return null;
    }
    const { holderId: id, kind, name, pid } = it;
    return refusal('HOLDER_TAKEN', { id, kind, name, pid: it.gate?.pid ?? pid });
  }

  /** Whether a process is a holder's own: its first gate's, and of those that it was started by or with. */
  private maySpeakAs(it: KnownProcess, { pid, gated }: KnownProcess): boolean {
    const { gate = null } = it;
    const isFork = gate !== null && gate.pid !== pid && isWithin(this.processes, pid, gate);
    return this.isInside(pid, it) && !(gated && isFork);
  }

  private isInside(pid: number, it: KnownProcess): boolean {
    return isWithin(this.processes, pid, it);
  }

  private whyForeign(newcomer: KnownProcess, { uid }: Caller): Refusal | null {
    const { holderId, pid, startTicks, kind } = newcomer;
    const owner = this.known.byPid(pid);
    const isTaken = owner?.startTicks === startTicks && owner.holderId !== holderId;
    const taken = isTaken ? `it is the ${owner.kind} ${owner.holderId}` : null;
    const why = taken ?? whyNoHolder(this.processes, newcomer, uid);
    return why === null ? null : refusal('FOREIGN_PROCESS', { pid, why, kind });
  }

  /** HOLD2: whoever names a parent comes from it, as its own user, and knows its token; a cell names one. */
  private whyNoChild(newcomer: KnownProcess, { uid }: Caller): Refusal | null {
    const { pid, kind, parentHolderId: id = null, tokenDigest = null } = newcomer;
    if (id === null) {
      const why = 'it names no parent';
      return kind === 'cell' ? refusal('NOT_A_CHILD', { pid, kind, why }) : null;
    }
    const parent = this.known.byId(id);
    if (!parent || this.processes.hasEnded(parent)) {
      return refusal('HOLDER_UNKNOWN', { id });
    }
    const isInside = ancestorsOf(this.processes, pid).includes(parent.pid);
    if (!isInside || parent.owner?.uid !== uid) {
      const why = `it does not descend from the ${parent.kind} "${id}" that it names as its parent`;
      return refusal('NOT_A_CHILD', { pid, kind, why });
    }
    return maySpeak(parent, tokenDigest) ? null : refusal('NOT_THIS_HOLDER', { id });
  }
}
