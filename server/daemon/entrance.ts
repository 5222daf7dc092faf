import type { Caller } from '../protocol/caller';
import { refusal, type Refusal } from '../protocol/errors';
import { ancestorsOf, isWithin, maySpeak, whyNoHolder } from './identity';
import type { KnownProcesses } from './knownProcesses';
import type { IProcesses, KnownProcess } from './ports';

/** Each is a process of its user, who may run that many; a panel or a full sweep copes with no more. */
export const HOLDERS_OF_ONE_MAX = 4096;

/** Admission: what can be a holder, and who may speak for which one (SEC6, SEC7, HOLD2, HOLD5). */
export class Entrance {
  constructor(
    private readonly processes: IProcesses,
    private readonly known: KnownProcesses
  ) {}

  /** Why a process is not admitted for this caller; null if it is. */
  whyNot(newcomer: KnownProcess, caller: Caller): Refusal | null {
    return (
      this.whyNotSpeak(newcomer.holderId, newcomer.tokenDigest ?? null, caller) ??
      this.whyTaken(newcomer) ??
      this.whyForeign(newcomer, caller) ??
      this.whyNoChild(newcomer, caller) ??
      this.whyOneTooMany(newcomer, caller)
    );
  }

  /**
   * SEC6, SEC8: why a caller with this token may not speak for a holder; null if it may. For one that
   * has ended, anybody of its user may, because it may be restarted (HOLD5).
   */
  whyNotSpeak(holderId: string, tokenDigest: string | null, { uid }: Caller): Refusal | null {
    const it = this.known.byId(holderId);
    // Not even an administrator speaks for another user's process.
    const isForeign = (this.known.userOf(holderId) ?? uid) !== uid;
    const isOver = !it || this.processes.hasEnded(it);
    return !isForeign && (isOver || maySpeak(it, tokenDigest))
      ? null
      : refusal('NOT_THIS_HOLDER', { id: holderId });
  }

  /** SEC9: one user's holders are limited in number. */
  private whyOneTooMany({ holderId }: KnownProcess, { uid }: Caller): Refusal | null {
    const isOne = this.known.has(holderId) || this.known.countOf(uid) < HOLDERS_OF_ONE_MAX;
    const details = { limit: HOLDERS_OF_ONE_MAX, what: 'kernels and other holders of one user' };
    return isOne ? null : refusal('TOO_MANY', details);
  }

  /** HOLD5: an id belongs to one holder while that lives; only a kernel may restart under its own id. */
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

  /** Whether a process may speak as a holder: inside its tree, but no gated descendant of its gate. */
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
    // Whose process it is comes first: of another user's, nobody learns which holder it is (SEC1).
    const why = whyNoHolder(this.processes, newcomer, uid) ?? taken;
    return why === null ? null : refusal('FOREIGN_PROCESS', { pid, why, kind });
  }

  /** HOLD2: a process that names a parent descends from it, has its user and its token; a cell must name one. */
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
