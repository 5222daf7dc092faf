import type { IApi } from '../daemon/ports';
import type { Snapshot } from '../protocol/view';

/** At most one snapshot in so many ms. */
const PERIOD_MS = 100;

/** A reader hears something at least this often, so that a dead connection is found. */
const HEARTBEAT_MS = 15_000;

/** One who reads the feed. */
export interface IReader {
  /** Take the text; false where no more should come before it drains. */
  write(text: string): boolean;
  onDrain(listener: () => void): void;
}

/** What snapshots are made of. */
export type SnapshotSource = Pick<IApi, 'snapshot' | 'onChange'>;

type Place = { isFull: boolean; hasMissed: boolean };

/**
 * Sends snapshots to readers on change, at most ten a second.
 *
 * #### Notes
 * A snapshot is made once for all readers, and none is made where nobody reads
 * or nothing but the time has changed. A reader that is slow misses snapshots
 * and gets the newest when it is ready again: nothing piles up for it.
 */
export class SnapshotFeed {
  private readonly readers = new Map<IReader, Place>();
  private timer: NodeJS.Timeout | null = null;
  private isDue = false;
  private last = '';

  constructor(private readonly source: SnapshotSource) {
    source.onChange(() => this.changed());
  }

  /** Read from now on, the present snapshot first; returns the undo. */
  join(reader: IReader): () => void {
    const place: Place = { isFull: false, hasMissed: false };
    this.readers.set(reader, place);
    reader.onDrain(() => {
      place.isFull = false;
      if (place.hasMissed) {
        this.send(reader, place, framed(this.source.snapshot()));
      }
    });
    this.send(reader, place, framed(this.source.snapshot()));
    const beat = setInterval(() => place.isFull || reader.write(':\n\n'), HEARTBEAT_MS);
    return () => {
      clearInterval(beat);
      this.readers.delete(reader);
    };
  }

  /** Send nothing more. */
  close(): void {
    this.readers.clear();
    clearTimeout(this.timer ?? undefined);
  }

  private changed(): void {
    if (this.readers.size === 0) {
      return;
    }
    if (this.timer) {
      this.isDue = true;
      return;
    }
    // Not at once: a cell's claim and grant are one change for a person.
    this.timer = setTimeout(() => this.publish(), 1);
  }

  private publish(): void {
    this.isDue = false;
    this.timer = setTimeout(() => {
      this.timer = null;
      if (this.isDue) {
        this.publish();
      }
    }, PERIOD_MS);
    const snapshot = this.source.snapshot();
    const content = contentOf(snapshot);
    if (content === this.last) {
      return;
    }
    this.last = content;
    const text = framed(snapshot, content);
    for (const [reader, place] of this.readers) {
      this.send(reader, place, text);
    }
  }

  private send(reader: IReader, place: Place, text: string): void {
    place.hasMissed = place.isFull;
    if (!place.isFull) {
      place.isFull = !reader.write(text);
    }
  }
}

/** All of a snapshot but its number and time, which change by themselves. */
function contentOf({ revision, atMs, ...content }: Snapshot): string {
  return JSON.stringify(content).slice(1);
}

/** A snapshot as an event of the stream. */
function framed(snapshot: Snapshot, content = contentOf(snapshot)): string {
  const { revision, atMs } = snapshot;
  return `id: ${revision}\ndata: {"revision":${revision},"atMs":${atMs},${content}\n\n`;
}
