import * as assert from 'node:assert/strict';
import { UNCONFINED, type Confinement } from '../core/effects';
import { MIB, type Rule } from './contractRig';

const limited = (memoryBytes: number | null): Confinement => ({ ...UNCONFINED, memoryBytes });

/** A limit on memory. */
export function memoryRules(rule: Rule): void {
  memoryOfRules(rule);
  rule('a limit holds, and goes away', async (rig, enforcer) => {
    const target = await rig.spawn();
    enforcer.adopt(target);
    for (const bytes of [1024 * MIB, 512 * MIB, 2048 * MIB, null, 256 * MIB, null]) {
      enforcer.confine(target.holderId, limited(bytes));
      assert.equal(rig.memoryLimit(target.holderId), rig.traits.limitsMemory ? bytes : null);
    }
  });

  rule('[MEM2] a limit is never below current use plus slack', async (rig, enforcer) => {
    const target = await rig.spawn();
    enforcer.adopt(target);
    enforcer.confine(target.holderId, limited(4096));
    if (rig.traits.limitsMemory) {
      const limit = rig.memoryLimit(target.holderId);
      assert.ok(limit !== null && limit >= rig.memoryUse(target.holderId) + 16 * MIB);
    }
    assert.ok(rig.isAlive(target.pid));
  });
}

/** What counts against a limit. */
function memoryOfRules(rule: Rule): void {
  rule(
    'memoryOf tells what a holder keeps, and nothing of one that is gone',
    async (rig, enforcer) => {
      const target = await rig.spawn();
      enforcer.adopt(target);
      const exact = enforcer.memoryOf(target.holderId, 0);
      assert.ok(
        exact !== null &&
          exact >= 0 &&
          exact <= (enforcer.measure(target.holderId)?.memoryBytes ?? 0)
      );
      const rough = enforcer.memoryOf(target.holderId, 1024 ** 4);
      assert.ok(rough !== null && rough >= 0);
      enforcer.release(target.holderId);
      await enforcer.settled();
      assert.equal(enforcer.memoryOf(target.holderId, 0), null);
    }
  );
}

/** What happens to a holder that takes more than its limit. */
export function killRules(rule: Rule): void {
  rule(
    '[MEM4] a kill for want of memory is known, and touches nobody else',
    async (rig, enforcer) => {
      if (!rig.traits.limitsMemory) {
        assert.equal(enforcer.kills('nobody'), 0);
        return;
      }
      const [greedy, other] = [await rig.spawn('greedy'), await rig.spawn()];
      for (const target of [greedy, other]) {
        enforcer.adopt(target);
        enforcer.confine(target.holderId, limited(64 * MIB));
        assert.equal(enforcer.kills(target.holderId), 0);
      }
      await rig.exhaust(greedy);
      assert.ok(enforcer.kills(greedy.holderId) > 0);
      assert.ok(enforcer.hasReachedLimit(greedy.holderId));
      assert.ok(!enforcer.hasReachedLimit(other.holderId));
      assert.equal(enforcer.kills(other.holderId), 0);
      assert.ok(rig.isAlive(other.pid));
      enforcer.release(greedy.holderId);
      assert.equal(enforcer.kills(greedy.holderId), 0);
    }
  );
}
