import type { IAnswers } from '../daemon/ports';
import { sentenceOf, type Refusal } from '../protocol/errors';
import { isSameSet, type CpuSet } from '../protocol/cpuset';
import { SIGN_OF_LIFE_MS, type GateGrant } from '../protocol/gate';
import type { HolderKind } from '../protocol/holder';
import type { Reason } from '../protocol/facts';
import { listOrNull, toldGrant, type CpuPinning, type Grant } from '../protocol/grant';
import { englishOf } from '../protocol/phrases';
import { waitInWords } from '../protocol/sentences';
import { grantEnvironment } from './environment';
import type { AppliedGrant, Records } from './records';

/**
 * Delivers the arbiter's answers to the gates.
 *
 * #### Notes
 * An answer to a claim that its gate has given up is dropped. What a disconnected
 * gate must learn is kept in its claim's record until it reconnects.
 */
export class Answers implements IAnswers {
  constructor(private readonly records: Records) {}

  /** Send heartbeats to all waiting gates; returns the undo. */
  begin(): () => void {
    // A fifth less than promised, in case a timer fires late.
    const timer = setInterval(() => this.giveSigns(), SIGN_OF_LIFE_MS * 0.8);
    return () => clearInterval(timer);
  }

  granted(id: string, grant: Grant, hold: CpuPinning, isChange: boolean): void {
    const record = this.records.claims.get(id);
    if (!record) {
      return;
    }
    const applied = appliedGrant(grant, hold);
    const runs = record.phase.state === 'running' ? record.phase : null;
    if (runs && isSame(runs.grant, applied)) {
      return; // already started, by its gate or under the previous sidecar
    }
    record.phase = { state: 'running', grant: applied, unsent: runs?.unsent ?? null };
    record.holder.channel?.send({
      type: isChange || runs ? 'changed' : 'granted',
      id,
      grant: gateGrant(applied)
    });
  }

  waiting(id: string, reason: Reason, position: number): void {
    const record = this.records.claims.get(id);
    if (!record) {
      return;
    }
    const { kind, user } = record.holder;
    const sentence = waitInWords(user.visibility().of(reason), englishOf(kind));
    const told = record.phase.state === 'waiting' ? record.phase.message : null;
    if (told?.sentence === sentence && told.position === position) {
      return; // a figure changed by too little to show in words
    }
    const message = { type: 'waiting', id, sentence, position } as const;
    record.phase = { state: 'waiting', message };
    record.holder.channel?.send(message);
  }

  refused(id: string, why: Refusal): void {
    const record = this.records.claims.get(id);
    if (!record) {
      return;
    }
    const { kind, user } = record.holder;
    const seen = user.visibility().of(why);
    const message = {
      type: 'refused',
      id,
      message: sentenceOf(seen, englishOf(kind)),
      ...seen
    } as const;
    if (record.holder.channel) {
      this.records.remove(record);
      record.holder.channel.send(message);
    } else {
      record.phase = { state: 'refused', message };
    }
  }

  interrupted(id: string, why: Refusal): void {
    const record = this.records.claims.get(id);
    if (record?.phase.state !== 'running') {
      return;
    }
    const { kind, user } = record.holder;
    const seen = user.visibility().of(why);
    const message = {
      type: 'interrupt',
      id,
      message: sentenceOf(seen, englishOf(kind)),
      ...seen
    } as const;
    if (record.holder.channel) {
      record.holder.channel.send(message);
    } else {
      record.phase = { ...record.phase, unsent: message };
    }
  }

  standing(holderId: string, isGiven: boolean): void {
    const holder = this.records.holders.get(holderId);
    if (holder) {
      holder.mayStart = isGiven;
      holder.channel?.send({ type: 'standing', isGiven });
    }
  }

  freeAsked(holderId: string, gpus: readonly string[]): void {
    this.records.holders.get(holderId)?.channel?.send({ type: 'free', gpus });
  }

  killed(holderId: string, kind: HolderKind, why: Refusal): void {
    this.records.noteDeath(holderId, sentenceOf(why, englishOf(kind)));
  }

  maskChanged(holderId: string, affinity: CpuSet | null): void {
    for (const { id, phase } of this.records.holders.get(holderId)?.claims.values() ?? []) {
      if (phase.state === 'running' && !isSameSet(phase.grant.affinity, affinity)) {
        this.granted(id, phase.grant, { ...phase.grant, affinity }, true);
      }
    }
  }

  private giveSigns(): void {
    for (const { phase, holder } of this.records.claims.values()) {
      if (phase.state === 'waiting') {
        holder.channel?.send(phase.message);
      }
    }
  }
}

/** The part of a grant that the gate must apply. */
export function appliedGrant(grant: Grant, hold: CpuPinning): AppliedGrant {
  const { cpus, threads, memoryBytes, gpus, asked } = grant;
  const { affinity, cpuset } = hold;
  const env = grantEnvironment(grant);
  return { cpus, threads, memoryBytes, gpus, asked, affinity, cpuset, env };
}

/** A grant as it is sent to its gate. */
export function gateGrant(grant: AppliedGrant): GateGrant {
  const { affinity, cpuset, env } = grant;
  const lists = { affinity: listOrNull(affinity), cpuset: listOrNull(cpuset) };
  return { ...toldGrant(grant), ...lists, env };
}

/** Whether two grants require the same of a gate. */
export function isSame(a: AppliedGrant, b: AppliedGrant): boolean {
  return (
    isSameSet(a.cpus, b.cpus) &&
    isSameSet(a.affinity, b.affinity) &&
    a.threads === b.threads &&
    a.memoryBytes === b.memoryBytes &&
    a.gpus.join() === b.gpus.join()
  );
}
