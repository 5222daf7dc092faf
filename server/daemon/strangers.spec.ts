import { spawn, type ChildProcess } from 'node:child_process';

import { DiskFiles } from '../host/files';
import { MemoryMeter } from '../host/memoryMeter';
import { storySentence } from '../protocol/stories';
import type { ClaimStory, Snapshot } from '../protocol/view';
import { exitOf, type TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';

const MIB = 1024 ** 2;
const CHUNK_BYTES = 256 * MIB;

/** A sidecar shows what others hold within some seconds. */
const SOON_MS = 8000;

/** Within this time other tests that take much memory have ended. */
const QUIET_WITHIN_MS = 300_000;

/** Holds as many chunks as it is told, one line each. */
const HOLDER = `const held = [];
require('readline').createInterface({ input: process.stdin }).on('line', chunks => {
  while (held.length < Number(chunks)) {
    held.push(Buffer.alloc(${CHUNK_BYTES}, 1));
  }
  console.log('held');
});`;

/** A process, and how to let it hold so many bytes; resolves once it does. */
type Holding = { readonly child: ChildProcess; readonly hold: (bytes: number) => Promise<void> };

describe('memory that a stranger holds', () => {
  let stage: Stage;

  beforeEach(() => {
    stage = new Stage();
  });

  afterEach(() => stage.clear());

  function holding(): Holding {
    const child = spawn(process.execPath, ['-e', HOLDER], { stdio: ['pipe', 'pipe', 'inherit'] });
    stage.keep({ child });
    const hold = async (bytes: number) => {
      child.stdin.write(`${Math.ceil(bytes / CHUNK_BYTES)}\n`);
      await new Promise(resolve => child.stdout.once('data', resolve));
    };
    return { child, hold };
  }

  async function end({ child }: Holding): Promise<void> {
    child.kill('SIGKILL');
    await exitOf(child);
  }

  /** Resolves once what a sidecar shows is so; to false where it is not within a time. */
  async function shows(
    sidecar: TestSidecar,
    isSo: (its: Snapshot) => boolean,
    withinMs = Infinity
  ): Promise<boolean> {
    for (const began = performance.now(); ;) {
      const { body } = await sidecar.ask('GET', '/api/v1/snapshot');
      if (isSo(body as Snapshot)) {
        return true;
      }
      if (performance.now() - began > withinMs) {
        return false;
      }
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }

  const othersOf = ({ node }: Snapshot) => node.memoryOthersBytes ?? 0;

  it('[ADM14] is not granted, and who waits for it goes on when the stranger ends', async () => {
    const { totalBytes, heldBytes } = new MemoryMeter(new DiskFiles()).read()!;
    // So much that what else happens on this machine meanwhile does not matter.
    const bytes = (totalBytes - heldBytes) / 4;
    const asked = Math.min(totalBytes - heldBytes - bytes / 2, totalBytes * 0.9);
    const memory = `${Math.floor(asked / MIB)} MiB`;
    const sidecar = await stage.sidecarIn(stage.directory());
    const kernel = await stage.connected(sidecar);
    kernel.claim('before', { memory });
    await kernel.gate.hear('granted', 'before');
    kernel.release('before');
    const stranger = holding();
    await stranger.hold(bytes);
    await shows(sidecar, it => othersOf(it) > heldBytes + bytes / 2);
    kernel.claim('beside', { memory });
    const { sentence } = await kernel.gate.hear('waiting', 'beside');
    expect(sentence).toMatch(/^for [\d.]+ [MG]iB; others on this node hold [\d.]+ GiB$/);
    await end(stranger);
    await kernel.gate.hear('granted', 'beside');
    const { body } = await sidecar.ask('GET', '/api/v1/claims/beside');
    const { story } = body as ClaimStory;
    expect(story.map(it => storySentence(it.fact)).join()).toContain('others on this node hold');
  });

  it(
    '[ADM14] is told apart from what our kernels hold',
    async () => {
      const bytes = 8 * CHUNK_BYTES;
      const sidecar = await stage.sidecar();
      const inKernel = holding();
      const kernel = stage.kernelOf(inKernel.child);
      await kernel.connect(sidecar);
      await inKernel.hold(bytes);
      const meter = new MemoryMeter(new DiskFiles());
      await shows(sidecar, it => isAbout(bytes, meter.read()!.heldBytes - othersOf(it)));
      // Others of this machine may take or give back as much at the same moment.
      let isSeen = false;
      while (!isSeen) {
        isSeen = await comesAndGoes(sidecar, bytes);
      }
    },
    QUIET_WITHIN_MS
  );

  /** Whether what a stranger takes is shown, and gone when it ends, within some seconds each. */
  async function comesAndGoes(sidecar: TestSidecar, bytes: number): Promise<boolean> {
    const snapshot = async () => (await sidecar.ask('GET', '/api/v1/snapshot')).body as Snapshot;
    const before = othersOf(await snapshot());
    const stranger = holding();
    await stranger.hold(bytes);
    const isThere = await shows(sidecar, it => isAbout(bytes, othersOf(it) - before), SOON_MS);
    await end(stranger);
    const isGone = await shows(sidecar, it => isAbout(0, othersOf(it) - before, bytes), SOON_MS);
    return isThere && isGone;
  }
});

function isAbout(expected: number, bytes: number, scale = expected): boolean {
  return Math.abs(bytes - expected) < scale / 2;
}
