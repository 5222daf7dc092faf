import { readFileSync } from 'node:fs';
import { Stage } from '../server/testing/stage';

const KERNELS = 1000;

/** What many kernels that register at once cost the sidecar. */
export type Crowd = {
  readonly kernels: number;
  /** Until the last one was confined and welcomed, in ms. */
  readonly registeredMs: number;
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
    await Promise.all(kernels.map(it => it.connect(sidecar)));
    const registeredMs = Math.round(performance.now() - began);
    const { body } = await sidecar.ask('GET', '/api/v1/holders');
    const known = (body as readonly unknown[]).length;
    if (known !== KERNELS) {
      throw new Error(`${KERNELS} kernels said hello, ${known} are known`);
    }
    const [residentMb, peakMb] = ['VmRSS', 'VmHWM'].map(it => memoryOf(sidecar.pid, it));
    return { kernels: KERNELS, registeredMs, residentMb: residentMb!, peakMb: peakMb! };
  } finally {
    await stage.clear();
  }
}
