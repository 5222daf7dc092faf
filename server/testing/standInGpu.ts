import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The GPU of the log that is shown. */
export const GPU_UUID = 'GPU-dddddddd-0000-1111-2222-333333333333';

// Found from a bundle in build/ as well.
const DIRECTORY = join(__dirname, '..', '..', 'server', 'testing', 'standin-gpu');

/** The stand-in for nvidia-smi. */
export const SMI = join(DIRECTORY, 'nvidia-smi');

/** Run a test with the stand-in told how to behave. */
export async function behaving<T>(
  behaviour: Readonly<Record<string, string>>,
  test: () => Promise<T>
): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, behaviour);
  try {
    return await test();
  } finally {
    process.env = before;
  }
}

/**
 * Makes the stand-in for nvidia-smi the first one on the PATH of what is started
 * from now on, and tells it what processes hold.
 */
export class StandInGpu {
  private readonly before = { ...process.env };
  private readonly contexts = mkdtempSync(join(tmpdir(), 'cg-gpu-'));

  constructor() {
    process.env['PATH'] = [DIRECTORY, process.env['PATH']].join(delimiter);
    process.env['STANDIN_LOG'] = 'h200';
    process.env['STANDIN_CONTEXTS'] = this.contexts;
    delete process.env['CUDA_VISIBLE_DEVICES'];
  }

  /** A process holds so much of the GPU from now on; 0 for nothing any more. */
  hold(pid: number, mebibytes: number): void {
    const file = join(this.contexts, `${pid}.mib`);
    if (mebibytes > 0) {
      writeFileSync(file, `${GPU_UUID} ${mebibytes}\n`);
    } else {
      rmSync(file, { force: true });
    }
  }

  /** From now on the program fails, or (`false`) works again. */
  break(isBroken: boolean): void {
    const file = join(this.contexts, 'broken');
    isBroken ? writeFileSync(file, '') : rmSync(file, { force: true });
  }

  /** Undo everything. */
  remove(): void {
    process.env = this.before;
    rmSync(this.contexts, { recursive: true });
  }
}
