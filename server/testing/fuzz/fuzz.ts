import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { RandomSource } from '../randomSource';
import type { TestKernel } from '../gate';
import type { TestSidecar } from '../sidecar';
import { Stage } from '../stage';
import { ENTRIES, type Target } from './entries';
import { Mutator } from './mutate';

/** How many messages are sent before it is looked whether all is well. */
const BATCH = 250;

/** An honest claim is granted within so many ms: after more a gate would run its cell without (GATE5). */
const GRANT_MS_MAX = 5_000;

const RESIDENT_MB_MAX = 200;
const PROCESSES = 4;

/** Descriptors that may be open beside those of the connections that are. */
const DESCRIPTORS_MORE_MAX = 8;

/** What came of a run. */
export type FuzzReport = {
  readonly entry: string;
  readonly seed: number;
  readonly messages: number;
  /** The longest that an honest claim waited after a batch, in ms. */
  readonly grantWorstMs: number;
  readonly residentMb: number;
  /** What was answered, and how often: whether something came through. */
  readonly answers: Readonly<Record<string, number>>;
  /** What went wrong; empty where nothing did. */
  readonly problems: readonly string[];
};

/** One run over one entry: the same seed says the same, though not at the same moments. */
export async function fuzz(entry: string, messages: number, seed: number): Promise<FuzzReport> {
  const stage = new Stage();
  const watch = new Watch();
  const answers = new Map<string, number>();
  let sent = 0;
  try {
    const target = await targetOf(stage, answers);
    const honest = await stage.connected(target.sidecar);
    const before = descriptorsOf(target.sidecar);
    const it = new Mutator(new RandomSource(seed));
    while (sent < messages && watch.problems.length === 0) {
      const batch = Math.min(BATCH, messages - sent);
      await ENTRIES[entry]!(it, target, batch).catch(why => watch.note(String(why)));
      sent += batch;
      await watch.look(target.sidecar, honest);
    }
    await watch.lookForLeaks(target, honest, before);
  } catch (failure) {
    watch.note(String(failure));
  }
  await stage.clear().catch(failure => watch.note(String(failure)));
  const { grantWorstMs, residentMb, problems } = watch;
  const counts = Object.fromEntries([...answers].sort());
  return { entry, seed, messages: sent, grantWorstMs, residentMb, answers: counts, problems };
}

async function targetOf(stage: Stage, answers: Map<string, number>): Promise<Target> {
  const dir = stage.directory();
  const configPath = join(dir, 'config.yaml');
  writeFileSync(configPath, '');
  const sidecar = await stage.sidecarIn(dir, '--memory', '4 GiB', '--config', configPath);
  const processes = Array.from({ length: PROCESSES }, () => {
    const { pid, startTicks } = stage.kernel();
    return { pid, startTicks };
  });
  return { stage, sidecar, processes, configPath, answers };
}

function descriptorsOf({ pid }: TestSidecar): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Looks from outside whether a sidecar is well. */
class Watch {
  readonly problems: string[] = [];
  grantWorstMs = 0;
  residentMb = 0;
  private looks = 0;

  note(problem: string): void {
    this.problems.push(problem.slice(0, 2000));
  }

  /** An honest cell runs, the API answers, memory is bounded, and no mistake of ours was logged. */
  async look(sidecar: TestSidecar, honest: TestKernel): Promise<void> {
    await sidecar.ask('PUT', '/api/v1/defaults', '{}');
    const id = `honest-${(this.looks += 1)}`;
    const began = performance.now();
    honest.claim(id, { cpus: 1 });
    await Promise.race([honest.gate.hear('granted', id), honest.gate.hear('refused', id)]).then(
      ({ type }) => type === 'granted' || this.note(`${id} was refused`)
    );
    const tookMs = Math.round(performance.now() - began);
    honest.release(id);
    this.grantWorstMs = Math.max(this.grantWorstMs, tookMs);
    this.residentMb = Math.max(this.residentMb, residentMbOf(sidecar.pid));
    tookMs > GRANT_MS_MAX && this.note(`${id} was granted after ${tookMs} ms`);
    this.residentMb > RESIDENT_MB_MAX && this.note(`${this.residentMb} MB are resident`);
    for (const path of ['/healthz', '/api/v1/snapshot']) {
      const { status } = await sidecar.ask('GET', path);
      status === 200 || this.note(`${path} answers ${status}`);
    }
    const mistake = /^.* a mistake.*$/m.exec(sidecar.log)?.[0];
    mistake && this.note(mistake);
  }

  /** When their processes are gone, so are the kernels that the messages made. */
  async lookForLeaks(target: Target, honest: TestKernel, before: number): Promise<void> {
    const { sidecar, processes } = target;
    processes.forEach(({ pid }) => process.kill(pid, 'SIGKILL'));
    let ids: readonly string[] = [];
    for (let tries = 0; tries < 100; tries += 1) {
      const { body } = await sidecar.ask('GET', '/api/v1/holders');
      ids = (body as readonly { id: string }[]).map(it => it.id);
      if (ids.length === 1 && descriptorsOf(sidecar) <= before + DESCRIPTORS_MORE_MAX) {
        break;
      }
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    ids.join() === honest.id || this.note(`kernels are left: ${ids.join()}`);
    const more = descriptorsOf(sidecar) - before;
    more <= DESCRIPTORS_MORE_MAX || this.note(`${more} descriptors more are open`);
  }
}

function residentMbOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round((Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) * 1024) / 1e6);
}
