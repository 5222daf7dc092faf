import { RandomSource } from '../../testing/randomSource';
import { RandomTrace } from '../../testing/randomTrace';
import type { Effect } from '../effects';
import { EVEN_SHARING } from '../policy/groups';
import { checkInvariants } from '../invariants';
import * as use from './use';

const SEEDS = 40;
const EVENTS = 400;
const CULL = { idleMs: 2000, noticeMs: 1000, keepMs: 3000 };

afterEach(() => jest.restoreAllMocks());

/** A random history in which kernels are reported on, ordered, begun, failed and kept; its faults. */
class History {
  readonly faults: string[] = [];
  orders = 0;
  begun = 0;
  private readonly random: RandomSource;
  private readonly trace: RandomTrace;

  constructor(seed: number) {
    this.random = new RandomSource(seed);
    this.trace = new RandomTrace(this.random, { nonsense: 0.02, holders: 6 });
    this.configure();
    for (let index = 0; index < EVENTS; index += 1) {
      this.look(this.trace.next());
      this.trace.state.cull ?? this.configure();
      this.random.chance(0.6) && this.look(this.serve());
      this.random.chance(0.6) && this.pass();
    }
  }

  /** The randomly configured sharing, but with culling. */
  private configure(): void {
    const { sharing } = this.trace.state.shares;
    this.trace.send({ type: 'configured', sharing: { ...EVEN_SHARING, ...sharing, cull: CULL } });
  }

  private pass(): void {
    this.trace.atMs += 1500;
    this.look(this.trace.send({ type: 'ticked' }));
  }

  /** A Jupyter server, or a person, does something. */
  private serve(): Effect[] {
    const { holders, cull } = this.trace.state;
    const due = [...(cull?.watches ?? [])].filter(([, { phase }]) => phase.kind === 'ordered');
    const ids = due.length ? due.map(([it]) => it.holder.id) : [...holders.keys(), 'none'];
    const holderId = this.random.pick(ids);
    const by = { uid: 1, name: 'ann' };
    const kernels = [...holders.keys()].map(it => ({ holderId: it, usedMs: 0 }));
    return this.trace.send(
      this.random.pick([
        { type: 'attended', kernels },
        { type: 'attended', kernels },
        { type: 'cullBegun', holderId },
        { type: 'cullBegun', holderId },
        { type: 'cullFailed', holderId },
        { type: 'keepWanted', holderId, by }
      ])
    );
  }

  private look(effects: readonly Effect[]): void {
    const { state, last } = this.trace;
    this.faults.push(...checkInvariants(state));
    for (const effect of effects) {
      const holder = effect.type === 'cull' ? state.holders.get(effect.holderId) : undefined;
      if (holder && effect.type === 'cull' && effect.isOrdered) {
        this.orders += 1;
        const claims = holder.running.size + holder.waiting.size;
        claims && this.faults.push(`${effect.holderId} has ${claims} claims and is ordered`);
      }
    }
    for (const [holder, { phase }] of state.cull?.watches ?? []) {
      const { id } = holder.holder;
      const hasBegun = phase.kind === 'begun' && last?.type === 'cullBegun' && last.holderId === id;
      this.begun += hasBegun ? 1 : 0;
      const claims = holder.running.size + holder.waiting.size;
      hasBegun && claims && this.faults.push(`${id} has ${claims} claims and is shut down`);
      state.holders.get(id) === holder || this.faults.push(`${id} is gone and watched`);
    }
    this.faults.push(...startedWhileShutDown(this.trace, effects));
  }
}

/** CULL6: no claim is granted to a kernel that is being shut down, unless it brings its grant along. */
function startedWhileShutDown({ state, last }: RandomTrace, effects: readonly Effect[]): string[] {
  const brought = last?.type === 'claimArrived' && last.granted ? last.claim.id : null;
  return effects.flatMap(it => {
    const holder = it.type === 'grant' ? state.holders.get(it.holderId) : undefined;
    const isShutDown = holder && state.cull?.watches.get(holder)?.phase.kind === 'begun';
    return it.type === 'grant' && isShutDown && it.claimId !== brought
      ? [`${it.claimId} was granted while its kernel is shut down`]
      : [];
  });
}

describe('random histories', () => {
  it('[CULL3] [CULL6] never shut down a kernel that has a claim', () => {
    let [orders, begun] = [0, 0];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const history = new History(seed);
      expect([seed, history.faults]).toEqual([seed, []]);
      orders += history.orders;
      begun += history.begun;
    }
    expect(orders).toBeGreaterThan(50);
    expect(begun).toBeGreaterThan(10);
  });

  it('a planted fault is found', () => {
    jest.spyOn(use, 'isAtWork').mockReturnValue(false);
    const faults = Array.from({ length: 20 }, (_, seed) => new History(seed + 1).faults).flat();
    expect(faults.join()).toMatch(/has \d claims and is/);
  });
});
