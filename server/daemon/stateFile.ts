import { errnoOf } from '../host/files';
import type { OwnDirectory } from '../host/ownDirectory';

/** How soon a failed write is retried, in ms. */
const RETRY_MS = 1000;

/** A value to be written to disk; a newer one may replace it until its write begins. */
class Draft {
  readonly kept: Promise<void>;
  settle!: () => void;

  constructor(public value: unknown) {
    this.kept = new Promise(resolve => (this.settle = resolve));
  }
}

/**
 * One JSON value that outlives the sidecar.
 *
 * #### Notes
 * Only the newest value is written, in the background and atomically. A value
 * that cannot be read costs a line in the log, nothing else; a write that fails
 * is retried until it succeeds.
 */
export class StateFile {
  private next: Draft | null = null;
  private isWriting = false;
  /** How many values were saved synchronously: an older one still being written must not replace them. */
  private urgent = 0;
  private retry: NodeJS.Timeout | null = null;

  constructor(
    private readonly directory: OwnDirectory,
    private readonly name: string
  ) {}

  /** Read the saved value through `parse`, which throws if it is malformed; null if there is none. */
  load<T>(parse: (value: unknown) => T): T | null {
    return this.directory.load(this.name, parse);
  }

  /** Save this value; resolves when it or a newer one is on disk, or could not be written for now. */
  save(value: unknown): Promise<void> {
    clearTimeout(this.retry ?? undefined);
    this.next ??= new Draft(value);
    this.next.value = value;
    const { kept } = this.next;
    this.isWriting || void this.write();
    return kept;
  }

  /**
   * The same, but synchronously: for what must be on disk before anybody acts on it.
   * If the write fails, it is retried in the background.
   */
  saveNow(value: unknown): void {
    this.urgent += 1;
    try {
      this.directory.replace(this.name, textOf(value));
    } catch {
      // The retry that follows logs this.
    }
    void this.save(value);
  }

  private async write(): Promise<void> {
    this.isWriting = true;
    for (let next = this.next; next; next = this.next) {
      const { value, settle } = next;
      const { urgent } = this;
      this.next = null;
      try {
        const commit = await this.directory.draft(this.name, textOf(value));
        urgent === this.urgent && commit();
        clearTimeout(this.retry ?? undefined);
        this.retry = null;
      } catch (failure) {
        this.tryAgain(value, failure);
      }
      settle();
    }
    this.isWriting = false;
  }

  private tryAgain(value: unknown, failure: unknown): void {
    // Logged once: a disk may be full for hours.
    this.retry ?? this.directory.complain(this.name, `could not be written: ${errnoOf(failure)}`);
    clearTimeout(this.retry ?? undefined);
    this.retry = setTimeout(() => void this.save(value), RETRY_MS).unref();
  }
}

function textOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
