import { snapshot } from '../view';
import { Harness } from '../../testing/harness';
import { endOf, storyOf, waitsIn } from '../../testing/told';
import type { Effect } from '../effects';
import { INTERRUPT_GRACE_MS, interruptAtBytes, lookAfterMs } from './memoryGuard';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** One holder, `a`, with a running cell that was granted 400 MiB. */
function limited(keptBytes = 100 * MIB): Harness {
  const it = new Harness();
  it.holder('a');
  it.claim('1', 'a', { memoryBytes: 400 * MIB });
  uses(it, keptBytes);
  return it;
}

function uses(it: Harness, memoryBytes: number, holderId = 'a'): Effect[] {
  return it.send({ type: 'memoryMeasured', holderId, memoryBytes });
}

function interrupted(effects: readonly Effect[]): string[] {
  return effects.flatMap(it => (it.type === 'interrupt' ? [it.claimId] : []));
}

function doneOf(it: Harness, id: string): object {
  const claim = snapshot(it.state, it.clock.nowMs, '').claims.find(one => one.id === id)!;
  return { ...claim, message: endOf(it.state, id) };
}

describe('interruptAtBytes', () => {
  it.each([
    ['a small limit', 100 * MIB, 0, 87.5 * MIB],
    ['an ordinary one', 2 * GIB, 0, 2 * GIB - 102.4 * MIB],
    ['one where 5 % is little', 1 * GIB, 0, 960 * MIB],
    ['a large one', 64 * GIB, 0, 64 * GIB - 512 * MIB],
    ['memory kept from before', 400 * MIB, 390 * MIB, 406 * MIB]
  ])('leaves room below %s', (_, limitBytes, floorBytes, expected) => {
    expect(interruptAtBytes(limitBytes, floorBytes)).toBeCloseTo(expected);
  });
});

describe('lookAfterMs', () => {
  it('looks the sooner the less a cell needs to be near', () => {
    const after = [0, 300, 390, 399.9, 401].map(it => lookAfterMs(it * MIB, 400 * MIB, 5));
    expect(after.map(Math.round)).toEqual([105, 26, 5, 5, 250]);
    expect(lookAfterMs(0, 64 * GIB, 5)).toBe(250);
  });
});

describe('the memory guard', () => {
  it('[MEM3] interrupts a cell near its limit, once, naming use and limit', () => {
    const it = limited();
    expect(interrupted(uses(it, 349 * MIB))).toEqual([]);
    expect(uses(it, 360 * MIB)).toEqual([
      {
        type: 'interrupt',
        holderId: 'a',
        claimId: '1',
        refusal: {
          code: 'MEMORY_NEAR_LIMIT',
          details: { used: '360 MiB', limit: '400 MiB', at: '350 MiB', kept: '' }
        }
      }
    ]);
    it.wait(INTERRUPT_GRACE_MS);
    expect(interrupted(uses(it, 390 * MIB))).toEqual([]);
    it.send({ type: 'claimEnded', claimId: '1', outcome: 'interrupted', cpuSeconds: 1 });
    expect(doneOf(it, '1')).toMatchObject({
      outcome: 'interrupted',
      why: { code: 'MEMORY_NEAR_LIMIT' },
      message: expect.stringMatching(
        /uses 360 MiB of the 400 MiB granted.* from 350 MiB on, before/
      )
    });
  });

  it('[MEM3] [MEM6] names what the kernel kept from earlier cells, in the unit of its author', () => {
    const it = new Harness();
    it.holder('a');
    it.claim('1', 'a', { memoryBytes: 500e6 });
    uses(it, 300e6);
    uses(it, 440e6);
    it.send({ type: 'claimEnded', claimId: '1', outcome: 'interrupted', cpuSeconds: 1 });
    const message = endOf(it.state, '1');
    expect(message).toContain('uses 440 MB of the 500 MB granted');
    expect(message).toContain('from 438 MB on');
    expect(message).toContain('Its kernel kept 300 MB from earlier cells.');
    it.claim('2', 'a', { memoryBytes: 500e6 });
    uses(it, 300e6);
    it.send({ type: 'holderGone', holderId: 'a', killedForMemory: 'limit' });
    expect(endOf(it.state, '2')).toMatch(/reached the 500 MB.* Its kernel kept 300 MB/);
  });

  it('interrupts again when memory was freed in between, after a grace', () => {
    const it = limited();
    expect(interrupted(uses(it, 360 * MIB))).toEqual(['1']);
    uses(it, 200 * MIB);
    expect(interrupted(uses(it, 360 * MIB))).toEqual([]);
    it.wait(INTERRUPT_GRACE_MS);
    expect(interrupted(uses(it, 360 * MIB))).toEqual(['1']);
  });

  it('lets a cell run whose kernel kept much already, until it adds to that', () => {
    const it = limited(390 * MIB);
    expect(interrupted(uses(it, 400 * MIB))).toEqual([]);
    expect(interrupted(uses(it, 406 * MIB))).toEqual(['1']);
  });

  it('[MEM3] interrupts a cell that began beside another, also when that one has ended', () => {
    const it = limited();
    it.claim('2', 'a', { memoryBytes: 400 * MIB });
    it.end('1');
    expect(interrupted(uses(it, 360 * MIB))).toEqual(['2']);
  });

  it('takes the youngest of several cells of a kernel first, and the others after a grace', () => {
    const it = limited();
    it.claim('2', 'a', { memoryBytes: 300 * MIB });
    expect(interrupted(uses(it, 360 * MIB))).toEqual(['2']);
    expect(interrupted(uses(it, 361 * MIB))).toEqual([]);
    it.wait(INTERRUPT_GRACE_MS);
    expect(interrupted(uses(it, 362 * MIB))).toEqual(['1']);
  });

  it('leaves cells without a limit alone, and what is no figure', () => {
    const it = limited();
    it.holder('b');
    it.claim('3', 'b');
    expect(uses(it, 50 * GIB, 'b')).toEqual([]);
    expect(uses(it, 50 * GIB, 'nobody')).toEqual([]);
    expect(uses(it, NaN)).toEqual([]);
    it.end('1');
    expect(interrupted(uses(it, 399 * MIB))).toEqual([]);
  });

  it('[MEM3] [MEM4] tells the claims of a killed holder the cause, and no other', () => {
    const it = limited();
    it.holder('b');
    it.claim('2', 'b', { memoryBytes: 400 * MIB });
    const effects = it.send({ type: 'holderGone', holderId: 'a', killedForMemory: 'limit' });
    const killed = {
      type: 'killed',
      holderId: 'a',
      refusal: expect.objectContaining({ code: 'KILLED_AT_LIMIT' })
    };
    expect(effects).toContainEqual(expect.objectContaining(killed));
    const message = expect.stringContaining('reached the 400 MiB of memory granted');
    expect(doneOf(it, '1')).toMatchObject({ outcome: 'died', message });
    expect(storyOf(it.state, '1')).toContainEqual(message);
    expect(doneOf(it, '2')).toMatchObject({ state: 'running' });
  });

  it('[MEM3] names the node where it was not the limit, and nothing where a holder just died', () => {
    const it = new Harness();
    it.holder('a');
    it.claim('1', 'a');
    it.send({ type: 'holderGone', holderId: 'a', killedForMemory: 'limit' });
    expect(endOf(it.state, '1')).toContain('the node ran out of memory');
    it.holder('c');
    it.claim('3', 'c', { memoryBytes: 400 * MIB });
    it.send({ type: 'holderGone', holderId: 'c', killedForMemory: 'node' });
    expect(endOf(it.state, '3')).toContain('the node ran out of memory');
    it.holder('b');
    it.claim('2', 'b', { memoryBytes: 400 * MIB });
    const effects = it.send({ type: 'holderGone', holderId: 'b' });
    expect(effects.filter(({ type }) => type === 'killed')).toEqual([]);
    expect(doneOf(it, '2')).toMatchObject({ outcome: 'died', message: null });
  });
});

describe('a node that is short of memory', () => {
  const asks = { memoryBytes: GIB };
  const figures = { cpusBusy: 0, memoryUsedBytes: 0, memoryPressure: 0 };

  function busyNode(): Harness {
    const it = new Harness();
    ['a', 'b'].forEach(id => it.holder(id));
    it.claim('1', 'a', asks);
    return it;
  }

  it.each([
    ['work waits for memory', { memoryPressure: 12 }, '(pressure 12 %)'],
    ['little is left', { memoryAvailableBytes: 1.5 * GIB }, '(only 1.5 GiB is left)']
  ])('[MEM1] admits nothing that asks for memory while %s, and says so', (_, more, words) => {
    const it = busyNode();
    it.send({ type: 'nodeMeasured', ...figures, ...more });
    expect(waitsIn(it.claim('2', 'b', asks))).toEqual([
      `2: for 1 GiB; the node is short of memory ${words}`
    ]);
    expect(storyOf(it.state, '2').join()).toContain(words);
    it.send({ type: 'nodeMeasured', ...figures, memoryAvailableBytes: 8 * GIB });
    it.wait(1000);
    expect(it.grants.get('2')).toMatchObject({ memoryBytes: GIB });
  });

  it('[CPU1] lets cells run that ask for no memory', () => {
    const it = busyNode();
    it.send({ type: 'nodeMeasured', ...figures, memoryPressure: 50 });
    expect(it.claim('2', 'b')).toMatchObject([{ type: 'grant' }]);
  });
});

describe('the memory of a node', () => {
  it('[UI6] that is promised and that idle kernels keep are told apart', () => {
    const it = limited(100 * MIB);
    it.holder('idle');
    const use = { cpusBusy: 0, cpuSeconds: 0, threads: 1, gpuMemoryBytes: {} };
    const holders = ['a', 'idle'].map(holderId => ({ ...use, holderId, memoryBytes: 100 * MIB }));
    it.send({ type: 'useMeasured', holders });
    const { node } = snapshot(it.state, it.clock.nowMs, '');
    expect(node).toMatchObject({
      memoryPromisedBytes: 400 * MIB,
      memoryKeptBytes: 100 * MIB,
      memoryGrantedBytes: 500 * MIB
    });
  });

  it('[MEM6] that a cell waits for is told in the unit of its author', () => {
    const it = limited(100 * MIB);
    ['b', 'c'].forEach(id => it.holder(id));
    it.claim('2', 'b', { memoryBytes: 40e9 });
    expect(waitsIn(it.claim('3', 'c', { memoryBytes: 30.5e9 })).join()).toContain(
      'for 30.5 GB; 40 GB held by b'
    );
  });
});
