import { NOTHING_ASKED, type Ask } from '../../protocol/ask';
import { gpusOf, Harness, nodeOf } from '../../testing/harness';
import { recorded } from '../../simulator/recorded';
import { sharingOf } from '../../testing/scenario';
import { storyOf, whyOf } from '../../testing/told';
import { UNCAPPED } from '../policy/bounds';
import { snapshot } from '../view';

const GIB = 1024 ** 3;
const AUTO: Partial<Ask> = { memoryAuto: true };

/** A node of 60 GiB to grant, with three kernels; `s30` is known to need 33 GiB, and so on. */
class Node extends Harness {
  constructor(node = nodeOf()) {
    super(node);
    ['a', 'b', 'c'].forEach(id => this.holder(id));
    [5, 10, 30, 50, 90].forEach(n => this.knows(`s${n}`, n));
  }

  /** One run is known of a source, and how many GiB it added. */
  knows(sourceHash: string, gib: number): void {
    const used = { memoryBeforeBytes: 0, memoryPeakBytes: gib * GIB };
    this.send({ type: 'remembered', executions: [recorded({ sourceHash }, used)] });
  }

  auto(id: string, holderId: string, sourceHash: string, ask: Partial<Ask> = {}): boolean {
    this.claim(id, holderId, { ...AUTO, ...ask }, { sourceHash });
    return this.grants.has(id);
  }

  view(id: string) {
    return snapshot(this.state, 0, '').claims.find(it => it.id === id)!;
  }

  runs(id: string): boolean {
    return this.view(id).state === 'running';
  }
}

describe('memory by past runs', () => {
  it('[LEARN4] is waited for as if it had been asked, and told', () => {
    const node = new Node();
    expect(node.auto('1', 'a', 's30')).toBe(true);
    expect(node.auto('2', 'b', 's30')).toBe(false);
    expect(whyOf(node.state, '2')).toBe('for 33 GiB, by 1 past run of this cell; 33 GiB held by a');
    expect(storyOf(node.state, '2')).toContain(
      'Expected to need 33 GiB, by 1 past run of this cell.'
    );
    expect(node.view('2')).toMatchObject({
      predicted: { memoryBytes: { level: 'source', runs: 1 } }
    });
    node.end('1');
    expect(node.grants.has('2')).toBe(true);
  });

  it('[LEARN4] is no limit, and nothing that the cell is told', () => {
    const node = new Node();
    node.auto('1', 'a', 's30');
    expect(node.grants.get('1')?.memoryBytes).toBeNull();
    expect(node.confinement('a').memoryBytes).toBeNull();
    node.send({ type: 'memoryMeasured', holderId: 'a', memoryBytes: 50 * GIB });
    expect(node.view('1').state).toBe('running');
  });

  it('[LEARN4] is waited for by nobody who did not say so', () => {
    const node = new Node();
    node.auto('1', 'a', 's30');
    node.claim('2', 'b', {}, { sourceHash: 's90' });
    expect(node.grants.has('2')).toBe(true);
    expect(node.view('2')).toMatchObject({ predicted: { memoryBytes: { runs: 1 } } });
    expect(storyOf(node.state, '2').join()).not.toContain('Expected');
  });

  it('[LEARN4] is nothing where no run is known', () => {
    const node = new Node();
    node.auto('1', 'a', 's50');
    expect(node.auto('2', 'b', 'unknown')).toBe(true);
    expect(node.view('2')).toMatchObject({ predicted: null });
  });

  it('[LEARN4] counts what the kernel keeps: that is not needed again', () => {
    const node = new Node();
    node.measure('a', { memoryBytes: 20 * GIB });
    node.auto('1', 'a', 's30');
    expect(node.state.committedBytes).toBeGreaterThan(53 * GIB);
    expect(node.state.committedBytes).toBeLessThan(54 * GIB);
  });

  it('[LEARN4] of more than there is refuses nothing: it waits for all of the node', () => {
    const node = new Node();
    node.claim('1', 'b', { memoryBytes: GIB });
    expect(node.auto('2', 'a', 's90')).toBe(false);
    expect(whyOf(node.state, '2')).toContain('for 60 GiB, by 1 past run of this cell');
    node.end('1');
    expect(node.grants.has('2')).toBe(true);
  });

  it('[LEARN4] waits for no other processes of the node, which may stay for days', () => {
    const node = new Node();
    node.send({ type: 'othersMeasured', bytes: 50 * GIB, totalBytes: 64 * GIB });
    expect(node.auto('1', 'a', 's30')).toBe(true);
    expect(node.auto('2', 'b', 's5')).toBe(false);
    node.end('1');
    expect(node.grants.has('2')).toBe(true);
  });

  it('[LEARN4] makes nobody wait longer than their maxWait: then the cell starts', () => {
    const node = new Node();
    node.auto('1', 'a', 's30');
    node.auto('2', 'b', 's30', { maxWaitMs: 5000 });
    node.wait(5001);
    expect(node.runs('2')).toBe(true);
    expect(storyOf(node.state, '2')).toContain('Its predicted memory no longer counts.');
  });

  it('[LEARN4] [ADM8] of what it asked for, it is refused as any other', () => {
    const node = new Node(nodeOf({ gpus: gpusOf(1) }));
    node.claim('1', 'a', { gpus: 1 });
    node.auto('2', 'b', 's30', { gpus: 1, maxWaitMs: 5000 });
    node.wait(5001);
    node.wait(1);
    expect(node.view('2')).toMatchObject({ outcome: 'refused', why: { code: 'MAX_WAIT' } });
  });

  it('[LEARN4] [CAP4] above a cap is clipped to it, and waits below it', () => {
    const node = new Node();
    const userCaps = { ...UNCAPPED, memoryBytes: 20 * GIB };
    node.send({ type: 'configured', sharing: sharingOf([], { userCaps }) });
    expect(node.auto('1', 'a', 's30')).toBe(true);
    expect(node.auto('2', 'b', 's5')).toBe(false);
    expect(whyOf(node.state, '2')).toContain('by 1 past run of this cell within the cap of user');
    node.end('1');
    expect(node.grants.has('2')).toBe(true);
  });

  it('[LEARN4] [FAIR4] interrupts no cell to make room', () => {
    const node = new Harness(nodeOf());
    const group = { latencyMs: 1000, quota: { kind: 'fraction', of: 0.5 } as const };
    node.send({
      type: 'configured',
      sharing: sharingOf([
        { name: 'x', ...group },
        { name: 'y', ...group }
      ])
    });
    node.holder('a', 'ann', ['x']);
    node.holder('b', 'bob', ['y']);
    node.claim('1', 'a', { memoryBytes: 40 * GIB });
    const used = { memoryBeforeBytes: 0, memoryPeakBytes: 25 * GIB };
    node.send({
      type: 'remembered',
      executions: [recorded({ owner: 'bob', sourceHash: 's' }, used)]
    });
    node.measure('a', { cpusBusy: 4 });
    node.claim('2', 'b', AUTO, { sourceHash: 's' });
    node.wait(5000);
    expect(node.state.evicting.size).toBe(0);
    node.end('2');
    node.claim('3', 'b', { memoryBytes: 25 * GIB });
    node.wait(5000);
    expect(node.state.evicting.size).toBe(1);
  });

  it('[LEARN4] [ADM10] withholds nothing from what runs inside the cell', () => {
    const node = new Node();
    ['in-a', 'in-b'].forEach(id => node.holder(id, 'user', [], id.slice(3)));
    node.auto('1', 'a', 's30', {});
    node.end('1');
    node.auto('1a', 'a', 's10');
    node.auto('1b', 'b', 's30');
    node.claim('2', 'in-a', { memoryBytes: 40 * GIB });
    node.claim('3', 'in-b', { memoryBytes: 55 * GIB });
    node.wait(1);
    node.wait(1);
    const states = ['2', '3'].map(id => node.view(id).state);
    expect(states).toContain('running');
    expect(states).not.toContain('done');
  });

  it('[LEARN4] [GATE6] asks: no kernel starts its cells unasked', () => {
    const node = new Node();
    node.auto('1', 'a', 's5');
    expect(node.state.standing).toBeNull();
    node.end('1');
    node.claim('2', 'a');
    expect(node.state.standing).not.toBeNull();
  });

  it('[LEARN4] [GATE6] is not waited for, nor promised, by a cell that has started already', () => {
    const node = new Node();
    node.auto('1', 'a', 's30');
    const ask = { ...NOTHING_ASKED, ...AUTO };
    const claim = { id: '2', holderId: 'b', outerId: null, cellId: null, label: null, ask };
    node.send({
      type: 'claimArrived',
      claim: { ...claim, sourceHash: 's30', hasStarted: true },
      granted: null,
      waitingSinceMs: null
    });
    expect(node.runs('2')).toBe(true);
    expect(node.state.committedBytes).toBeLessThan(34 * GIB);
  });

  it('[LEARN4] [ADM9] is kept with the grant, and goes with it', () => {
    const node = new Node();
    node.claim('0', 'c');
    node.auto('1', 'a', 's30', { hold: true });
    node.end('1');
    expect(node.auto('2', 'b', 's30')).toBe(false);
    node.send({ type: 'holdReleased', holderId: 'a', by: { uid: 1, name: 'user' } });
    expect(node.grants.has('2')).toBe(true);
  });

  it('[LEARN4] is known ahead', () => {
    const node = new Node();
    node.auto('1', 'a', 's30');
    node.auto('2', 'b', 's30');
    expect(node.view('2')).toMatchObject({ state: 'waiting', reason: { resource: 'memory' } });
  });
});

describe('a prediction', () => {
  it('[LEARN5] is corrected while the cell runs, and so is what is promised by it', () => {
    const node = new Node();
    node.auto('1', 'a', 's5');
    node.measure('a', { memoryBytes: 50 * GIB, memoryPeakBytes: 52 * GIB, cpusBusy: 3 });
    node.measure('a', { memoryBytes: GIB, cpusBusy: 1 });
    expect(node.view('1')).toMatchObject({
      predicted: { memoryBytes: { amount: 52 * GIB, level: 'source', runs: 1 } }
    });
    expect(node.state.committedBytes).toBe(52 * GIB);
    expect(node.auto('2', 'b', 's30')).toBe(false);
  });

  it('[LEARN5] of CPUs and GPU memory is corrected, too', () => {
    const node = new Node();
    const used = { cpusPeak: 1, gpuMemoryPeakBytes: GIB };
    node.send({ type: 'remembered', executions: [recorded({ sourceHash: 's' }, used)] });
    node.claim('1', 'a', {}, { sourceHash: 's' });
    node.measure('a', { cpusBusy: 3, gpuMemoryBytes: { x: 9 * GIB } });
    node.measure('a', { cpusBusy: 2, gpuMemoryBytes: { x: GIB } });
    expect(node.view('1')).toMatchObject({
      predicted: { cpus: { amount: 3, runs: 1 }, gpuMemoryBytes: { amount: 9 * GIB } }
    });
  });

  it('[LEARN5] [CPU4] of CPUs that is exceeded does not hold the cell’s demand down', () => {
    const node = new Node();
    const demand = () => [...node.state.running][0]!.phase.leaf!.consumer.demand;
    node.send({ type: 'remembered', executions: [recorded({ sourceHash: 's' }, { cpusPeak: 1 })] });
    node.claim('1', 'a', {}, { sourceHash: 's' });
    expect(demand()).toBe(1);
    node.measure('a', { cpusBusy: 1.2 });
    expect(demand()).toBeLessThan(2.1);
    node.measure('a', { cpusBusy: 1.9 });
    expect(demand()).toBeGreaterThan(2.1);
    node.measure('a', { cpusBusy: 3.9 });
    expect(demand()).toBe(4);
  });

  it('[LEARN5] that was wrong by much is in the story, and one that was not is not', () => {
    const node = new Node();
    const storyAfter = (gib: number, sourceHash: string, ask: Partial<Ask> = {}): string => {
      node.claim('x', 'a', ask, { sourceHash });
      node.measure('a', { memoryBytes: gib * GIB });
      node.measure('a', { memoryBytes: 0 });
      node.end('x');
      const story = storyOf(node.state, 'x').join(' ');
      node.state.done.forEach(it => node.state.claims.delete(it.claim.id));
      node.state.done.clear();
      return story;
    };
    const told = 'Was predicted 33 GiB from 1 past run of this cell, used 70 GiB.';
    expect(storyAfter(70, 's30')).toContain(told);
    expect(storyAfter(10, 's50')).toContain('Was predicted 55 GiB');
    expect(storyAfter(60, 's50')).not.toContain('predicted');
    expect(storyAfter(10, 's10', { memoryBytes: GIB })).not.toContain('predicted');
    node.knows('tiny', 0.001);
    expect(storyAfter(0.2, 'tiny')).not.toContain('predicted');
  });

  it('[LEARN5] of a cell that was interrupted was not too high for that', () => {
    const node = new Node();
    node.claim('1', 'a', {}, { sourceHash: 's30' });
    node.measure('a', { memoryBytes: GIB });
    node.send({ type: 'claimEnded', claimId: '1', outcome: 'interrupted', cpuSeconds: 1 });
    expect(storyOf(node.state, '1').join()).not.toContain('predicted');
  });
});
