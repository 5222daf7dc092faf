/** One process on a GPU. */
export type GpuProcess = {
  readonly pid: number;
  readonly name: string;
  /** 0 where the driver does not tell. */
  readonly memoryBytes: number;
  /** Of type `G`: graphics alone. */
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
  /** Its place in the log: nvidia-smi's index. */
  readonly index: number;
  /** The number of its device file, /dev/nvidiaN. */
  readonly minor: number | null;
  readonly model: string;
  /** Null where it has none of its own but the machine's, and where only its slices may be read. */
  readonly memoryBytes: number | null;
  readonly memoryUsedBytes: number | null;
  /** 0 to 1; null where the driver does not tell, as for MIG. */
  readonly utilisation: number | null;
  readonly temperatureC: number | null;
  readonly powerW: number | null;
  readonly slices: readonly GpuSlice[];
  readonly processes: readonly GpuProcess[];
};

const MIB = 1024 ** 2;

/** The text of every element of this name, in order; the names in the log never nest in themselves. */
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

/** `81920 MiB`, `67.03 W`, `27 C`, `41 %` as a number; null for `N/A` and other words. */
function figure(text: string | null): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\b/.exec(text ?? '');
  return match ? Number(match[1]) : null;
}

function bytes(text: string | null): number | null {
  const mebibytes = figure(text);
  return mebibytes === null ? null : mebibytes * MIB;
}

function words(text: string | null): string {
  const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };
  return (text ?? '')
    .trim()
    .replace(/&(amp|lt|gt|quot);/g, (_, entity: string) => entities[entity]!);
}

function instanceOf(xml: string): string | null {
  const gpu = figure(element(xml, 'gpu_instance_id'));
  const compute = figure(element(xml, 'compute_instance_id'));
  return gpu === null ? null : `${gpu}/${compute ?? 0}`;
}

/** Drivers have called it three names; the instantaneous draw jumps, so the average goes first. */
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
    name: words(element(xml, 'process_name')),
    memoryBytes: bytes(element(xml, 'used_memory')) ?? 0,
    isDisplay: words(element(xml, 'type')) === 'G',
    instance: instanceOf(xml)
  };
}

/** What the driver says of the memory of a GPU that shares the machine's: a figure of its own is never to come. */
const UNIFIED = /^(N\/A|Not Supported)$/;

function parseGpu(xml: string, index: number): GpuReading | null {
  // Slices have figures of the same names, so they are cut out of the rest.
  const slices = element(xml, 'mig_devices') ?? '';
  const gpu = xml.replace(slices, '').replace(/<supported_clocks>[^]*?<\/supported_clocks>/, '');
  const uuid = words(element(gpu, 'uuid'));
  const total = element(gpu, 'fb_memory_usage', 'total');
  const memoryBytes = bytes(total);
  const isUsable =
    memoryBytes !== null || slices.includes('<mig_device>') || UNIFIED.test(words(total));
  if (!/^GPU-[\w-]+$/.test(uuid) || !isUsable) {
    return null;
  }
  const utilisation = figure(element(gpu, 'utilization', 'gpu_util'));
  return {
    uuid,
    index,
    minor: figure(element(gpu, 'minor_number')),
    model: words(element(gpu, 'product_name')),
    memoryBytes,
    memoryUsedBytes: bytes(element(gpu, 'fb_memory_usage', 'used')),
    utilisation: utilisation === null ? null : Math.min(1, utilisation / 100),
    temperatureC: figure(element(gpu, 'temperature', 'gpu_temp')),
    powerW: powerOf(gpu),
    slices: elements(slices, 'mig_device').map(parseSlice),
    processes: elements(gpu, 'process_info').map(parseProcess)
  };
}

/**
 * Read one log of `nvidia-smi -q -x`; null where the text is no such log.
 *
 * #### Notes
 * GPUs without a UUID or a memory size (one that fell off the bus says "GPU is
 * lost" or "Unknown Error") are left out: they cannot be granted. In MIG mode
 * the memory of the whole is "Insufficient Permissions" to all but root.
 */
export function parseGpuLog(text: string): readonly GpuReading[] | null {
  const log = element(text, 'nvidia_smi_log');
  return log === null
    ? null
    : elements(log, 'gpu').flatMap((gpu, index) => parseGpu(gpu, index) ?? []);
}

/** The UUIDs and profiles of slices, which only `nvidia-smi -L` tells: by GPU, then by index. */
export function parseSliceNames(
  text: string
): ReadonlyMap<string, readonly { readonly uuid: string; readonly profile: string }[]> {
  const names = new Map<string, { uuid: string; profile: string }[]>();
  let gpu: { uuid: string; profile: string }[] = [];
  for (const line of text.split('\n')) {
    const whole = /^GPU \d+: .*\(UUID: (GPU-[\w-]+)\)/.exec(line);
    const slice = /^\s+MIG (\S+)\s+Device\s+(\d+): \(UUID: (MIG-[\w/-]+)\)/.exec(line);
    if (whole) {
      gpu = [];
      names.set(whole[1]!, gpu);
    } else if (slice) {
      gpu[Number(slice[2])] = { uuid: slice[3]!, profile: slice[1]! };
    }
  }
  return names;
}
