import { execFile } from 'node:child_process';
import type { Gpu } from '../core/events';

/** GPUs that may be handed out, and what a person should know. */
export type GpuDiscovery = {
  readonly gpus: readonly Gpu[];
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
const MIB = 1024 ** 2;
const QUERY = ['--query-gpu=index,uuid,name,memory.total', '--format=csv,noheader,nounits'];

type Answer = { readonly text: string } | { readonly failure: string | null };

function ask(command: string, timeoutMs: number): Promise<Answer> {
  return new Promise(resolve => {
    const child = execFile(
      command,
      QUERY,
      { timeout: timeoutMs, killSignal: 'SIGKILL', env: { ...process.env, LC_ALL: 'C' } },
      (error, stdout, stderr) => {
        if (!error) {
          resolve({ text: stdout });
        } else if (error.code === ('ENOENT' as unknown)) {
          resolve({ failure: null });
        } else if (error.killed) {
          resolve({ failure: `${command} did not answer within ${timeoutMs / 1000} s` });
        } else {
          const said = (stdout + stderr).trim().split('\n')[0]!.slice(0, 200);
          resolve({ failure: `${command} failed: ${said || error.message}` });
        }
      }
    );
    child.stdin?.end();
  });
}

/** One line `0, GPU-..., NVIDIA A100, 40960` as a GPU; null where it is none. */
function parseGpu(line: string): Gpu | null {
  const match = /^(\d+), ((?:GPU|MIG)-[\w/-]+), (.+), (\d+)$/.exec(line.trim());
  return match
    ? { index: +match[1]!, uuid: match[2]!, model: match[3]!, memoryBytes: +match[4]! * MIB }
    : null;
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
  const answer = await ask(command, options.timeoutMs ?? TIMEOUT_MS);
  if ('failure' in answer) {
    const notices = answer.failure === null ? [] : [`GPUs are not handed out: ${answer.failure}.`];
    return { gpus: [], notices };
  }
  const lines = answer.text.split('\n').filter(line => line.trim() !== '');
  const gpus = lines.flatMap(line => parseGpu(line) ?? []);
  const notices =
    gpus.length < lines.length
      ? [
          `${command} printed ${lines.length - gpus.length} lines that name no GPU; they are left out.`
        ]
      : [];
  return { gpus: visibleGpus(gpus, options.visible), notices };
}
