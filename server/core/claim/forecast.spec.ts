import type { Ask } from '../../protocol/ask';
import type { ClaimView, Forecast } from '../../protocol/view';
import { gpusOf, Harness, nodeOf } from '../../testing/harness';
import type { Event } from '../events';
import { predictedDemand, predictedRunMs } from '../cpu/demand';
import { snapshot } from '../view';

type Ended = Extract<Event, { type: 'claimEnded' }>['outcome'];

/** A node with one GPU, one source that uses it, and another kernel that wants it. */
class Bench {
  readonly it = new Harness(nodeOf({ gpus: gpusOf(1) }));
  private runs = 0;

  constructor() {
    ['k1', 'k2', 'k3'].forEach(id => this.it.holder(id));
  }

  start(ask: Partial<Ask> = {}): string {
    const id = `r${(this.runs += 1)}`;
    this.it.claim(id, 'k1', { gpus: 1, ...ask }, { sourceHash: 's' });
    return id;
  }

  run(seconds: number, outcome: Ended = 'ok', cpusBusy = 1): void {
    const claimId = this.start();
    const cpuSeconds = this.runs * 1000;
    this.it.measure('k1', { cpusBusy, cpuSeconds });
    this.it.clock.advance(seconds * 1000);
    this.end(claimId, cpusBusy * seconds, outcome);
  }

  end(claimId: string, cpuSeconds: number, outcome: Ended = 'ok'): void {
    this.it.send({ type: 'claimEnded', claimId, outcome, cpuSeconds });
  }

  get running(): Forecast | null {
    const claim = this.claims.find(it => it.state === 'running');
    return claim?.state === 'running' ? claim.takes : null;
  }

  get waiting(): (Forecast | null)[] {
    return this.claims.flatMap(it => (it.state === 'waiting' ? [it.startsIn] : []));
  }

  private get claims(): readonly ClaimView[] {
    return snapshot(this.it.state, 0, '').claims;
  }
}

describe('forecast', () => {
  it('[UI4] is a range that three runs agree on, and nothing before', () => {
    const bench = new Bench();
    const told = [6, 9, 7, 8].map(seconds => {
      const first = bench.start();
      const takes = bench.running;
      bench.it.clock.advance(seconds * 1000);
      bench.end(first, seconds);
      return takes;
    });
    expect(told).toEqual([null, null, null, { fromMs: 6000, toMs: 9000, runs: 3 }]);
  });

  it('[UI4] rests on the newest runs that agree: a first one may have been cold', () => {
    const bench = new Bench();
    [60, 6, 9, 7].forEach(seconds => bench.run(seconds));
    bench.start();
    expect(bench.running).toEqual({ fromMs: 6000, toMs: 9000, runs: 3 });
    const torn = new Bench();
    [6, 60, 6, 60, 6].forEach(seconds => torn.run(seconds));
    torn.start();
    expect(torn.running).toBeNull();
  });

  it.each<Ended>(['interrupted', 'error'])(
    '[UI4] learns no time and no demand from a run that ended as "%s"',
    outcome => {
      const bench = new Bench();
      bench.run(1, outcome);
      const first = bench.it.state.claims.get(bench.start())!;
      expect(predictedRunMs(bench.it.state, first)).toBeNull();
      expect(predictedDemand(bench.it.state, first)).toBe(4);
      bench.it.end('r2');
      const known = new Bench();
      [8, 8, 8].forEach(seconds => known.run(seconds, 'ok', 3));
      [1, 1, 1].forEach(seconds => known.run(seconds, outcome, 1));
      const next = known.it.state.claims.get(known.start())!;
      expect(predictedRunMs(known.it.state, next)).toBe(8000);
      expect(predictedDemand(known.it.state, next)).toBe(3);
      expect(known.running).toEqual({ fromMs: 8000, toMs: 8000, runs: 3 });
    }
  );

  it('[UI4] shrinks while the cell in the way runs, and goes when that takes longer than ever', () => {
    const bench = new Bench();
    [6, 9, 7].forEach(seconds => bench.run(seconds));
    bench.start();
    bench.it.claim('w1', 'k2', { gpus: 1, timeMs: 60_000 });
    bench.it.claim('w2', 'k3', { gpus: 1 });
    expect(bench.waiting).toEqual([
      { fromMs: 6000, toMs: 9000, runs: 3 },
      { fromMs: 66_000, toMs: 69_000, runs: 0 }
    ]);
    bench.it.wait(7000);
    expect(bench.waiting[0]).toEqual({ fromMs: 0, toMs: 2000, runs: 3 });
    expect(bench.running).toEqual({ fromMs: 6000, toMs: 9000, runs: 3 });
    bench.it.wait(2000);
    expect(bench.waiting).toEqual([null, null]);
    expect(bench.running).toBeNull();
  });

  it("[UI4] shows what an author stated as the author's own, while it may be true", () => {
    const bench = new Bench();
    bench.run(6);
    bench.start({ timeMs: 10_000 });
    bench.it.claim('w1', 'k2', { gpus: 1 });
    expect(bench.waiting).toEqual([{ fromMs: 10_000, toMs: 10_000, runs: 0 }]);
    bench.it.wait(10_000);
    expect(bench.waiting).toEqual([null]);
  });
});
