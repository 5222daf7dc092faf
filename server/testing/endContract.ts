import * as assert from 'node:assert/strict';
import { UNCONFINED } from '../core/effects';
import type { IEnforcer, Place } from '../enforce/enforcer';
import { MIB, pinned, type IContractRig, type Rule } from './contractRig';

/** A holder that is let go. */
export function releaseRules(rule: Rule): void {
  rule(
    '[ENF2] no mask, limit or directory is left, and nothing is killed',
    async (rig, enforcer) => {
      const place = await rig.spawn();
      const child = await rig.fork(place);
      enforcer.adopt(place);
      enforcer.confine(place.holderId, { ...pinned(rig.oneCpu), memoryBytes: 512 * MIB });
      await enforcer.settled();
      enforcer.release(place.holderId);
      await enforcer.settled();
      for (const pid of [place.pid, child]) {
        assert.ok(rig.isAlive(pid));
        assert.ok(!rig.isInside(place.holderId, pid));
        assert.deepEqual(rig.masks(pid), [rig.cpus]);
      }
      assert.deepEqual(enforcer.found(), []);
    }
  );

  rule('a dead holder leaves nothing either', async (rig, enforcer) => {
    const place = await rig.spawn();
    enforcer.adopt(place);
    await rig.kill(place.pid);
    enforcer.release(place.holderId);
    await enforcer.settled();
    assert.deepEqual(enforcer.found(), []);
    assert.deepEqual(rig.failures(), []);
  });

  rule('is idempotent, and shrugs at strangers', async (rig, enforcer) => {
    const place = await rig.spawn();
    enforcer.adopt(place);
    enforcer.release(place.holderId);
    enforcer.release(place.holderId);
    enforcer.release('nobody');
    await enforcer.settled();
    enforcer.adopt(place);
    assert.equal(rig.isInside(place.holderId, place.pid), rig.traits.isolates);
  });

  rule('[ENF2] close gives every holder back', async (rig, enforcer) => {
    const [first, second] = [await rig.spawn(), await rig.spawn()];
    for (const place of [first, second]) {
      enforcer.adopt(place);
      enforcer.confine(place.holderId, { ...pinned(rig.oneCpu), idle: true });
    }
    await enforcer.close();
    for (const { pid } of [first, second]) {
      assert.ok(rig.isAlive(pid));
      assert.deepEqual(rig.masks(pid), [rig.cpus]);
    }
  });
}

/** Another sidecar that shares the cgroup of this one. */
export function neighbourRules(rule: Rule): void {
  const pin = (rig: IContractRig, enforcer: IEnforcer, place: Place): void => {
    enforcer.adopt(place);
    enforcer.confine(place.holderId, { ...pinned(rig.oneCpu), memoryBytes: 512 * MIB });
  };
  const isHeld = async (rig: IContractRig, enforcer: IEnforcer, place: Place): Promise<void> => {
    await enforcer.settled();
    assert.deepEqual(rig.masks(place.pid), [rig.traits.confinesCpus ? rig.oneCpu : rig.cpus]);
  };

  rule('[ENF2] a sidecar that comes and goes breaks nothing', async (rig, enforcer) => {
    const [mine, theirs, later] = [await rig.spawn(), await rig.spawn(), await rig.spawn()];
    pin(rig, enforcer, mine);
    const other = await rig.startBeside();
    pin(rig, other, theirs);
    await isHeld(rig, other, theirs);
    await other.close();
    assert.deepEqual(rig.masks(theirs.pid), [rig.cpus]);
    await isHeld(rig, enforcer, mine);
    pin(rig, enforcer, later);
    await isHeld(rig, enforcer, later);
    assert.deepEqual(rig.failures(), []);
  });

  rule('[ENF2] a sidecar outlives the one that came first', async (rig, enforcer) => {
    const [mine, theirs, later] = [await rig.spawn(), await rig.spawn(), await rig.spawn()];
    pin(rig, enforcer, mine);
    const other = await rig.startBeside();
    try {
      pin(rig, other, theirs);
      await enforcer.close();
      assert.deepEqual(rig.masks(mine.pid), [rig.cpus]);
      await isHeld(rig, other, theirs);
      pin(rig, other, later);
      await isHeld(rig, other, later);
    } finally {
      await other.close();
    }
    assert.deepEqual(rig.failures(), []);
  });
}

/** A sidecar that ended without letting its holders go. */
export function crashRules(rule: Rule): void {
  rule('[ENF4] the next sidecar finds the places and takes them over', async (rig, enforcer) => {
    const place = await rig.spawn();
    enforcer.adopt(place);
    enforcer.confine(place.holderId, { ...pinned(rig.oneCpu), memoryBytes: 512 * MIB });
    await enforcer.settled();
    const next = await rig.start();
    try {
      assert.deepEqual(next.found(), rig.traits.findsPlaces ? [place.holderId] : []);
      next.adopt(place);
      await next.settled();
      const kept = rig.traits.confinesCpus ? rig.oneCpu : rig.cpus;
      assert.deepEqual(rig.masks(place.pid), [kept], 'the holder was let loose meanwhile');
      for (const memoryBytes of [1024 * MIB, 256 * MIB, null]) {
        next.confine(place.holderId, { ...UNCONFINED, memoryBytes });
        const limit = rig.traits.limitsMemory ? memoryBytes : null;
        assert.equal(rig.memoryLimit(place.holderId), limit);
      }
      await next.settled();
      assert.deepEqual(rig.masks(place.pid), [rig.cpus]);
    } finally {
      await next.close();
    }
    assert.deepEqual(rig.masks(place.pid), [rig.cpus]);
  });

  rule('[ENF4] places that nobody claims are given back at the end', async (rig, enforcer) => {
    const place = await rig.spawn();
    enforcer.adopt(place);
    enforcer.confine(place.holderId, pinned(rig.oneCpu));
    await enforcer.settled();
    const next = await rig.start();
    await next.close();
    assert.deepEqual(rig.masks(place.pid), [rig.cpus]);
    assert.deepEqual(rig.leftovers(), []);
  });
}
