import { Harness } from '../../testing/harness';
import { RandomSource } from '../../testing/randomSource';
import { scenario } from '../../testing/scenario';
import { storyOf } from '../../testing/told';

const GIB = 1024 ** 3;

describe('moving a claim up', () => {
  scenario(
    '[ADM15] it goes before all others of its user, and before nobody else',
    `
    node   4 cores, 1 gpus
    kernel k1 owner=cyd
    kernel k2 owner=ann
    kernel k3 owner=bob
    kernel k4 owner=ann
    kernel k5 owner=ann
    claim  k1 gpus=1   -> gets all GPU-0
    claim  k2 gpus=1   -> waits gpus 1
    claim  k3 gpus=1   -> waits gpus 2
    claim  k4 gpus=1   -> waits gpus 3
    claim  k5 gpus=1   -> waits gpus 4
    up     k5          -> waits gpus 1, k2 waits gpus 3, k4 waits gpus 4
    up     k5          ->
    end    k1          -> k5 gets all GPU-0, k3 waits gpus 1, k2 waits gpus 2, k4 waits gpus 3
    `
  );

  scenario(
    '[ADM15] neither before what has a higher priority, nor behind what has a lower one',
    `
    node   4 cores, 1 gpus
    claim  k1 gpus=1              -> gets all GPU-0
    claim  k2 gpus=1 priority=1   -> waits gpus 1
    claim  k3 gpus=1              -> waits gpus 2
    claim  k4 gpus=1              -> waits gpus 3
    claim  k5 gpus=1 priority=-1  -> waits gpus 4
    up     k4                     -> waits gpus 2, k3 waits gpus 3
    up     k5                     ->
    `
  );

  it('[ADM15, API2] is told in the stories of all that it changes', () => {
    const node = new Harness();
    ['k1', 'k2', 'k3', 'k4'].forEach(it => node.holder(it));
    ['k1', 'k2', 'k3', 'k4'].forEach(it => node.claim(`of ${it}`, it, { memoryBytes: 60 * GIB }));
    node.send({ type: 'movedUp', claimId: 'of k4' });
    expect(storyOf(node.state, 'of k4')).toContain('Moved up before 2 other claims of its user.');
    expect(storyOf(node.state, 'of k2')).toContain('Its user moved k4 up before it.');
    expect(storyOf(node.state, 'of k3')).toContain('Its user moved k4 up before it.');
    expect(storyOf(node.state, 'of k1').join()).not.toContain('moved');
    const { arrivedMs, turn } = node.state.claims.get('of k4')!;
    expect([arrivedMs, turn.claimId]).toEqual([node.clock.nowMs, 'of k2']);
  });

  it('[ADM15] never changes the place of another user', () => {
    const random = new RandomSource(15);
    const node = new Harness();
    const users = ['ann', 'bob', 'cyd'];
    users.forEach(it => node.holder(it, it));
    node.claim('first', 'ann', { memoryBytes: 60 * GIB });
    for (let at = 0; at < 40; at += 1) {
      const priority = random.whole(0, 1);
      node.clock.advance(random.whole(0, 2));
      node.claim(`c${at}`, random.pick(users), { memoryBytes: GIB, priority });
    }
    for (let at = 0; at < 100; at += 1) {
      const entry = random.pick(node.state.queue);
      const before = node.state.queue.map(it => it.claim.id);
      node.send({ type: 'movedUp', claimId: entry.claim.id });
      const ofOthers = (id: string) => node.state.claims.get(id)!.holder !== entry.holder;
      const after = node.state.queue.map(it => it.claim.id);
      const kept = (ids: readonly string[]) => ids.map(id => (ofOthers(id) ? id : 'own'));
      expect(kept(after)).toEqual(kept(before));
      const equals = node.state.queue.filter(
        it => it.holder === entry.holder && it.claim.ask.priority === entry.claim.ask.priority
      );
      expect(equals[0]).toBe(entry);
    }
  });
});
