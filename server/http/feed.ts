import type { IShown } from '../daemon/ports';
import type { Snapshot } from '../protocol/view';
import { claimsText, holdersText, nodeText } from './spoken';
import { textOf } from './texts';

/** The shortest time between two snapshots, in ms. */
const PERIOD_MS = 100;

/**
 * A reader is sent something at least this often, so that a dead connection is detected; one
 * that accepts nothing for this long is closed. In ms.
 */
const HEARTBEAT_MS = 15_000;

/** How many may read at once: a Jupyter server is one. */
export const READERS_MAX = 32;

/** A reader of the feed. */
export interface IReader {
  /** Accept the text; false if no more should be sent before it drains. */
  write(text: Buffer): boolean;
  onDrain(listener: () => void): void;
  close(): void;
}

/** The source of snapshots. */
export type SnapshotSource = Pick<IShown, 'snapshot' | 'onStep'>;

type Subscription = { isFull: boolean; hasMissed: boolean; isOverdue: boolean };

const BEAT = Buffer.from(':\n\n');

/**
 * Sends snapshots to readers on change, at most ten a second.
 *
 * #### Notes
 * A snapshot is made once for all readers, and only if somebody reads and more than
 * the time has changed. A slow reader misses snapshots and gets the newest
 * when it is ready again: nothing queues for it. At the limit of readers,
 * a newcomer displaces one that does not read.
 */
export class SnapshotFeed {
  private readonly readers = new Map<IReader, Subscription>();
  private timer: NodeJS.Timeout | null = null;
  private beats: NodeJS.Timeout | null = null;
  private isDue = false;
  private last = '';

  constructor(private readonly source: SnapshotSource) {
    source.onStep(() => this.changed());
  }

  /** Read from now on, the present snapshot first; returns the undo, or null if too many read. */
  join(reader: IReader): (() => void) | null {
    if (this.readers.size >= READERS_MAX && !this.displaceOne()) {
      return null;
    }
    const target: Subscription = { isFull: false, hasMissed: false, isOverdue: false };
    this.readers.set(reader, target);
    reader.onDrain(() => {
      target.isFull = false;
      if (target.hasMissed) {
        this.send(reader, target, framed(this.source.snapshot()));
      }
    });
    this.send(reader, target, framed(this.source.snapshot()));
    this.beats ??= setInterval(() => this.beat(), HEARTBEAT_MS);
    return () => this.leave(reader);
  }

  /** Send nothing more. */
  close(): void {
    this.readers.clear();
    clearTimeout(this.timer ?? undefined);
    clearInterval(this.beats ?? undefined);
  }

  private leave(reader: IReader): void {
    this.readers.delete(reader);
    if (this.readers.size === 0) {
      clearInterval(this.beats ?? undefined);
      this.beats = null;
    }
  }

  /** Close the oldest of those that do not read; false if all read. */
  private displaceOne(): boolean {
    for (const [reader, { isFull }] of this.readers) {
      if (isFull) {
        this.leave(reader);
        reader.close();
        return true;
      }
    }
    return false;
  }

  private beat(): void {
    for (const [reader, target] of this.readers) {
      if (target.isFull && target.isOverdue) {
        this.leave(reader);
        reader.close();
      } else {
        target.isOverdue = target.isFull;
        target.isFull || this.send(reader, target, BEAT);
      }
    }
  }

  private changed(): void {
    if (this.readers.size === 0) {
      return;
    }
    if (this.timer) {
      this.isDue = true;
      return;
    }
    // Not at once: people see a cell's claim and grant as one change.
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
    for (const [reader, target] of this.readers) {
      this.send(reader, target, text);
    }
  }

  private send(reader: IReader, target: Subscription, text: Buffer): void {
    target.hasMissed = target.isFull;
    if (!target.isFull) {
      target.isFull = !reader.write(text);
    }
  }
}

/** The JSON of a snapshot. */
export function snapshotText(snapshot: Snapshot, content = contentOf(snapshot)): string {
  const { revision, atMs } = snapshot;
  return `{"revision":${revision},"atMs":${atMs},${content}`;
}

/** All of a snapshot except its number and time. */
function contentOf({ revision: _, atMs: __, ...content }: Snapshot): string {
  const { node, claims, holders, ...others } = content;
  const parts = Object.entries(others).map(([name, part]) => `"${name}":${textOf(part)}`);
  return `"node":${nodeText(node)},${parts.join()},"holders":${holdersText(holders)},"claims":${claimsText(claims)}}`;
}

/** A snapshot as an event of the stream. */
function framed(snapshot: Snapshot, content?: string): Buffer {
  return Buffer.from(`id: ${snapshot.revision}\ndata: ${snapshotText(snapshot, content)}\n\n`);
}
