import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

import type { Log } from './ports';

/** How soon a value that the disk did not take is tried again, in ms. */
const RETRY_MS = 1000;

/**
 * One JSON value that outlives the sidecar.
 *
 * #### Notes
 * Written in the background, the newest value only, and whole or not at all. A
 * value that cannot be read costs a line in the log, nothing else; one that
 * cannot be kept is tried again until the disk takes it.
 */
export class KeptFile {
  private next: { readonly value: unknown } | null = null;
  private writing: Promise<void> | null = null;
  private retry: NodeJS.Timeout | null = null;

  constructor(
    private readonly path: string,
    private readonly log: Log
  ) {}

  /** Read what was kept, through `parse`, which throws where it is malformed; null for nothing. */
  load<T>(parse: (value: unknown) => T): T | null {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch {
      return null; // nothing was kept yet
    }
    try {
      return parse(JSON.parse(text));
    } catch (failure) {
      const why = failure instanceof Error ? failure.message : String(failure);
      this.log('warning', `${this.path} is passed over: ${why}`);
      return null;
    }
  }

  /** Keep this value; resolves when the newest one is on the disk, or could not be kept for now. */
  keep(value: unknown): Promise<void> {
    clearTimeout(this.retry ?? undefined);
    this.next = { value };
    this.writing ??= this.write().finally(() => {
      this.writing = null;
    });
    return this.writing;
  }

  private async write(): Promise<void> {
    const draft = `${this.path}.new`;
    while (this.next) {
      const { value } = this.next;
      this.next = null;
      try {
        await writeFile(draft, `${JSON.stringify(value)}\n`, { mode: 0o600 });
        await rename(draft, this.path);
        clearTimeout(this.retry ?? undefined);
        this.retry = null;
      } catch (failure) {
        this.tryAgain(value, failure as Error);
      }
    }
  }

  private tryAgain(value: unknown, { message }: Error): void {
    // Told once: a disk may be full for hours.
    this.retry ?? this.log('warning', `${this.path} could not be written: ${message}`);
    clearTimeout(this.retry ?? undefined);
    this.retry = setTimeout(() => void this.keep(value), RETRY_MS).unref();
  }
}
