import type { Effect } from '../effects';
import type { GpuUse } from '../events';
import { snapshot } from '../view';
import { ANN, gpusOf, Harness, nodeOf } from '../../testing/harness';
import { storyOf, whyOf } from '../../testing/told';

const GIB = 1024 ** 3;

/** A node with one GPU of 80 GiB, and kernels that keep some of it. */
class Scene extends Harness {
  constructor(keeping: Readonly<Record<string, number>>) {
    super(nodeOf({ gpus: gpusOf(1) }));
    Object.keys(keeping).forEach(id => this.holder(id));
    this.holder('waits');
    this.measureGpu(keeping);
  }

  /** nvidia-smi tells who holds how much now. */
  measureGpu(keeping: Readonly<Record<string, number>>): Effect[] {
    const processes = Object.entries(keeping).map(([holderId, gib], at) => ({
      pid: at + 1,
      name: 'python',
      memoryBytes: gib * GIB,
      owner: 'user',
      holderId: holderId === 'stranger' ? null : holderId
    }));
    const figures = { memoryUsedBytes: null, utilisation: 0, temperatureC: null, powerW: null };
    const use: GpuUse = { uuid: 'GPU-0', ...figures, processes };
    return this.send({ type: 'gpusMeasured', gpus: [use] });
  }

  /** A claim for so many GiB of the GPU by the kernel that waits. */
  ask(gib: number): Effect[] {
    return this.claim('c', 'waits', { gpus: 1, gpuMemoryBytes: gib * GIB });
  }

  /** Whom these effects ask to free memory. */
  static asked(effects: readonly Effect[]): string[] {
    return effects.flatMap(it => (it.type === 'free' ? [`${it.holderId} ${it.gpus}`] : []));
  }

  reason(): string {
    return whyOf(this.state, 'c');
  }

  kernel(id: string) {
    return snapshot(this.state, 0, '').holders.find(it => it.id === id)!;
  }

  told(): string {
    return storyOf(this.state, 'c').join(' ');
  }
}

describe('idle kernels that keep GPU memory', () => {
  it('[GPU5] are named as who is in the way, with what they keep', () => {
    const scene = new Scene({ small: 10, big: 50 });
    scene.ask(40);
    expect(scene.reason()).toBe(
      'for 1 GPU with 40 GiB; 50 GiB of GPU 0 held by big and 10 GiB of GPU 0 by small'
    );
    const [claim] = snapshot(scene.state, 0, '').claims;
    expect(claim).toMatchObject({
      reason: {
        blockers: [
          { holderId: 'big', keepsGpuBytes: 50 * GIB },
          { holderId: 'small', keepsGpuBytes: 10 * GIB }
        ]
      }
    });
  });

  it('[GPU5] are asked once to free it, and the claim goes on when they did', () => {
    const scene = new Scene({ big: 50 });
    scene.ask(40);
    expect(Scene.asked(scene.wait(1000))).toEqual(['big GPU-0']);
    expect(Scene.asked(scene.wait(60_000))).toEqual([]);
    expect(scene.kernel('big').askedToFreeMs).not.toBeNull();
    expect(scene.measureGpu({ big: 1 })).toContainEqual(
      expect.objectContaining({ type: 'grant', claimId: 'c' })
    );
    expect(scene.told()).toContain('big was asked to free GPU memory.');
  });

  it('[GPU5] are asked anew once they have run something again', () => {
    const scene = new Scene({ big: 50 });
    scene.ask(40);
    scene.wait(1000);
    scene.claim('b', 'big');
    expect(Scene.asked(scene.wait(1000))).toEqual([]);
    scene.end('b');
    expect(scene.kernel('big').askedToFreeMs).toBeNull();
    expect(Scene.asked(scene.wait(1000))).toEqual(['big GPU-0']);
  });

  it('[GPU5] are not asked for what is not in the way, nor while they run', () => {
    const scene = new Scene({ big: 50, runs: 20 });
    scene.claim('r', 'runs');
    scene.ask(25);
    expect(Scene.asked(scene.wait(1000))).toEqual(['big GPU-0']);
  });

  it('[GPU5] are asked when somebody else is granted the whole GPU, and the story says so', () => {
    const scene = new Scene({ big: 50 });
    const effects = scene.claim('c', 'waits', { gpus: 1 });
    expect(effects.map(it => it.type)).toEqual(['bind', 'grant', 'free']);
    expect(scene.told()).toContain('big keeps 50 GiB of GPU 0, and was asked to free it.');
  });

  it('[GPU5] are not asked for a whole GPU while they run, but named', () => {
    const scene = new Scene({ runs: 20 });
    scene.claim('r', 'runs');
    const effects = scene.claim('c', 'waits', { gpus: 1 });
    expect(effects.map(it => it.type)).not.toContain('free');
    expect(scene.told()).toContain('runs keeps 20 GiB of GPU 0.');
  });

  it('[GPU5] are asked by a person as often as that person likes', () => {
    const scene = new Scene({ big: 50, stranger: 1 });
    const want = (holderId: string) =>
      Scene.asked(scene.send({ type: 'freeWanted', holderId, by: ANN }));
    expect(want('big')).toEqual(['big GPU-0']);
    expect(want('big')).toEqual(['big GPU-0']);
    expect(want('waits')).toEqual([]);
    expect(want('nobody')).toEqual([]);
  });

  it('[GPU4] are told apart from processes without a lease', () => {
    const scene = new Scene({ stranger: 60 });
    scene.ask(40);
    expect(scene.reason()).toBe(
      'for 1 GPU with 40 GiB; 60 GiB of GPU 0 held without a grant by process 1 of user (python)'
    );
  });
});

describe('a restart', () => {
  const wants = { type: 'restartWanted', holderId: 'big', claimId: 'c', by: ANN } as const;

  it('[GPU5] is asked of the owner for a claim that waits, and frees what was kept', () => {
    const scene = new Scene({ big: 50 });
    scene.ask(40);
    expect(scene.send(wants)).toEqual([]);
    expect(scene.kernel('big').restartRequest).toMatchObject({
      claimId: 'c',
      holderName: 'waits',
      declined: false,
      reason: { blockers: [{ holderId: 'big', keepsGpuBytes: 50 * GIB }] }
    });
    scene.send({ type: 'holderGone', holderId: 'big' });
    scene.holder('big');
    expect(scene.kernel('big').restartRequest).toBeNull();
    expect(scene.measureGpu({})).toContainEqual(expect.objectContaining({ type: 'grant' }));
  });

  it('[GPU5] that the owner declines is not asked for again, and the story says so', () => {
    const scene = new Scene({ big: 50 });
    scene.ask(40);
    scene.send(wants);
    scene.send({ type: 'restartDeclined', holderId: 'big', by: ANN });
    scene.send(wants);
    expect(scene.kernel('big').restartRequest).toMatchObject({ declined: true });
    expect(scene.told()).toContain('The owner of big keeps it as it is.');
  });

  it('[GPU5] is not asked for while it would give nothing back: it runs, or keeps no more', () => {
    const scene = new Scene({ big: 50 });
    const request = () => scene.kernel('big').restartRequest;
    scene.holder('other');
    scene.claim('o', 'other', { gpus: 1, gpuMemoryBytes: 10 * GIB });
    scene.ask(75);
    scene.send(wants);
    expect(request()).not.toBeNull();
    scene.claim('b', 'big');
    scene.wait(1000);
    expect(request()).toBeNull();
    scene.end('b');
    scene.wait(1000);
    expect(request()).toMatchObject({ claimId: 'c', declined: false });
    scene.measureGpu({});
    expect([scene.reason(), request()]).toEqual([
      'for 1 GPU with 75 GiB; GPU 0 held by other',
      null
    ]);
  });

  it('[GPU5] is asked for no longer than the claim waits', () => {
    const scene = new Scene({ big: 50 });
    scene.ask(40);
    scene.send(wants);
    scene.send({ type: 'claimCancelled', claimId: 'c', by: ANN });
    expect(scene.kernel('big').restartRequest).toBeNull();
    scene.send(wants);
    scene.send({ type: 'restartDeclined', holderId: 'nobody', by: ANN });
    expect(scene.kernel('big').restartRequest).toBeNull();
  });
});
