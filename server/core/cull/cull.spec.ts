import { CullScene, GIB, MINUTE } from '../../testing/cullScene';
import { ANN } from '../../testing/harness';
import { plainGroup } from '../policy/groups';

describe('idle kernels', () => {
  it('[CULL1] are left alone, and not even watched, unless the configuration says otherwise', () => {
    const scene = new CullScene({});
    scene.attend('k');
    expect(scene.pass(600)).toEqual([]);
    expect([scene.state.cull, scene.cullOf('k')]).toEqual([null, undefined]);
  });

  it('[CULL1] [CULL4] are shut down after the span and the notice, not before', () => {
    const scene = new CullScene({ idleMs: 60 * MINUTE, noticeMs: 10 * MINUTE });
    expect(scene.pass(59)).toEqual([]);
    expect(scene.cullOf('k')).toBeUndefined();
    scene.pass(1.1);
    const left = scene.cullOf('k')!.atMs! - scene.clock.nowMs;
    expect(left).toBeGreaterThan(9.8 * MINUTE);
    expect(left).toBeLessThanOrEqual(10 * MINUTE);
    expect(scene.pass(9.7)).toEqual([]);
    expect(scene.pass(1)).toEqual(['order k']);
  });

  it('[CULL1] are those of a group with rules of its own, field by field', () => {
    const cull = { idleMs: Infinity };
    const inner = { ...plainGroup('lab'), cull: { idleMs: 5 * MINUTE }, users: { eve: 1 } };
    const scene = new CullScene({ idleMs: 60 * MINUTE, noticeMs: MINUTE }, [
      { ...plainGroup('prod'), cull, users: { bob: 1 }, groups: [inner] }
    ]);
    scene.holder('protected', 'bob');
    scene.holder('inner', 'eve');
    expect(scene.pass(10)).toEqual(['order inner']);
    expect(scene.pass(600)).toEqual(['order k']);
  });

  it('[CULL1] follow a reload at once, also one that spares them', () => {
    const scene = new CullScene({ idleMs: 5 * MINUTE, noticeMs: MINUTE });
    expect(scene.pass(7)).toEqual(['order k']);
    expect(scene.configure({})).toEqual(['spare k', 'attend null']);
    expect(scene.begin('k')).toBe(false);
  });

  it('[CULL2] are shut down only while a Jupyter server reports on them', () => {
    const scene = new CullScene({ idleMs: 5 * MINUTE, noticeMs: MINUTE });
    scene.holder('orphan');
    scene.attended.delete('orphan');
    expect(scene.pass(20)).toEqual(['order k']);
    scene.attended.clear();
    expect(scene.pass(2)).toEqual(['spare k']);
    // It was told to nobody meanwhile, so the notice begins again.
    scene.attended.add('k');
    expect(scene.pass(0.9)).toEqual([]);
    expect(scene.pass(0.3)).toEqual(['order k']);
  });

  it('[CULL2] are kernels: a command, a worker or a forked cell is not shut down', () => {
    const scene = new CullScene({ idleMs: 5 * MINUTE, noticeMs: MINUTE });
    for (const kind of ['command', 'worker', 'cell'] as const) {
      scene.child(kind, kind);
    }
    expect(scene.pass(20)).toEqual(['order k']);
  });
});

describe('a kernel that is in use', () => {
  const used: readonly (readonly [string, (scene: CullScene) => void])[] = [
    ['runs a cell', scene => void scene.claim('c', 'k')],
    ['uses a CPU in the background', scene => void scene.measure('k', { cpusBusy: 0.03 })],
    ['has a child at work', scene => scene.childAtWork('k')],
    ['alone has memory on a GPU that computes', scene => scene.gpu(0.5, ['k'])],
    ['shares such a GPU with another idle kernel', scene => scene.gpu(0.5, ['k', 'other'])],
    ['is used by a person', scene => void (scene.usedAgoMs = 0)]
  ];

  it.each(used)('[CULL3] is not idle: it %s', (_, use) => {
    const scene = new CullScene({ idleMs: 5 * MINUTE, noticeMs: MINUTE });
    use(scene);
    expect(scene.pass(30)).toEqual([]);
  });

  it('[CULL3] is not idle while it waits, or keeps a grant', () => {
    const scene = new CullScene({ idleMs: 5 * MINUTE, noticeMs: MINUTE });
    scene.attended.delete('other');
    scene.claim('big', 'other', { memoryBytes: 50 * GIB });
    scene.claim('c', 'k', { memoryBytes: 20 * GIB, hold: true });
    expect(scene.pass(30)).toEqual([]);
    scene.end('big');
    scene.end('c');
    expect(scene.pass(25)).toEqual([]); // held for half an hour (ADM9)
    expect(scene.pass(15)).toEqual(['order k']);
  });

  it('[CULL3] is idle while a GPU computes for a cell, or for nobody here', () => {
    const scene = new CullScene({ idleMs: 5 * MINUTE, noticeMs: MINUTE });
    scene.attended.delete('other');
    scene.claim('c', 'other');
    scene.gpu(0.5, ['k', 'other']);
    expect(scene.pass(7)).toEqual(['order k']);
  });

  it('[CULL3] is not warned any more, and its span begins again', () => {
    const scene = new CullScene({ idleMs: 5 * MINUTE, noticeMs: 2 * MINUTE });
    scene.pass(6);
    expect(scene.cullOf('k')).toBeDefined();
    scene.claim('c', 'k');
    scene.end('c');
    expect(scene.pass(4.9)).toEqual([]);
    expect(scene.cullOf('k')).toBeUndefined();
    expect(scene.pass(3)).toEqual(['order k']);
  });
});

describe('the owner of an idle kernel', () => {
  it('[CULL4] keeps it for as long as the configuration allows', () => {
    const scene = new CullScene({ idleMs: 5 * MINUTE, noticeMs: MINUTE, keepMs: 30 * MINUTE });
    scene.pass(5.5);
    scene.send({ type: 'keepWanted', holderId: 'k', by: ANN });
    expect(scene.cullOf('k')).toMatchObject({ atMs: null, keptUntilMs: expect.any(Number) });
    expect(scene.pass(29)).toEqual([]);
    expect(scene.pass(3)).toEqual(['order k']);
  });

  it('[CULL4] keeps nothing where the configuration does not allow it', () => {
    const scene = new CullScene({ idleMs: 5 * MINUTE, noticeMs: MINUTE, keepMs: 0 });
    scene.pass(5.5);
    scene.send({ type: 'keepWanted', holderId: 'k', by: ANN });
    expect(scene.cullOf('k')).toMatchObject({ keepMs: 0, keptUntilMs: null });
    expect(scene.pass(1)).toEqual(['order k']);
  });

  it('[CULL4] keeps it even after its shutdown was ordered', () => {
    const scene = new CullScene({ idleMs: 5 * MINUTE, noticeMs: MINUTE });
    expect(scene.pass(7)).toEqual(['order k']);
    scene.send({ type: 'keepWanted', holderId: 'k', by: ANN });
    expect(scene.begin('k')).toBe(false);
  });
});

describe('the order', () => {
  it('[CULL5] is by what others wait for, a few at a time, then by who is idle for longest', () => {
    const scene = new CullScene({ idleMs: 5 * MINUTE, noticeMs: MINUTE });
    scene.attended.clear();
    scene.holder('waits');
    scene.holder('runs');
    for (let n = 1; n <= 6; n += 1) {
      scene.holder(`k${n}`);
      scene.measure(`k${n}`, { memoryBytes: (n % 4) * GIB });
      scene.clock.advance(100);
    }
    scene.claim('held', 'runs', { memoryBytes: 45 * GIB });
    scene.claim('big', 'waits', { memoryBytes: 40 * GIB });
    ['waits', 'runs'].forEach(it => scene.attended.delete(it));
    expect(scene.pass(6.1)).toEqual(['order k3', 'order k2', 'order k6', 'order k1']);
    expect(scene.begin('k2')).toBe(true);
    scene.send({ type: 'holderGone', holderId: 'k2' });
    expect(scene.pass(0.05)).toEqual(['order k5']);
  });

  it('[CULL5] [CULL6] waits for no server that shuts nothing down', () => {
    const scene = new CullScene({ idleMs: 5 * MINUTE, noticeMs: MINUTE });
    scene.attended.clear();
    ['a', 'b', 'c', 'd'].forEach(it => scene.holder(it, 'bob'));
    expect(scene.pass(1)).toEqual([]);
    scene.holder('k1', 'ann');
    expect(scene.pass(5.5)).toEqual(['order a', 'order b', 'order c', 'order d']);
    ['a', 'b'].forEach(it => expect(scene.begin(it)).toBe(true));
    expect(scene.pass(0.7)).toContain('order k1');
  });
});

describe('a shutdown that was ordered', () => {
  const due = () => {
    const scene = new CullScene({ idleMs: 5 * MINUTE, noticeMs: MINUTE });
    scene.measure('k', { memoryBytes: 3 * GIB });
    expect(scene.pass(7)).toEqual(['order k']);
    return scene;
  };

  it('[CULL6] is off when a cell comes first', () => {
    const scene = due();
    scene.claim('c', 'k');
    expect(scene.begin('k')).toBe(false);
    expect(scene.grants.has('c')).toBe(true);
  });

  it('[CULL6] is off when a person comes first', () => {
    const scene = due();
    scene.usedAgoMs = 0;
    expect(scene.attend('k')).toEqual(['spare k']);
    expect(scene.begin('k')).toBe(false);
  });

  it('[CULL6] that has begun lets no cell start; one that failed is told again', () => {
    const scene = due();
    expect(scene.begin('k')).toBe(true);
    expect(scene.claim('c', 'k')).toContainEqual(
      expect.objectContaining({ type: 'refuse', claimId: 'c' })
    );
    scene.send({ type: 'cullFailed', holderId: 'k' });
    scene.claim('d', 'k');
    expect(scene.grants.has('d')).toBe(true);
  });

  it('[CULL6] that never comes to an end does not hold the kernel up for ever', () => {
    const scene = due();
    scene.begin('k');
    expect(scene.pass(1.1)).toContain('spare k');
    scene.claim('c', 'k');
    expect(scene.grants.has('c')).toBe(true);
  });

  it('[CULL6] finds no cell that started unasked: a warned kernel has to ask (GATE6)', () => {
    const scene = new CullScene({ idleMs: 5 * MINUTE, noticeMs: MINUTE });
    scene.claim('c', 'k');
    expect(scene.state.standing).not.toBeNull();
    scene.end('c');
    scene.pass(5.5);
    expect(scene.state.standing).toBeNull();
  });

  it('[CULL7] is told to its notebook, with when, since when and what it kept', () => {
    const scene = due();
    scene.begin('k');
    const effects = scene.send({ type: 'holderGone', holderId: 'k' });
    const kernel = { holderId: 'k', owner: 'user', memoryBytes: 3 * GIB, gpuMemoryBytes: null };
    expect(effects).toContainEqual({
      type: 'culled',
      group: 'all',
      kernel: expect.objectContaining(kernel)
    });
    const [culled] = scene.view().culled!;
    expect(culled!.atMs - culled!.usedMs).toBeGreaterThan(6 * MINUTE);
  });

  it('[CULL7] tells nothing of a kernel that ended by itself', () => {
    const scene = due();
    scene.send({ type: 'holderGone', holderId: 'k' });
    expect(scene.view().culled).toBeUndefined();
  });
});
