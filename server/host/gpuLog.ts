import { readable } from '../lib/readable';

/** The longest process name that is shown, in characters; longer names are truncated. */
const NAME_CHARS_MAX = 256;

/** One process on a GPU. */
export type GpuProcess = {
  readonly pid: number;
  readonly name: string;
  /** 0 if the driver does not report it. */
  readonly memoryBytes: number;
  /** Of type `G`: graphics only. */
  readonly isDisplay: boolean;
  /** The slice that it runs on: `3/0` for GPU instance 3, compute instance 0; null for the whole GPU. */
  readonly instance: string | null;
};

/** One slice of a GPU in MIG mode. */
export type GpuSlice = {
  readonly index: number;
  readonly instance: string;
  readonly memoryBytes: number;
  readonly memoryUsedBytes: number | null;
};

/** One GPU as `nvidia-smi -q -x` describes it. */
export type GpuReading = {
  readonly uuid: string;
  /** Its position in the log: nvidia-smi's index. */
  readonly index: number;
  /** The minor number of its device file, /dev/nvidiaN. */
  readonly minor: number | null;
  readonly model: string;
  /** Null if it shares the machine's memory, or if only the memory of its slices may be read. */
  readonly memoryBytes: number | null;
  readonly memoryUsedBytes: number | null;
  /** 0 to 1; null if the driver does not report it, as for MIG. */
  readonly utilisation: number | null;
  readonly temperatureC: number | null;
  readonly powerW: number | null;
  readonly slices: readonly GpuSlice[];
  readonly processes: readonly GpuProcess[];
};

const MIB = 1024 ** 2;

/** The text of every element of this name, in order; elements of one name never nest in this log. */
function elements(xml: string, name: string): readonly string[] {
  const pattern = new RegExp(`<${name}(?: [^>]*)?>([^]*?)</${name}>`, 'g');
  return [...xml.matchAll(pattern)].map(match => match[1]!);
}

function element(xml: string, ...path: readonly string[]): string | null {
  return path.reduce<string | null>(
    (at, name) => (at === null ? null : (elements(at, name)[0] ?? null)),
    xml
  );
}

/** `81920 MiB`, `67.03 W`, `-5 C`, `41 %` as a number; null for `N/A` and other words. */
function figure(text: string | null): number | null {
  const match = /^\s*(-?\d+(?:\.\d+)?)\b/.exec(text ?? '');
  return match ? Number(match[1]) : null;
}

function bytes(text: string | null): number | null {
  const mebibytes = figure(text);
  return mebibytes === null ? null : mebibytes * MIB;
}

function words(text: string | null): string {
  const entities: Readonly<Record<string, string>> = {
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'"
  };
  return (text ?? '')
    .trim()
    .replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => entities[entity]!);
}

function instanceOf(xml: string): string | null {
  const gpu = figure(element(xml, 'gpu_instance_id'));
  const compute = figure(element(xml, 'compute_instance_id'));
  return gpu === null ? null : `${gpu}/${compute ?? 0}`;
}

/** Drivers have used three names for it; the instantaneous draw fluctuates, so the average is preferred. */
function powerOf(gpu: string): number | null {
  const readings = element(gpu, 'gpu_power_readings') ?? element(gpu, 'power_readings') ?? '';
  const names = ['average_power_draw', 'power_draw', 'instant_power_draw'];
  return names.map(name => figure(element(readings, name))).find(it => it !== null) ?? null;
}

function parseSlice(xml: string): GpuSlice {
  return {
    index: figure(element(xml, 'index')) ?? 0,
    instance: instanceOf(xml) ?? '0/0',
    memoryBytes: bytes(element(xml, 'fb_memory_usage', 'total')) ?? 0,
    memoryUsedBytes: bytes(element(xml, 'fb_memory_usage', 'used'))
  };
}

function parseProcess(xml: string): GpuProcess {
  return {
    pid: figure(element(xml, 'pid')) ?? 0,
    name: readable(words(element(xml, 'process_name')), NAME_CHARS_MAX),
    memoryBytes: bytes(element(xml, 'used_memory')) ?? 0,
    isDisplay: words(element(xml, 'type')) === 'G',
    instance: instanceOf(xml)
  };
}

/** What the driver reports for a GPU that shares the machine's memory: it never has a figure of its own. */
const UNIFIED = /^(N\/A|Not Supported)$/;

/** Why a GPU cannot be granted, as the end of a sentence; null if it can. */
function whyUnusable(gpu: string, slices: string): string | null {
  const uuid = words(element(gpu, 'uuid'));
  if (/^[\da-f]{8}-[\da-f-]+$/i.test(uuid)) {
    return 'it has no name that CUDA accepts';
  }
  if (!/^GPU-[\w-]+$/.test(uuid)) {
    return `it says "${uuid}"`;
  }
  if (slices.includes('<mig_device>')) {
    return null;
  }
  if (words(element(gpu, 'mig_mode', 'current_mig')) === 'Enabled') {
    return 'it is in MIG mode and has no slice';
  }
  const total = element(gpu, 'fb_memory_usage', 'total');
  const isTold = bytes(total) !== null || UNIFIED.test(words(total));
  return isTold ? null : `it reports "${words(total)}" as its memory`;
}

/** What a log reports of one GPU, or why it cannot be granted. */
function parseGpu(xml: string, index: number): GpuReading | string {
  // Slices have fields of the same names, so they are cut out first.
  const slices = element(xml, 'mig_devices') ?? '';
  const gpu = xml.replace(slices, '').replace(/<supported_clocks>[^]*?<\/supported_clocks>/, '');
  const model = words(element(gpu, 'product_name'));
  const why = whyUnusable(gpu, slices);
  if (why !== null) {
    return `GPU ${index} (${model}) is left out: ${why}.`;
  }
  const utilisation = figure(element(gpu, 'utilization', 'gpu_util'));
  return {
    uuid: words(element(gpu, 'uuid')),
    index,
    minor: figure(element(gpu, 'minor_number')),
    model,
    memoryBytes: bytes(element(gpu, 'fb_memory_usage', 'total')),
    memoryUsedBytes: bytes(element(gpu, 'fb_memory_usage', 'used')),
    utilisation: utilisation === null ? null : Math.min(1, utilisation / 100),
    temperatureC: figure(element(gpu, 'temperature', 'gpu_temp')),
    powerW: powerOf(gpu),
    slices: elements(slices, 'mig_device').map(parseSlice),
    processes: elements(gpu, 'process_info').map(parseProcess)
  };
}

function parseGpus(text: string): readonly (GpuReading | string)[] | null {
  const log = element(text, 'nvidia_smi_log');
  return log === null ? null : elements(log, 'gpu').map(parseGpu);
}

/**
 * Parse one log of `nvidia-smi -q -x`; null if the text is not such a log.
 *
 * #### Notes
 * GPUs that cannot be granted are left out: one that fell off the bus reports "GPU
 * is lost" or "Unknown Error" as its UUID, those of Jetson boards have no UUID that
 * CUDA accepts, and one in MIG mode computes only in slices. In MIG mode the memory
 * of the whole GPU reads "Insufficient Permissions" for everyone but root.
 */
export function parseGpuLog(text: string): readonly GpuReading[] | null {
  return parseGpus(text)?.filter(gpu => typeof gpu !== 'string') ?? null;
}

/** Which GPUs of a log are left out, and why: one sentence each. */
export function leftOut(text: string): readonly string[] {
  const gpus = parseGpus(text) ?? [];
  const attached = figure(element(text, 'attached_gpus')) ?? 0;
  const silent = attached - gpus.length;
  return [
    ...gpus.filter(gpu => typeof gpu === 'string'),
    // A GPU for which the driver returns no handle is not in the log at all.
    ...(silent > 0 ? [`${silent} of ${attached} GPUs do not answer and are left out.`] : [])
  ];
}

/** The first line that nvidia-smi printed outside its logs, as the end of a sentence; may be empty. */
export function saidBeside(output: string): string {
  const beside = output.replace(/<\?xml[^]*?(?:<\/nvidia_smi_log>|$)/g, '').trim();
  return beside
    .split('\n')[0]!
    .slice(0, 200)
    .replace(/\.?\s*$/, '');
}

/**
 * The UUIDs and profiles of slices, which only `nvidia-smi -L` reports: by GPU, then by index.
 *
 * #### Notes
 * Before driver 470 a slice is named by its position, `MIG-GPU-<UUID>/<GPU instance>/<compute
 * instance>`; CUDA accepts either form.
 */
export function parseSliceNames(
  text: string
): ReadonlyMap<string, readonly { readonly uuid: string; readonly profile: string }[]> {
  const names = new Map<string, { uuid: string; profile: string }[]>();
  let gpu: { uuid: string; profile: string }[] = [];
  for (const line of text.split('\n')) {
    const whole = /^GPU \d+: .*\(UUID: (GPU-[\w-]+)\)/.exec(line);
    const slice = /^\s+MIG (\S+)\s+Device\s+(\d+): \(UUID: (MIG-[\w/-]+)\)/.exec(line);
    if (slice) {
      gpu[Number(slice[2])] = { uuid: slice[3]!, profile: slice[1]! };
    } else {
      // Slices below a line that names no GPU do not belong to the previous GPU.
      gpu = [];
      whole && names.set(whole[1]!, gpu);
    }
  }
  return names;
}
