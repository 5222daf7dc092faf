import { readFileSync } from 'node:fs';
import type { TestKernel } from '../server/testing/gate';
import type { TestSidecar } from '../server/testing/sidecar';
import { Stage } from '../server/testing/stage';

const KERNELS = 1000;
/** How soon the product's gates come again. */
const AGAIN_MS = 100;
const REGISTERED_MAX_MS = 60_000;

/** What many kernels that register at once cost the sidecar. */
export type Crowd = {
  readonly kernels: number;
  /** Until the last one was confined and welcomed, in ms. */
  readonly registeredMs: number;
  /** How many came again because they were not heard: none on a machine that is not busy. */
  readonly again: number;
  readonly residentMb: number;
  readonly peakMb: number;
};

/** A memory field of /proc/PID/status, in MB. */
export function memoryOf(pid: number, field: string): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)![1]);
  return Math.round((kib * 1024) / 1e4) / 100;
}

/** Let a thousand processes say hello at once; rejects where one is lost. */
export async function registerCrowd(): Promise<Crowd> {
  const stage = new Stage();
  try {
    const sidecar = await stage.sidecar();
    const kernels = Array.from({ length: KERNELS }, () => stage.kernel());
    const began = performance.now();
    const came = await Promise.all(kernels.map(it => connect(it, sidecar)));
    const registeredMs = Math.round(performance.now() - began);
    const { body } = await sidecar.ask('GET', '/api/v1/holders');
    const known = (body as readonly unknown[]).length;
    if (known !== KERNELS) {
      throw new Error(`${KERNELS} kernels said hello, ${known} are known`);
    }
    const [residentMb, peakMb] = ['VmRSS', 'VmHWM'].map(it => memoryOf(sidecar.pid, it));
    const again = came.reduce((sum, it) => sum + it, 0);
    return { kernels: KERNELS, registeredMs, again, residentMb: residentMb!, peakMb: peakMb! };
  } finally {
    await stage.clear();
  }
}

/** As gates do, it comes again where so many wait that it is not heard; how often it had to. */
async function connect(kernel: TestKernel, sidecar: TestSidecar): Promise<number> {
  const end = performance.now() + REGISTERED_MAX_MS;
  for (let again = 0; ; again += 1) {
    try {
      await kernel.connect(sidecar);
      return again;
    } catch (failure) {
      if (performance.now() > end) {
        throw failure;
      }
      await new Promise(resolve => setTimeout(resolve, AGAIN_MS));
    }
  }
}
