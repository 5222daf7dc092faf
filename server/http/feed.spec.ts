import { createState } from '../core/beginnings';
import { step } from '../core/step';
import { snapshot } from '../core/view';
import { READERS_MAX, SnapshotFeed, type IReader } from './feed';

/** A source with one figure that changes: how many holders there are. */
class Source {
  private readonly state = createState();
  private listener: () => void = () => undefined;
  private holders = 0;
  made = 0;

  constructor() {
    const tier = { name: 'none', enforced: [], notEnforced: [], reason: 'a test' } as const;
    const facts = { cpus: [], memoryBytes: 1, memoryReserveBytes: 0, gpus: [] };
    const node = { name: 'n', tier, sharesByWeight: false, packsThreads: false, ...facts };
    step(this.state, { type: 'nodeFound', atMs: 1, node });
  }

  change(): void {
    const id = `h${(this.holders += 1)}`;
    const holder = {
      id,
      pid: 1,
      startTicks: 1,
      kind: 'kernel' as const,
      name: id,
      owner: 'me',
      group: [],
      gated: true
    };
    step(this.state, { type: 'holderArrived', atMs: 1, holder });
    this.listener();
  }

  tick(): void {
    step(this.state, { type: 'ticked', atMs: 1 });
    this.listener();
  }

  snapshot() {
    this.made += 1;
    return snapshot(this.state, 1, 'test');
  }

  onStep(listener: () => void): () => void {
    this.listener = listener;
    return () => undefined;
  }
}

class Reader implements IReader {
  readonly kernels: number[] = [];
  readonly snapshots: unknown[] = [];
  isReady = true;
  isClosed = false;
  drained: () => void = () => undefined;

  write(text: Buffer): boolean {
    const data = /^data: (.*)$/m.exec(String(text))?.[1];
    if (data) {
      const read = JSON.parse(data) as { holders: unknown[] };
      this.kernels.push(read.holders.length);
      this.snapshots.push(read);
    }
    return this.isReady;
  }

  onDrain(listener: () => void): void {
    this.drained = listener;
  }

  close(): void {
    this.isClosed = true;
  }
}

describe('SnapshotFeed', () => {
  let source: Source;
  let feed: SnapshotFeed;
  let reader: Reader;

  beforeEach(() => {
    jest.useFakeTimers();
    source = new Source();
    feed = new SnapshotFeed(source);
    reader = new Reader();
  });

  afterEach(() => {
    feed.close();
    jest.useRealTimers();
  });

  it('sends at most ten a second, and the last change always', () => {
    feed.join(reader);
    for (let ms = 0; ms < 1000; ms += 1) {
      source.change();
      jest.advanceTimersByTime(1);
    }
    expect(reader.kernels.length).toBeLessThanOrEqual(1 + 10);
    jest.advanceTimersByTime(200);
    expect(reader.kernels.at(-1)).toBe(1000);
  });

  it('sends all that a snapshot has', () => {
    feed.join(reader);
    source.change();
    jest.advanceTimersByTime(200);
    expect(reader.snapshots.at(-1)).toEqual(JSON.parse(JSON.stringify(source.snapshot())));
    expect(reader.snapshots).toHaveLength(2);
  });

  it('is silent where only time passes, and makes nothing where nobody reads', () => {
    source.change();
    jest.advanceTimersByTime(500);
    expect(source.made).toBe(0);
    const leave = feed.join(reader);
    source.change();
    jest.advanceTimersByTime(500);
    source.tick();
    jest.advanceTimersByTime(500);
    expect(reader.kernels).toEqual([1, 2]);
    leave!();
    source.change();
    jest.advanceTimersByTime(500);
    expect(reader.kernels).toEqual([1, 2]);
  });

  it('lets nothing pile up for a slow reader: it gets the newest when it is ready', () => {
    const quick = new Reader();
    feed.join(quick);
    feed.join(reader);
    reader.isReady = false;
    for (let n = 0; n < 5; n += 1) {
      source.change();
      jest.advanceTimersByTime(200);
    }
    expect(quick.kernels).toEqual([0, 1, 2, 3, 4, 5]);
    // The first write that did not drain, and nothing behind it.
    expect(reader.kernels).toEqual([0, 1]);
    reader.isReady = true;
    reader.drained();
    expect(reader.kernels).toEqual([0, 1, 5]);
    source.change();
    jest.advanceTimersByTime(200);
    expect(reader.kernels.at(-1)).toBe(6);
    expect(reader.isClosed).toBe(false);
  });

  it('[API5] takes so many readers, and displaces the first that does not read', () => {
    const readers = Array.from({ length: READERS_MAX }, () => new Reader());
    readers.forEach(it => feed.join(it));
    expect(feed.join(reader)).toBeNull();
    const [, second, third] = readers as [Reader, Reader, Reader];
    [second.isReady, third.isReady] = [false, false];
    source.change();
    jest.advanceTimersByTime(200);
    expect(feed.join(reader)).not.toBeNull();
    expect(readers.filter(it => it.isClosed)).toEqual([second]);
    // A slow one is given up when it takes nothing from one sign of life to the next.
    jest.advanceTimersByTime(15_000);
    expect(third.isClosed).toBe(false);
    jest.advanceTimersByTime(15_000);
    expect(third.isClosed).toBe(true);
    expect(readers[0]!.isClosed).toBe(false);
  });
});
