import { errnoOf } from '../host/files';
import type { OwnDirectory } from '../host/ownDirectory';

/** How soon a value that the disk did not take is tried again, in ms. */
const RETRY_MS = 1000;

/** A value on its way to the disk; a newer one may take its place until it is being written. */
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
 * Written in the background, the newest value only, and whole or not at all. A
 * value that cannot be read costs a line in the log, nothing else; one that
 * cannot be kept is tried again until the disk takes it.
 */
export class StateFile {
  private next: Draft | null = null;
  private isWriting = false;
  /** How many values were kept at once: an older one that is still being written must not take their place. */
  private urgent = 0;
  private retry: NodeJS.Timeout | null = null;

  constructor(
    private readonly directory: OwnDirectory,
    private readonly name: string
  ) {}

  /** Read what was kept, through `parse`, which throws where it is malformed; null for nothing. */
  load<T>(parse: (value: unknown) => T): T | null {
    return this.directory.load(this.name, parse);
  }

  /** Keep this value; resolves when it or a newer one is on the disk, or could not be kept for now. */
  save(value: unknown): Promise<void> {
    clearTimeout(this.retry ?? undefined);
    this.next ??= new Draft(value);
    this.next.value = value;
    const { kept } = this.next;
    this.isWriting || void this.write();
    return kept;
  }

  /**
   * The same, but at once: for what must be on the disk before anybody acts on it.
   * Where the disk refuses it, it is tried again in the background.
   */
  saveNow(value: unknown): void {
    this.urgent += 1;
    try {
      this.directory.replace(this.name, textOf(value));
    } catch {
      // Said by the attempt that follows.
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
    // Told once: a disk may be full for hours.
    this.retry ?? this.directory.complain(this.name, `could not be written: ${errnoOf(failure)}`);
    clearTimeout(this.retry ?? undefined);
    this.retry = setTimeout(() => void this.save(value), RETRY_MS).unref();
  }
}

function textOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
