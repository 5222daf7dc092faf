import type { Blocker } from '../../protocol/facts';
import { gpusOf, Harness, nodeOf } from '../../testing/harness';
import { whyOf } from '../../testing/told';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

/** A node of 64 GiB, 4 of them kept back, with kernels that hold or keep so much memory. */
class Scene extends Harness {
  constructor(its: { readonly granted?: Amounts; readonly kept?: Amounts }) {
    super(nodeOf());
    for (const [id, bytes] of Object.entries(its.granted ?? {})) {
      this.holder(id);
      this.claim(`of ${id}`, id, { memoryBytes: bytes });
    }
    for (const [id, bytes] of Object.entries(its.kept ?? {})) {
      this.holder(id);
      this.measure(id, { memoryBytes: bytes });
    }
    this.holder('waits');
  }

  /** Ask for so many GiB, and hear why they cannot be had. */
  why(gib: number): string {
    this.claim('c', 'waits', { memoryBytes: gib * GIB });
    return whyOf(this.state, 'c');
  }

  /** Who is named as being in the way. */
  blockers(): readonly string[] {
    return blockersOf(this, 'c').map(it => it.holderId);
  }
}

function blockersOf({ state }: Harness, claimId: string): readonly Blocker[] {
  const phase = state.claims.get(claimId)?.phase;
  return phase?.state === 'waiting' ? phase.reason.blockers : [];
}

type Amounts = Readonly<Record<string, number>>;

/** So many kernels that keep so much each: `idle0`, `idle1`, ... */
function idle(count: number, bytes: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`idle${i}`, bytes]));
}

describe('reasons', () => {
  it('[API4] name who really stands in the way, and sum what idle kernels keep', () => {
    const scene = new Scene({ granted: { fightA: 50 * GIB }, kept: idle(13, 52 * MIB) });
    expect(scene.why(12)).toBe('for 12 GiB; 50 GiB held by fightA; idle kernels keep 676 MiB');
    expect(scene.blockers()).toEqual(['fightA']);
  });

  it('[API4] name at most three, those that hold most first', () => {
    const granted = { a: 5 * GIB, b: 20 * GIB, c: 8 * GIB, d: GIB, e: 12 * GIB };
    const scene = new Scene({ granted });
    expect(scene.why(40)).toBe('for 40 GiB; 20 GiB held by b, 12 GiB by e, 8 GiB by c and 2 more');
    expect(scene.blockers()).toEqual(['b', 'e', 'c']);
  });

  it('[API4] name those that hold most also of many, whoever came first', () => {
    const sizes = Array.from({ length: 12 }, (_, i) => [`k${i}`, ((i + 1) * GIB) / 2]);
    expect(new Scene({ granted: Object.fromEntries(sizes) as Amounts }).why(40)).toBe(
      'for 40 GiB; 6 GiB held by k11, 5.5 GiB by k10, 5 GiB by k9 and 9 more'
    );
  });

  it('[API4] name an idle kernel that keeps much, or without which it is not enough', () => {
    const much = new Scene({ granted: { a: 20 * GIB }, kept: { b: 30 * GIB, c: 600 * MIB } });
    expect(much.why(15)).toBe(
      'for 15 GiB; 30 GiB held by b and 20 GiB by a; an idle kernel keeps 600 MiB'
    );
    const enough = new Scene({ granted: { a: 40 * GIB }, kept: { b: 10 * GIB, c: 600 * MIB } });
    expect(enough.why(15)).toBe(
      'for 15 GiB; 40 GiB held by a and 10 GiB by b; an idle kernel keeps 600 MiB'
    );
    const many = new Scene({ granted: { a: GIB }, kept: idle(20, 2.9 * GIB) });
    expect(many.why(3)).toBe(
      'for 3 GiB; 2.9 GiB held by idle0 and 1 GiB by a; idle kernels keep 55 GiB'
    );
    const several = new Scene({ granted: { a: GIB }, kept: idle(20, 2.9 * GIB) });
    expect(several.why(8)).toBe(
      'for 8 GiB; 2.9 GiB held by idle0, 2.9 GiB by idle1, 2.9 GiB by idle10 and 1 more; ' +
        'idle kernels keep 49 GiB'
    );
  });

  it('[API4] are silent about what is not worth a word', () => {
    const scene = new Scene({ granted: { a: 50 * GIB }, kept: idle(2, 52 * MIB) });
    expect(scene.why(12)).toBe('for 12 GiB; 50 GiB held by a');
  });

  it('[API4] call kernels idle only where none of them runs anything', () => {
    const scene = new Scene({ granted: { a: 50 * GIB }, kept: idle(2, 520 * MIB) });
    scene.claim('plain', 'idle0');
    expect(scene.why(12)).toBe('for 12 GiB; 50 GiB held by a; other kernels keep 1 GiB');
  });

  it('[API4] [ADM9] name a kernel that holds its grant between cells', () => {
    const scene = new Scene({ granted: { a: 30 * GIB } });
    scene.holder('b');
    scene.claim('held', 'b', { memoryBytes: GIB, hold: true });
    scene.end('held');
    expect(scene.why(40)).toBe('for 40 GiB; 30 GiB held by a and 1 GiB by b');
  });

  it('[API4] [GPU5] sum small leftovers on a GPU, too, and ask all that keep some', () => {
    const it = new Harness(nodeOf({ gpus: gpusOf(1) }));
    const keeping = { big: 60 * GIB, ...idle(5, 300 * MIB) };
    Object.keys(keeping).forEach(id => it.holder(id));
    it.holder('waits');
    const processes = Object.entries(keeping).map(([holderId, memoryBytes], at) => ({
      pid: at + 1,
      name: 'python',
      memoryBytes,
      owner: 'user',
      holderId
    }));
    const figures = { memoryUsedBytes: null, utilisation: 0, temperatureC: null, powerW: null };
    it.send({ type: 'gpusMeasured', gpus: [{ uuid: 'GPU-0', ...figures, processes }] });
    it.claim('c', 'waits', { gpus: 1, gpuMemoryBytes: 40 * GIB });
    expect(whyOf(it.state, 'c')).toBe(
      'for 1 GPU with 40 GiB; 60 GiB of GPU 0 held by big; idle kernels keep 1.5 GiB of GPU 0'
    );
    expect(blockersOf(it, 'c')).toMatchObject([{ holderId: 'big', keepsGpuBytes: 60 * GIB }]);
    const asked = it
      .wait(1000)
      .flatMap(effect => (effect.type === 'free' ? [effect.holderId] : []));
    expect(asked.sort()).toEqual(Object.keys(keeping).sort());
  });
});
