import { spawn, type ChildProcess } from 'node:child_process';
import { parseGpuLog, saidBeside, type GpuReading } from './gpuLog';

/** Callbacks of the reader. */
export type GpuListener = {
  readonly onReadings: (readings: readonly GpuReading[]) => void;
  /** The current problem, for people; null once it is resolved. */
  readonly onTrouble: (trouble: string | null) => void;
};

/** How the reader reads; every option has a default. */
export type GpuReaderOptions = {
  readonly command?: string;
  readonly intervalS?: number;
  /** Without a log for this long the program counts as hung, in ms. */
  readonly patienceMs?: number;
  /** The first pause before it is restarted, in ms; doubles up to a minute. */
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
 * Starting the program for each reading would load the driver library each time
 * and take seconds on machines without persistence mode. A program that exits,
 * hangs or prints something else is reported once and restarted, each time after a
 * longer pause; the last readings are then stale, so an empty list is
 * reported. Without `nvidia-smi` nothing is reported at all.
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

  /** Start; idempotent while it runs. */
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
    // Not at `exit`, when its last output may still be in the pipe.
    child.once('close', code => {
      const why = saidBeside(text) || said;
      this.fail(child, `ended with code ${code}${why && `: ${why}`}`);
    });
    this.expectLog(child);
  }

  /** Stop the program and report nothing more. */
  stop(): void {
    for (const timer of [this.watch, this.pause]) {
      clearTimeout(timer ?? undefined);
    }
    const child = this.child;
    this.child = null;
    child?.kill('SIGKILL');
  }

  /** Report all complete logs; the rest belongs to the next one. */
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

  /** The program has failed: stop it, report that, and restart it after a pause. */
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
