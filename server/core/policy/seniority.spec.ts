import { cpusOf, Harness, nodeOf } from '../../testing/harness';

describe('attained service', () => {
  it('[CPU7] users with one busy cell and with eight get as much CPU time, however long they run', () => {
    const SECONDS = 300;
    const it = new Harness(nodeOf({ cpus: cpusOf({ cores: 2 }) }));
    const ofBob = Array.from({ length: 8 }, (_, n) => `bob-${n}`);
    const used = new Map(['ann', ...ofBob].map(id => [id, 0]));
    for (const id of used.keys()) {
      it.holder(id, id.replace(/-.*/, ''));
      it.claim(`${id}.1`, id);
    }
    let worst = 0;
    for (let second = 1; second <= SECONDS; second += 1) {
      // As the scheduler does: two CPUs by weight, all of them busy.
      const weights = new Map(Array.from(used.keys(), id => [id, it.confinement(id).weight]));
      const sum = Array.from(weights.values()).reduce((a, b) => a + b);
      for (const [id, weight] of weights) {
        const cpusBusy = (2 * weight) / sum;
        used.set(id, used.get(id)! + cpusBusy);
        it.measure(id, { cpusBusy, cpuSeconds: used.get(id)! });
      }
      const ratio = ofBob.reduce((total, id) => total + used.get(id)!, 0) / used.get('ann')!;
      worst = second < 10 ? 0 : Math.max(worst, Math.abs(ratio - 1));
    }
    expect(worst).toBeLessThan(0.1);
  });
});
