import type { Effect } from '../core/effects';
import type { Event, NodeFacts } from '../core/events';
import type { State } from '../core/state';
import { step } from '../core/step';
import { EnforcementError, type IEnforcer } from '../enforce/enforcer';
import { NOTHING_ASKED, type Ask } from '../protocol/ask';
import { UNRESTRICTED } from '../protocol/grant';
import { Arbiter } from './arbiter';
import type { IAnswers } from './ports';

const TIER = { name: 'none', enforced: [], notEnforced: [], reason: 'a test' } as const;
const NODE: NodeFacts = {
  name: 'n',
  cpus: [0, 1].map(id => ({ id, core: id, cache: 0, numa: 0 })),
  memoryBytes: 8e9,
  memoryReserveBytes: 0,
  gpus: [],
  tier: TIER,
  sharesByWeight: true,
  packsThreads: false
};

/** Everything that leaves the arbiter, in its order. */
class Journal {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly fatal: string[] = [];

  /** An enforcer that can be told to fail. */
  enforcer(failure: () => Error | null): IEnforcer {
    return {
      tier: TIER,
      found: () => [],
      adopt: () => undefined,
      confine: (holderId, { cpus }) => {
        this.lines.push(`confine ${holderId} ${cpus}`);
        const error = failure();
        if (error) {
          throw error;
        }
      },
      tighten: () => undefined,
      holdFor: confinement => ({ affinity: confinement.cpus, cpuset: null }),
      measure: () => null,
      kills: () => 0,
      hasReachedLimit: () => false,
      memoryOf: () => null,
      holderOf: () => null,
      release: () => undefined,
      settled: () => Promise.resolve(),
      close: () => Promise.resolve()
    };
  }

  readonly answers: IAnswers = {
    granted: (id, grant, { affinity }) => this.lines.push(`grant ${id} ${grant.cpus} ${affinity}`),
    waiting: id => this.lines.push(`wait ${id}`),
    refused: (id, { code }) => this.lines.push(`refuse ${id} ${code}`),
    interrupted: id => this.lines.push(`interrupt ${id}`),
    standing: (id, isGiven) => this.lines.push(`stand ${id} ${isGiven}`),
    freeAsked: id => this.lines.push(`free ${id}`),
    killed: id => this.lines.push(`killed ${id}`),
    maskChanged: (id, affinity) => this.lines.push(`mask ${id} ${affinity}`)
  };
}

describe('Arbiter', () => {
  let journal: Journal;
  let failure: Error | null;
  let mistake: ((state: State, event: Event) => void) | null;
  let arbiter: Arbiter;

  beforeEach(() => {
    journal = new Journal();
    failure = null;
    mistake = null;
    const decide = (state: State, event: Event): Effect[] => {
      mistake?.(state, event);
      return step(state, event);
    };
    arbiter = new Arbiter({
      enforcer: journal.enforcer(() => failure),
      clock: { nowMs: () => 1000 },
      log: (_, sentence) => void journal.errors.push(sentence),
      version: 'test',
      revive: id => {
        journal.lines.push(`revive ${id}`);
        failure = null;
        return true;
      },
      fatal: why => void journal.fatal.push(why),
      decide
    });
    arbiter.answerTo(journal.answers);
    arbiter.post({ type: 'nodeFound', node: NODE });
    const holder = {
      id: 'k',
      pid: 1,
      startTicks: 1,
      kind: 'kernel' as const,
      name: 'k',
      owner: 'me',
      group: [],
      gated: true
    };
    arbiter.post({ type: 'holderArrived', holder });
    journal.lines.length = 0;
  });

  function claim(id: string, ask: Partial<Ask> = {}): void {
    const known = { outerId: null, cellId: null, label: null, sourceHash: null };
    arbiter.post({
      type: 'claimArrived',
      claim: { id, holderId: 'k', ...known, ask: { ...NOTHING_ASKED, ...ask } },
      granted: null,
      waitingSinceMs: null
    });
  }

  const ONE_CPU = { cpus: { kind: 'fixed', n: 1 } } as const;

  it('confines before it answers, and tells the mask that is then in force', () => {
    claim('c', ONE_CPU);
    expect(journal.lines.slice(0, 2)).toEqual(['confine k 0', 'grant c 0 0']);
  });

  it('grants all the same where the host refuses a write, and tells the core', () => {
    failure = new EnforcementError('cpuset.cpus', 'ENOSPC');
    const events: Event[] = [];
    mistake = (_, event) => void events.push(event);
    claim('c', ONE_CPU);
    expect(journal.lines).toContain('grant c 0 0');
    expect(events.at(-1)).toMatchObject({
      type: 'enforcementFailed',
      holderId: 'k',
      what: 'cpuset.cpus',
      errno: 'ENOSPC'
    });
    expect(journal.fatal).toEqual([]);
  });

  it('[ENF6] says of a running cell what could not be enforced, but not of one brought back', () => {
    claim('c', ONE_CPU);
    const told = () => arbiter.story('c') as { notEnforced?: string | null };
    const failed = { type: 'enforcementFailed', holderId: 'k' } as const;
    arbiter.post({ ...failed, what: 'keeping process 7 in its place', errno: 'EXDEV' });
    expect(told().notEnforced).toBeNull();
    arbiter.post({ ...failed, what: 'cpuset.cpus', errno: 'ENOSPC' });
    expect(told().notEnforced).toContain('cpuset.cpus failed with ENOSPC');
  });

  it('makes a place again that somebody removed, and confines the holder there', () => {
    failure = new EnforcementError('cpuset.cpus', 'ENOENT');
    claim('c', ONE_CPU);
    const order = ['confine k 0', 'revive k', 'confine k 0', 'grant c 0 0'];
    expect(journal.lines.slice(0, 4)).toEqual(order);
  });

  it('[GPU2] [ENF4] tells which GPUs a kernel is bound to, granted or taken over', () => {
    const gpu = { index: 0, model: 'H100', memoryBytes: 8e9 };
    const gpus = ['GPU-0', 'GPU-1'].map(uuid => ({ ...gpu, uuid }));
    arbiter.post({ type: 'nodeFound', node: { ...NODE, gpus } });
    const bound: string[] = [];
    arbiter.onBound((id, uuids) => void bound.push(`${id} ${uuids.join()}`));
    const known = { outerId: null, cellId: null, label: null, sourceHash: null };
    arbiter.post({
      type: 'claimArrived',
      claim: { id: 'before', holderId: 'k', ...known, ask: { ...NOTHING_ASKED, gpus: 1 } },
      granted: { grant: { ...UNRESTRICTED, gpus: ['GPU-1'] }, sinceMs: 0 },
      waitingSinceMs: null
    });
    expect(bound).toEqual(['k GPU-1']);
    claim('now', { gpus: 1 });
    expect(bound).toEqual(['k GPU-1', 'k GPU-1']);
  });

  it('answers the claim also where the enforcer itself is wrong', () => {
    failure = new TypeError('a bug');
    claim('c', ONE_CPU);
    expect(journal.lines).toContain('grant c 0 0');
    expect(journal.errors.join()).toContain('a mistake in {"type":"confine"');
  });

  it('[GATE5] lets the cell of a mistake run ungated, and goes on', () => {
    mistake = (_, event) => {
      if (event.type === 'claimArrived' && event.claim.id === 'unlucky') {
        throw new Error('a bug');
      }
    };
    claim('unlucky', ONE_CPU);
    expect(journal.lines).toEqual([`grant unlucky ${UNRESTRICTED.cpus} null`]);
    expect(journal.errors.join()).toContain('"id":"unlucky"');
    arbiter.post({ type: 'claimEnded', claimId: 'unlucky', outcome: 'ok', cpuSeconds: null });
    claim('next', ONE_CPU);
    expect(journal.lines).toContain('grant next 0 0');
    expect(journal.fatal).toEqual([]);
  });

  it('[ENF4] gives up, to be started again, where a mistake has damaged the state', () => {
    claim('c', ONE_CPU);
    mistake = state => {
      state.running.clear();
      throw new Error('a bug');
    };
    arbiter.post({ type: 'ticked' });
    expect(journal.fatal.join()).toContain('the state is damaged');
  });
});
