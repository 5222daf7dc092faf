import * as assert from 'node:assert/strict';
import { MIB, until, type Rule } from './contractRig';

/** What a holder uses and used. */
export function measureRules(rule: Rule): void {
  rule('tells figures of a holder, and nothing of others', async (rig, enforcer) => {
    const target = await rig.spawn();
    enforcer.adopt(target);
    const use = enforcer.measure(target.holderId);
    assert.ok(use && use.threads >= 1 && use.memoryBytes >= 0 && use.cpuSeconds >= 0);
    assert.equal(enforcer.measure('nobody'), null);
  });

  rule('tells what counts against a limit', async (rig, enforcer) => {
    const target = await rig.spawn();
    enforcer.adopt(target);
    for (const exactFromBytes of [0, Infinity]) {
      assert.ok(enforcer.memoryOf(target.holderId, exactFromBytes)! >= 0);
      assert.equal(enforcer.memoryOf('nobody', exactFromBytes), null);
    }
  });

  rule('tells nothing of a holder that is gone', async (rig, enforcer) => {
    const target = await rig.spawn();
    enforcer.adopt(target);
    await rig.kill(target.pid);
    await until('the dead holder has no figures', () => !enforcer.measure(target.holderId));
  });

  rule('[HIST1] counts the processes of a holder, and all their threads', async (rig, enforcer) => {
    const target = await rig.spawn();
    enforcer.adopt(target);
    const alone = enforcer.measure(target.holderId)!;
    const child = await rig.fork(target);
    const both = enforcer.measure(target.holderId)!;
    assert.deepEqual([alone.processes, both.processes], [1, 2]);
    assert.ok(both.threads > alone.threads);
    await rig.kill(child);
    assert.equal(enforcer.measure(target.holderId)!.processes, 1);
  });

  rule(
    '[HIST1] tells the most memory since that was asked for, also when it is free again',
    async (rig, enforcer) => {
      const target = await rig.spawn();
      enforcer.adopt(target);
      const { holderId } = target;
      const tells = async (isMore: boolean) => {
        await enforcer.settled();
        isMore && (await rig.swell(target));
        const { memoryBytes, memoryPeakBytes } = enforcer.measure(holderId)!;
        const isSeen = memoryPeakBytes - memoryBytes > 8 * MIB;
        assert.equal(isSeen, isMore, `${memoryPeakBytes} at most, ${memoryBytes} now`);
      };
      enforcer.lowerPeak(holderId);
      await tells(true);
      await tells(false);
      enforcer.lowerPeak(holderId);
      await tells(false);
      enforcer.lowerPeak('nobody');
    }
  );

  rule('[HIST1] counts the CPU time of children that have ended', async (rig, enforcer) => {
    const target = await rig.spawn();
    enforcer.adopt(target);
    const before = enforcer.cpuSeconds(target.holderId)!;
    await rig.compute(target);
    const after = enforcer.cpuSeconds(target.holderId)!;
    assert.ok(after - before >= 0.01, `${before} s before, ${after} s after`);
    assert.ok(enforcer.measure(target.holderId)!.cpuSeconds >= after);
    assert.equal(enforcer.cpuSeconds('nobody'), null);
  });
}
