import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';

import { probe } from '../server/enforce/probe';
import { DiskFiles } from '../server/host/files';
import { OwnDirectory } from '../server/host/ownDirectory';
import { findPacking } from '../server/host/packing';
import { rounded } from './statistics';

/** What figures depend on, wherever they came from. */
export type Machine = {
  readonly cpuModel: string;
  readonly cpus: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  /** The best tier that works here. */
  readonly tier: string;
  /** Whether two busy threads are kept on one CPU; null where it was too busy to tell. */
  readonly packsThreads: boolean | null;
  /** The load average over a minute, before anything was measured. */
  readonly loadAtStart: number;
};

/** How often it is looked whether threads are packed, while a busy machine hides it. */
const LOOKS_MAX = 10;

/** This machine, as it is now; takes up to some seconds where it is busy. */
export async function describeMachine(): Promise<Machine> {
  const all = cpus();
  const loadAtStart = rounded(loadavg()[0]!, 2);
  return {
    cpuModel: all[0]?.model ?? 'unknown',
    cpus: all.length,
    memoryGb: rounded(totalmem() / 1e9, 1),
    kernel: `${type()} ${release()}`,
    node: process.version,
    tier: await findTier(),
    packsThreads: await lookForPacking(),
    loadAtStart
  };
}

/** The same in a sentence. */
export function sentenceOf(machine: Machine): string {
  const {
    cpuModel,
    cpus: count,
    memoryGb,
    kernel,
    node,
    tier,
    packsThreads,
    loadAtStart
  } = machine;
  const packing =
    packsThreads === null
      ? 'packing not told'
      : packsThreads
        ? 'packs threads'
        : 'does not pack threads';
  const parts = [
    cpuModel,
    `${count} CPUs`,
    `${memoryGb} GB`,
    kernel,
    `Node ${node}`,
    `tier ${tier}`,
    packing
  ];
  return `Machine: ${parts.join(', ')}; load at the start ${loadAtStart}.`;
}

/** Whether it keeps two busy threads on one CPU; null where it is too busy to tell. */
export async function lookForPacking(): Promise<boolean | null> {
  let packed: boolean | null = null;
  for (let look = 0; packed === null && look < LOOKS_MAX; look += 1) {
    packed = await findPacking(
      new DiskFiles(),
      cpus().map((_, cpu) => cpu)
    );
  }
  return packed;
}

/** Found as the sidecar finds it: by trying. */
async function findTier(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'cellgrant-bench-'));
  const own = OwnDirectory.open(dir, () => undefined);
  const { enforcer } = await probe({ own, onFailure: () => undefined, onBroughtBack: () => undefined });
  await enforcer.close();
  rmSync(dir, { recursive: true });
  return enforcer.tier.name;
}
