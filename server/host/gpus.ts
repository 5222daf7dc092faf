import { execFile } from 'node:child_process';
import { totalmem } from 'node:os';
import type { Gpu, GpuUse } from '../core/events';
import { listGpus, type ListedGpu } from './gpuDevices';
import { parseGpuLog, parseSliceNames, type GpuProcess, type GpuReading } from './gpuLog';

/** GPUs that may be handed out, and what a person should know. */
export type GpuDiscovery = {
  readonly gpus: readonly Gpu[];
  /** All that the machine has, whether it may be handed out or not. */
  readonly listed: readonly ListedGpu[];
  readonly notices: readonly string[];
};

/** How GPUs are looked for. */
export type GpuOptions = {
  /** The program to ask; a test may name a stand-in. */
  readonly command?: string;
  readonly timeoutMs?: number;
  /** The sidecar's own `CUDA_VISIBLE_DEVICES`: its share of the machine's GPUs. */
  readonly visible?: string | undefined;
};

const TIMEOUT_MS = 10_000;
const OUTPUT_BYTES_MAX = 64 * 1024 ** 2;
/** Above this a GPU counts as busy. */
const BUSY_UTILISATION = 0.1;

type Answer = { readonly text: string } | { readonly failure: string | null };

function ask(command: string, args: readonly string[], timeoutMs: number): Promise<Answer> {
  const options = {
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_BYTES_MAX,
    env: { ...process.env, LC_ALL: 'C' }
  } as const;
  return new Promise(resolve => {
    execFile(command, args, options, (error, stdout, stderr) => {
      if (!error) {
        resolve({ text: stdout });
      } else if ((error.code as unknown) === 'ENOENT') {
        resolve({ failure: null });
      } else if (error.killed) {
        resolve({ failure: `${command} did not answer within ${timeoutMs / 1000} s` });
      } else {
        const said = (stdout + stderr).trim().split('\n')[0]!.slice(0, 200);
        resolve({ failure: `${command} failed: ${said || error.message}` });
      }
    });
  });
}

/**
 * What of a GPU can be granted: the whole, or in MIG mode its slices.
 *
 * #### Notes
 * A slice whose UUID is not known cannot be named to CUDA and is left out. A GPU
 * without memory of its own has the machine's, `hostBytes`.
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
          return name
            ? [
                {
                  uuid: name.uuid,
                  index,
                  model: `${model} MIG ${name.profile}`,
                  memoryBytes: slice.memoryBytes
                }
              ]
            : [];
        })
  );
}

/**
 * Those of the GPUs that `CUDA_VISIBLE_DEVICES` names, in its order.
 *
 * #### Notes
 * Names are indices, UUIDs or the beginning of one; as CUDA does, the list ends
 * at the first name that fits no GPU.
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
 * Never rejects: without `nvidia-smi` there are none and nothing is said; where
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
  if ('failure' in log) {
    return log.failure === null ? { gpus: [], listed: [], notices: [] } : without(log.failure);
  }
  const readings = parseGpuLog(log.text);
  if (!readings) {
    return without(`${command} -q -x printed no log`);
  }
  const sliced = readings.some(it => it.slices.length > 0);
  const said = sliced ? await ask(command, ['-L'], timeoutMs) : { text: '' };
  const names = parseSliceNames('text' in said ? said.text : '');
  const attached = (log.text.match(/<gpu id=/g) ?? []).length;
  const lost = attached - readings.length;
  return {
    gpus: visibleGpus(grantable(readings, names), options.visible),
    listed: listGpus(readings, names),
    notices: lost > 0 ? [`${lost} of ${attached} GPUs do not answer and are left out.`] : []
  };
}

/** Knows whose a process is. */
export type Belonging = {
  /** The holder whose process tree it belongs to; null for strangers. */
  readonly holderOf: (pid: number) => string | null;
  /** The name of its user; null where that cannot be told. */
  readonly ownerOf: (pid: number) => string | null;
};

/** What was measured of the GPUs that are handed out (GPU4). */
export function describeUse(
  gpus: readonly Gpu[],
  readings: readonly GpuReading[],
  { holderOf, ownerOf }: Belonging
): readonly GpuUse[] {
  return gpus.flatMap(gpu => {
    const reading = readings.find(it => it.uuid === gpu.uuid || it.index === gpu.index);
    if (!reading) {
      return [];
    }
    const { temperatureC, powerW, utilisation, processes } = reading;
    const memoryUsedBytes =
      reading.memoryBytes === null
        ? processes.reduce((sum, it) => sum + it.memoryBytes, 0)
        : reading.memoryUsedBytes;
    const named = (it: GpuProcess): GpuUse['processes'][number] => ({
      pid: it.pid,
      name: it.name,
      memoryBytes: it.memoryBytes,
      owner: ownerOf(it.pid),
      ...(it.isDisplay ? { isDisplay: true } : {}),
      holderId: holderOf(it.pid)
    });
    if (reading.uuid === gpu.uuid) {
      const use = { uuid: gpu.uuid, memoryUsedBytes, utilisation, temperatureC, powerW };
      return [{ ...use, processes: processes.map(named) }];
    }
    const siblings = gpus.filter(it => it.index === gpu.index);
    const slice = reading.slices[siblings.indexOf(gpu)];
    return [
      {
        uuid: gpu.uuid,
        memoryUsedBytes: slice?.memoryUsedBytes ?? null,
        utilisation: null,
        temperatureC,
        powerW: null,
        processes: processes.filter(it => it.instance === slice?.instance).map(named)
      }
    ];
  });
}

/** GPUs that work for somebody who cannot be seen from here. */
export function findHiddenUse(readings: readonly GpuReading[]): readonly string[] {
  return readings
    .filter(it => it.processes.length === 0 && (it.utilisation ?? 0) > BUSY_UTILISATION)
    .map(
      it =>
        `GPU ${it.index} (${it.model}) is ${Math.round(it.utilisation! * 100)} % busy, but no ` +
        'process is seen on it: it may be used from another container or virtual machine.'
    );
}
