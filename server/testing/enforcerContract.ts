import * as assert from 'node:assert/strict';
import { UNCONFINED } from '../core/effects';
import { V1, V2 } from '../host/cgroupfs';
import {
  MIB,
  pinned,
  refusedWith,
  rulesFor,
  type ContractRunner,
  type IContractRig,
  type Rule
} from './contractRig';
import { childRules } from './childContract';
import { crashRules, neighbourRules, releaseRules } from './endContract';
import { killRules, memoryRules } from './memoryContract';
import { measureRules } from './measureContract';

/** The rules of {@link IEnforcer}, the same for every tier. */
export function enforcerContract(
  runner: ContractRunner,
  name: string,
  makeRig: () => Promise<IContractRig>
): void {
  const { describe } = runner;
  const rule = rulesFor(runner, makeRig);

  describe(`the enforcer's contract: ${name}`, () => {
    describe('adopt', () => adoptRules(rule));
    describe('identity', () => identityRules(rule));
    describe('names', () => nameRules(rule));
    describe('confine', () => confineRules(rule));
    describe('removed', () => removalRules(rule));
    describe('yield', () => yieldRules(rule));
    describe('widened', () => tightenRules(rule));
    describe('memory', () => memoryRules(rule));
    describe('killed', () => killRules(rule));
    describe('measure', () => measureRules(rule));
    describe('release', () => releaseRules(rule));
    describe('children', () => childRules(rule));
    describe('after a crash', () => crashRules(rule));
    describe('beside another sidecar', () => neighbourRules(rule));
  });
}

function adoptRules(rule: Rule): void {
  rule('[ENF1] takes the whole tree, and what it forks later', async (rig, enforcer) => {
    const target = await rig.spawn();
    const before = await rig.fork(target);
    enforcer.adopt(target);
    const after = await rig.fork(target);
    for (const pid of rig.traits.isolates ? [target.pid, before, after] : []) {
      assert.ok(rig.isInside(target.holderId, pid), `process ${pid} is outside`);
    }
  });

  rule('[ENF1] takes a tree that forks wildly meanwhile', async (rig, enforcer) => {
    const target = await rig.spawn('forking');
    enforcer.adopt(target);
    for (const pid of rig.traits.isolates ? rig.tree(target) : []) {
      assert.ok(rig.isInside(target.holderId, pid) || !rig.isAlive(pid), `${pid} is outside`);
    }
    enforcer.release(target.holderId);
    await enforcer.settled();
  });

  rule('is idempotent', async (_rig, enforcer) => {
    const target = await _rig.spawn();
    enforcer.adopt(target);
    enforcer.confine(target.holderId, pinned(_rig.oneCpu));
    enforcer.adopt(target);
    enforcer.confine(target.holderId, UNCONFINED);
    await enforcer.settled();
    assert.deepEqual(_rig.masks(target.pid), [_rig.cpus]);
  });
}

function identityRules(rule: Rule): void {
  rule('[GPU4] knows whose a process is, and strangers as such', async (rig, enforcer) => {
    const [target, stranger] = [await rig.spawn(), await rig.spawn()];
    const child = await rig.fork(target);
    assert.equal(enforcer.holderOf(target.pid), null);
    enforcer.adopt(target);
    assert.equal(enforcer.holderOf(target.pid), target.holderId);
    assert.equal(enforcer.holderOf(child), target.holderId);
    assert.equal(enforcer.holderOf(stranger.pid), null);
    enforcer.release(target.holderId);
    assert.equal(enforcer.holderOf(child), null);
  });

  rule('refuses a process that is gone', async (rig, enforcer) => {
    const target = await rig.spawn();
    await rig.kill(target.pid);
    assert.throws(() => enforcer.adopt(target), refusedWith('ESRCH'));
  });

  rule('refuses a pid that was reused', async (rig, enforcer) => {
    const target = await rig.spawn();
    const other = { ...target, startTicks: target.startTicks + 1 };
    assert.throws(() => enforcer.adopt(other), refusedWith('ESRCH'));
    assert.ok(!rig.isInside(target.holderId, target.pid));
  });

  rule('refuses ids that are no names of places', async (rig, enforcer) => {
    const target = await rig.spawn();
    for (const holderId of rig.traits.isolates
      ? ['..', '.', 'a/b', 'a\nb', '', 'x'.repeat(129)]
      : []) {
      assert.throws(() => enforcer.adopt({ ...target, holderId }), refusedWith('EINVAL'));
    }
  });
}

/** What may be the name of a kernel, and could be mistaken for something else. */
const ODD_NAMES = [
  ...Object.values(V1),
  ...Object.values(V2),
  'notify_on_release',
  'release_agent',
  'cellgrant-server',
  'kernel-',
  '...',
  '.hidden',
  'x'.repeat(128)
];

function nameRules(rule: Rule): void {
  rule('[SEC5] holds a kernel whatever it is called', async (rig, enforcer) => {
    const { pid, startTicks } = await rig.spawn();
    for (const holderId of new Set(rig.traits.isolates ? ODD_NAMES : [])) {
      enforcer.adopt({ holderId, pid, startTicks });
      enforcer.confine(holderId, pinned(rig.oneCpu));
      await enforcer.settled();
      assert.ok(rig.isInside(holderId, pid), holderId);
      assert.deepEqual(rig.masks(pid), [rig.oneCpu], holderId);
      assert.equal(enforcer.holderOf(pid), holderId);
      assert.deepEqual(enforcer.found(), [holderId]);
      enforcer.release(holderId);
      await enforcer.settled();
    }
    assert.deepEqual(rig.failures(), []);
  });
}

function confineRules(rule: Rule): void {
  rule('[CPU2] pins every thread of the tree, and widens it again', async (rig, enforcer) => {
    const target = await rig.spawn('threaded');
    const child = await rig.fork(target);
    enforcer.adopt(target);
    for (const cpus of [rig.oneCpu, null, rig.oneCpu]) {
      enforcer.confine(target.holderId, pinned(cpus ?? rig.cpus));
      await enforcer.settled();
      const expected = rig.traits.confinesCpus ? (cpus ?? rig.cpus) : rig.cpus;
      assert.deepEqual(rig.masks(target.pid), [expected]);
      assert.deepEqual(rig.masks(child), [expected]);
    }
    assert.deepEqual(rig.failures(), []);
  });

  rule('leaves every other holder alone', async (rig, enforcer) => {
    const [first, second] = [await rig.spawn(), await rig.spawn()];
    [first, second].forEach(target => enforcer.adopt(target));
    enforcer.confine(first.holderId, { ...pinned(rig.oneCpu), memoryBytes: 512 * MIB });
    await enforcer.settled();
    assert.deepEqual(rig.masks(second.pid), [rig.cpus]);
    assert.equal(rig.memoryLimit(second.holderId), null);
  });
}

function removalRules(rule: Rule): void {
  rule('[ENF2] a place that was removed under us is made again', async (rig, enforcer) => {
    const target = await rig.spawn();
    enforcer.adopt(target);
    await rig.uproot(target);
    if (rig.traits.isolates) {
      assert.throws(() => enforcer.confine(target.holderId, pinned(rig.oneCpu)));
    }
    enforcer.adopt(target);
    enforcer.confine(target.holderId, { ...pinned(rig.oneCpu), memoryBytes: 512 * MIB });
    await enforcer.settled();
    assert.deepEqual(rig.masks(target.pid), [rig.traits.confinesCpus ? rig.oneCpu : rig.cpus]);
    const limit = rig.traits.limitsMemory ? 512 * MIB : null;
    assert.equal(rig.memoryLimit(target.holderId), limit);
  });
}

function yieldRules(rule: Rule): void {
  rule('[CPU8] an idle holder yields to all, and gets its weight back', async (rig, enforcer) => {
    const target = await rig.spawn();
    enforcer.adopt(target);
    for (const [idle, weight] of [
      [true, 100],
      [false, 300],
      [true, 300],
      [false, 300],
      [false, 100]
    ] as const) {
      enforcer.confine(target.holderId, { ...UNCONFINED, idle, weight });
      if (rig.traits.weighs) {
        assert.equal(rig.weight(target.holderId), idle ? 'idle' : weight);
      }
    }
  });

  rule(
    '[ENF5] a holder that lets itself loose is brought back at the next look',
    async (rig, enforcer) => {
      const target = await rig.spawn();
      enforcer.adopt(target);
      enforcer.confine(target.holderId, pinned(rig.oneCpu));
      await enforcer.settled();
      await rig.escape(target);
      assert.deepEqual(rig.masks(target.pid), [rig.cpus]);
      enforcer.recall(target.holderId);
      await enforcer.settled();
      if (rig.traits.confinesCpus) {
        assert.deepEqual(rig.masks(target.pid), [rig.oneCpu]);
        assert.match(rig.broughtBack().join(), new RegExp(`: process ${target.pid} had `));
      }
      enforcer.recall(target.holderId);
      assert.ok(rig.broughtBack().length <= 2, 'it was told again and again');
    }
  );

  rule('refuses a holder that it does not know', async (_rig, enforcer) => {
    assert.throws(() => enforcer.confine('nobody', UNCONFINED), refusedWith('ENOENT'));
  });

  rule(
    'tells the gate a mask only where masks are the means, else what holds it',
    async (rig, enforcer) => {
      const { affinity, cpuset } = enforcer.pinningFor(pinned(rig.oneCpu));
      const held = enforcer.tier.name === 'none' ? [] : [rig.oneCpu];
      assert.deepEqual(
        [affinity, cpuset].filter(it => it !== null),
        held
      );
      const all = affinity === null ? null : rig.cpus;
      assert.deepEqual(enforcer.pinningFor(UNCONFINED), { affinity: all, cpuset: null });
    }
  );
}

function tightenRules(rule: Rule): void {
  rule(
    '[ENF10] what somebody widened is written again at the next look, and told once',
    async (rig, enforcer) => {
      const { traits } = rig;
      const target = await rig.spawn();
      enforcer.adopt(target);
      const { holderId } = target;
      enforcer.confine(holderId, { ...pinned(rig.oneCpu), weight: 50, memoryBytes: 512 * MIB });
      await enforcer.settled();
      for (const _round of [1, 2]) {
        rig.widen(holderId);
        enforcer.tighten(holderId);
        await enforcer.settled();
        assert.deepEqual(rig.masks(target.pid), [traits.confinesCpus ? rig.oneCpu : rig.cpus]);
        assert.equal(rig.memoryLimit(holderId), traits.limitsMemory ? 512 * MIB : null);
        assert.equal(traits.weighs ? rig.weight(holderId) : 50, 50);
      }
      const told = rig.broughtBack();
      assert.ok(
        told.every(it => /: its \S+ was \S+ in place of \S+$/.test(it)),
        told.join()
      );
      assert.equal(new Set(told).size, told.length);
      assert.ok(!traits.isolates || told.length >= 3, told.join());
    }
  );
}
