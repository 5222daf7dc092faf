import type { Effect } from '../core/effects';
import type { Event, Holder, NodeFacts } from '../core/events';
import type { State } from '../core/state';
import { step } from '../core/step';
import { EnforcementError } from '../enforce/enforcer';
import { NOTHING_ASKED, type Ask } from '../protocol/ask';
import { listOrNull, UNRESTRICTED } from '../protocol/grant';
import type { ClaimStory } from '../protocol/view';
import { Arbiter } from './arbiter';
import { Interpreter, type InterpreterParts } from './interpreter';
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

const HOLDER: Holder = {
  id: 'k',
  pid: 1,
  startTicks: 1,
  kind: 'kernel',
  name: 'k',
  owner: 'me',
  group: [],
  gated: true
};

type Carriers = Omit<InterpreterParts, 'confinementOf' | 'post' | 'log'>;

/** Everything that leaves the arbiter, in its order. */
class Journal {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly fatal: string[] = [];

  /** Those by whom effects are carried out; the enforcer can be told to fail. */
  carriers(failure: () => Error | null, mend: () => void): Carriers {
    const note = (line: string): void => void this.lines.push(line);
    return {
      enforcer: {
        confine: (holderId, { cpus }) => {
          note(`confine ${holderId} ${listOrNull(cpus)}`);
          const error = failure();
          if (error) {
            throw error;
          }
        },
        pinningFor: confinement => ({ affinity: confinement.cpus, cpuset: null })
      },
      holders: {
        boundTo: () => [],
        record: (holderId, { boundGpus, kept }) => {
          boundGpus && note(`bind ${holderId} ${boundGpus.join()}`);
          kept !== undefined && note(`keep ${holderId} ${kept?.claim.id ?? 'nothing'}`);
        },
        list: () => [],
        revive: holderId => {
          note(`revive ${holderId}`);
          mend();
          return true;
        }
      },
      holderStore: { saveNow: () => note('on the disk') },
      culling: { carryOut: ({ type }) => note(type) },
      memoryWatch: {
        limit: (holderId, bytes) => void (bytes === null || note(`watch ${holderId} ${bytes}`))
      }
    };
  }

  readonly answers: IAnswers = {
    granted: (id, { cpus }, { affinity }) =>
      this.lines.push(`grant ${id} ${listOrNull(cpus)} ${listOrNull(affinity)}`),
    waiting: id => this.lines.push(`wait ${id}`),
    refused: (id, { code }) => this.lines.push(`refuse ${id} ${code}`),
    interrupted: id => this.lines.push(`interrupt ${id}`),
    standing: (id, isGiven) => this.lines.push(`stand ${id} ${isGiven}`),
    freeAsked: id => this.lines.push(`free ${id}`),
    killed: id => this.lines.push(`killed ${id}`),
    maskChanged: (id, affinity) => this.lines.push(`mask ${id} ${listOrNull(affinity)}`)
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
    const log = (_: unknown, sentence: string) => void journal.errors.push(sentence);
    arbiter = new Arbiter({
      clock: { nowMs: () => 1000 },
      log,
      version: 'test',
      carryOut: effect => interpreter.carryOut(effect),
      fatal: why => void journal.fatal.push(why),
      decide
    });
    const mend = () => void (failure = null);
    const interpreter = new Interpreter({
      ...journal.carriers(() => failure, mend),
      confinementOf: holderId => arbiter.confinementOf(holderId),
      post: event => arbiter.post(event),
      log
    });
    interpreter.answerTo(journal.answers);
    arbiter.post({ type: 'nodeFound', node: NODE });
    arbiter.post({ type: 'holderArrived', holder: HOLDER });
    journal.lines.length = 0;
  });

  function claim(id: string, ask: Partial<Ask> = {}, holderId = 'k'): void {
    const known = { outerId: null, cellId: null, label: null, sourceHash: null };
    arbiter.post({
      type: 'claimArrived',
      claim: { id, holderId, ...known, ask: { ...NOTHING_ASKED, ...ask } },
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

  it('[ENF5] [ENF6] says of a running cell what could not be enforced, and otherwise who was brought back', () => {
    claim('c', ONE_CPU);
    const told = () => arbiter.story('c') as ClaimStory & { notEnforced?: object | null };
    const holderId = 'k';
    arbiter.post({ type: 'holderBroughtBack', holderId, what: 'process 7 had left its place' });
    expect(told().notEnforced).toBeNull();
    expect(told().story.at(-1)?.fact).toEqual({
      kind: 'broughtBack',
      what: 'process 7 had left its place'
    });
    arbiter.post({ type: 'enforcementFailed', holderId, what: 'cpuset.cpus', errno: 'ENOSPC' });
    expect(told().notEnforced).toEqual({
      kind: 'failed',
      what: 'cpuset.cpus',
      errno: 'ENOSPC'
    });
  });

  it('makes a place again that somebody removed, confines the holder there, and says so', () => {
    failure = new EnforcementError('cpuset.cpus', 'ENOENT');
    claim('c', ONE_CPU);
    const order = ['confine k 0', 'revive k', 'confine k 0', 'grant c 0 0'];
    expect(journal.lines.slice(0, 4)).toEqual(order);
    expect(arbiter.story('c')?.story.at(-1)?.fact).toEqual({
      kind: 'broughtBack',
      what: expect.stringContaining('its place was removed') as unknown
    });
  });

  it('[ENF4] writes the confinement of a holder that has settled, whatever was ordered before', () => {
    claim('c', ONE_CPU);
    journal.lines.length = 0;
    arbiter.post({ type: 'holderSettled', holderId: 'k' });
    expect(journal.lines).toEqual(['confine k 0', 'mask k 0']);
    arbiter.post({ type: 'holderSettled', holderId: 'gone' });
    arbiter.post({ type: 'ticked' });
    expect(journal.lines).toHaveLength(2);
  });

  it('[MEM3] watches a limit from its writing on', () => {
    claim('c', { memoryBytes: 1e9 });
    const order = ['confine k null', 'watch k 1000000000', 'grant c null null'];
    expect(journal.lines).toEqual(order);
  });

  it('[ADM9] has noted what a holder keeps across cells, and that it keeps nothing more', () => {
    claim('c', { ...ONE_CPU, hold: true });
    journal.lines.length = 0;
    arbiter.post({ type: 'claimEnded', claimId: 'c', outcome: 'ok', cpuSeconds: null });
    expect(journal.lines).toEqual(['keep k c']);
    arbiter.post({ type: 'holdReleased', holderId: 'k', by: { uid: 0, name: 'me' } });
    expect(journal.lines).toEqual(['keep k c', 'confine k null', 'keep k nothing']);
  });

  it('shows each step to its observers, once it is carried out', () => {
    const seen: string[] = [];
    const undo = arbiter.onStep((event, effects) => {
      journal.lines.push('seen');
      seen.push(`${event.type}: ${effects.map(it => it.type).join()}`);
    });
    claim('c', ONE_CPU);
    undo();
    claim('d');
    expect(seen[0]).toBe('claimArrived: confine,grant,remask');
    expect(journal.lines.indexOf('seen')).toBeGreaterThan(journal.lines.indexOf('mask k 0'));
    expect(journal.lines.filter(it => it === 'seen')).toHaveLength(seen.length);
  });

  it('goes on where an observer is wrong, and says so once', () => {
    const seen: Event[] = [];
    arbiter.onStep(() => {
      throw new Error('a bug of an observer');
    });
    arbiter.onStep(event => void seen.push(event));
    claim('c', ONE_CPU);
    claim('d', ONE_CPU);
    expect(seen.map(it => it.type)).toEqual(['claimArrived', 'claimArrived']);
    expect(journal.lines).toContain('grant d 1 0-1');
    expect(journal.errors).toEqual([expect.stringContaining('a bug of an observer')]);
  });

  it('[GPU2] [ENF4] keeps which GPUs a kernel is bound to before it hears of them', () => {
    const gpu = { index: 0, model: 'H100', memoryBytes: 8e9 };
    const gpus = ['GPU-0', 'GPU-1'].map(uuid => ({ ...gpu, uuid }));
    arbiter.post({ type: 'nodeFound', node: { ...NODE, gpus } });
    const known = { outerId: null, cellId: null, label: null, sourceHash: null };
    arbiter.post({
      type: 'claimArrived',
      claim: { id: 'before', holderId: 'k', ...known, ask: { ...NOTHING_ASKED, gpus: 1 } },
      granted: { grant: { ...UNRESTRICTED, gpus: ['GPU-1'] }, sinceMs: 0 },
      waitingSinceMs: null
    });
    expect(journal.lines.splice(0)).toEqual(['bind k GPU-1', 'on the disk']);
    arbiter.post({ type: 'holderArrived', holder: { ...HOLDER, id: 'other', pid: 2 } });
    claim('now', { gpus: 1 }, 'other');
    expect(journal.lines.slice(0, 3)).toEqual([
      'bind other GPU-0',
      'on the disk',
      'grant now null null'
    ]);
    arbiter.post({ type: 'claimEnded', claimId: 'now', outcome: 'ok', cpuSeconds: null });
    claim('next', { gpus: 1 }, 'other');
    expect(journal.lines.filter(it => it.startsWith('bind'))).toHaveLength(1);
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
