import { spawn, type ChildProcess } from 'node:child_process';
import { parseGpuLog, saidBeside, type GpuReading } from './gpuLog';

/** What the reader tells. */
export type GpuListener = {
  readonly onReadings: (readings: readonly GpuReading[]) => void;
  /** What is wrong now, for people; null when it is well again. */
  readonly onTrouble: (trouble: string | null) => void;
};

/** How the reader reads; each with a default. */
export type GpuReaderOptions = {
  readonly command?: string;
  readonly intervalS?: number;
  /** After this long without a log the program counts as hung, in ms. */
  readonly patienceMs?: number;
  /** The first pause before it is started again, in ms; doubles up to a minute. */
  readonly pauseMs?: number;
};

const END = '</nvidia_smi_log>';
const LOG_CHARACTERS_MAX = 16 * 1024 ** 2;
const PAUSE_MS = 1000;
const PAUSE_MS_MAX = 60_000;

/**
 * Live figures of all GPUs from one long-lived `nvidia-smi -q -x -l`.
 *
 * #### Notes
 * Starting the program for each look would load the driver library each time
 * and cost seconds on machines without persistence mode. A program that ends,
 * hangs or prints something else is told once and started again, each time
 * after a longer pause; the last readings then are no longer true, and an empty
 * list is told. Without `nvidia-smi` nothing is said at all.
 */
export class GpuReader {
  private readonly command: string;
  private readonly intervalS: number;
  private readonly patienceMs: number;
  private child: ChildProcess | null = null;
  private watch: NodeJS.Timeout | null = null;
  private pause: NodeJS.Timeout | null = null;
  private pauseMs: number;
  private trouble: string | null = null;

  constructor(
    private readonly listener: GpuListener,
    private readonly options: GpuReaderOptions = {}
  ) {
    this.command = options.command ?? 'nvidia-smi';
    this.intervalS = options.intervalS ?? 2;
    this.patienceMs = options.patienceMs ?? 15_000;
    this.pauseMs = options.pauseMs ?? PAUSE_MS;
  }

  /** Begin; idempotent while it runs. */
  start(): void {
    if (this.child) {
      return;
    }
    const child = spawn(this.command, ['-q', '-x', '-l', `${this.intervalS}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' }
    });
    this.child = child;
    let text = '';
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text = this.takeLogs(child, text + chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      said = saidBeside(chunk) || said;
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') {
        this.stop();
      } else {
        this.fail(child, `could not be started: ${error.message}`);
      }
    });
    // Not at its exit, when its last words may be under way.
    child.once('close', code => {
      const why = saidBeside(text) || said;
      this.fail(child, `ended with code ${code}${why && `: ${why}`}`);
    });
    this.expectLog(child);
  }

  /** End the program and say nothing more. */
  stop(): void {
    for (const timer of [this.watch, this.pause]) {
      clearTimeout(timer ?? undefined);
    }
    const child = this.child;
    this.child = null;
    child?.kill('SIGKILL');
  }

  /** Tell all whole logs; what is left over belongs to the next one. */
  private takeLogs(child: ChildProcess, text: string): string {
    const parts = text.split(END);
    const rest = parts.pop()!;
    for (const part of parts) {
      const readings = parseGpuLog(part + END);
      if (readings && child === this.child) {
        this.tell(child, readings);
      }
    }
    if (rest.length > LOG_CHARACTERS_MAX) {
      this.fail(child, 'prints something other than logs');
      return '';
    }
    return rest;
  }

  private tell(child: ChildProcess, readings: readonly GpuReading[]): void {
    this.pauseMs = this.options.pauseMs ?? PAUSE_MS;
    this.expectLog(child);
    if (this.trouble !== null) {
      this.trouble = null;
      this.listener.onTrouble(null);
    }
    this.listener.onReadings(readings);
  }

  private expectLog(child: ChildProcess): void {
    clearTimeout(this.watch ?? undefined);
    const seconds = this.patienceMs / 1000;
    this.watch = setTimeout(
      () => this.fail(child, `printed no log for ${seconds} s`),
      this.patienceMs
    );
    this.watch.unref();
  }

  /** The program is of no use any more: end it, tell it, and begin anew after a pause. */
  private fail(child: ChildProcess, what: string): void {
    if (child !== this.child) {
      return;
    }
    this.stop();
    this.pause = setTimeout(() => this.start(), this.pauseMs);
    this.pause.unref();
    this.pauseMs = Math.min(PAUSE_MS_MAX, this.pauseMs * 2);
    // Last, since a listener may stop the reader for good.
    if (this.trouble === null) {
      this.trouble = `GPU figures are missing: ${this.command} ${what}. It is started again.`;
      this.listener.onTrouble(this.trouble);
      this.listener.onReadings([]);
    }
  }
}
