import { execFile } from 'node:child_process';
import { totalmem } from 'node:os';
import type { Gpu } from '../core/events';
import { listGpus, type ListedGpu } from './gpuDevices';
import {
  leftOut,
  parseGpuLog,
  parseSliceNames,
  saidBeside,
  type GpuReading,
  type GpuSlice
} from './gpuLog';

/** GPUs that may be handed out, and notices for people. */
export type GpuDiscovery = {
  readonly gpus: readonly Gpu[];
  /** All GPUs of the machine, whether or not they may be handed out. */
  readonly listed: readonly ListedGpu[];
  readonly notices: readonly string[];
};

/** How GPUs are detected. */
export type GpuOptions = {
  /** The program to run; a test may name a stand-in. */
  readonly command?: string;
  readonly timeoutMs?: number;
  /** The sidecar's own `CUDA_VISIBLE_DEVICES`: its share of the machine's GPUs. */
  readonly visible?: string | undefined;
};

const TIMEOUT_MS = 10_000;
const OUTPUT_BYTES_MAX = 64 * 1024 ** 2;

/** What a program printed, what it wrote outside its logs, and why it failed, if it did. */
type Answer = { readonly text: string; readonly said: string; readonly failure: string | null };

/** Run a program; null if it does not exist. */
function ask(command: string, args: readonly string[], timeoutMs: number): Promise<Answer | null> {
  const options = {
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_BYTES_MAX,
    env: { ...process.env, LC_ALL: 'C' }
  } as const;
  return new Promise(resolve => {
    execFile(command, args, options, (error, text, stderr) => {
      const said = saidBeside(text) || saidBeside(stderr);
      if (!error) {
        resolve({ text, said, failure: null });
      } else if ((error.code as unknown) === 'ENOENT') {
        resolve(null);
      } else {
        const failure = error.killed
          ? `${command} did not answer within ${timeoutMs / 1000} s`
          : `${command} failed: ${said || saidBeside(error.message)}`;
        resolve({ text, said, failure });
      }
    });
  });
}

/**
 * What can be granted of a GPU: the whole, or in MIG mode its slices.
 *
 * #### Notes
 * A slice whose UUID or memory is unknown is left out. A GPU
 * without memory of its own shares the machine's, `hostBytes`.
 */
export function grantable(
  readings: readonly GpuReading[],
  sliceNames: ReturnType<typeof parseSliceNames>,
  hostBytes = totalmem()
): readonly Gpu[] {
  return readings.flatMap(({ uuid, index, model, memoryBytes, slices }) =>
    slices.length === 0
      ? [{ uuid, index, model, memoryBytes: memoryBytes ?? hostBytes }]
      : slices.flatMap(slice => {
          const name = sliceNames.get(uuid)?.[slice.index];
          return name && slice.memoryBytes > 0
            ? [
                {
                  uuid: name.uuid,
                  index,
                  model: `${model} MIG ${name.profile}`,
                  memoryBytes: slice.memoryBytes,
                  slice: placeOf(uuid, slice)
                }
              ]
            : [];
        })
  );
}

function placeOf(gpu: string, slice: GpuSlice): NonNullable<Gpu['slice']> {
  const [gpuInstance = 0, computeInstance = 0] = slice.instance.split('/').map(Number);
  return { gpu, gpuInstance, computeInstance };
}

/**
 * The GPUs that `CUDA_VISIBLE_DEVICES` names, in its order.
 *
 * #### Notes
 * Names are indices, UUIDs or prefixes of UUIDs; as in CUDA, the list ends
 * at the first name that matches no GPU.
 */
export function visibleGpus(gpus: readonly Gpu[], visible: string | undefined): readonly Gpu[] {
  if (visible === undefined) {
    return gpus;
  }
  const chosen: Gpu[] = [];
  for (const name of visible.split(',').map(it => it.trim())) {
    const gpu = gpus.find(it =>
      /^\d+$/.test(name) ? it.index === Number(name) : name !== '' && it.uuid.startsWith(name)
    );
    if (!gpu || chosen.includes(gpu)) {
      break;
    }
    chosen.push(gpu);
  }
  return chosen;
}

/**
 * The GPUs that this process may hand out, by UUID (GPU6).
 *
 * #### Notes
 * Never rejects: without `nvidia-smi` there are none and nothing is reported; if
 * it hangs, fails or prints something else there are none and a notice says so.
 */
export async function findGpus(options: GpuOptions = {}): Promise<GpuDiscovery> {
  const command = options.command ?? 'nvidia-smi';
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const without = (why: string): GpuDiscovery => ({
    gpus: [],
    listed: [],
    notices: [`GPUs are not handed out: ${why}.`]
  });
  const log = await ask(command, ['-q', '-x'], timeoutMs);
  if (!log) {
    return { gpus: [], listed: [], notices: [] };
  }
  // A complete log is used whatever the exit code, which may only mean that one GPU is lost.
  const readings = parseGpuLog(log.text);
  if (!readings) {
    return without(log.failure ?? `${command} printed no log${log.said && `: ${log.said}`}`);
  }
  const slices = readings.flatMap(it => it.slices).length;
  const list = slices > 0 ? await ask(command, ['-L'], timeoutMs) : null;
  const names = parseSliceNames(list?.text ?? '');
  const gpus = grantable(readings, names);
  const unnamed = slices - gpus.filter(it => it.slice).length;
  return {
    gpus: visibleGpus(gpus, options.visible),
    listed: listGpus(readings, names),
    notices: [
      ...(log.said ? [`${command} says: ${log.said}.`] : []),
      ...leftOut(log.text),
      ...(unnamed > 0
        ? [`${unnamed} MIG slices are left out: ${command} reports no UUID or memory for them.`]
        : [])
    ]
  };
}
