import type { IGateServices, NewClaim } from '../daemon/ports';
import { NOTHING_ASKED } from '../protocol/ask';
import { refusal } from '../protocol/errors';
import type { SidecarMessage } from '../protocol/gate';
import { UNPINNED, UNRESTRICTED } from '../protocol/grant';
import type { HolderKind } from '../protocol/holder';
import { Visibility } from '../protocol/visibility';
import { Answers } from './answers';
import { Handler, RECONNECT_MAX_MS } from './handler';
import { HOLDER_CLAIMS_MAX, type Holding } from './parse';
import { Records, type GateUser } from './records';

const GIB = 1024 ** 3;
const KNOWN = { cellId: null, label: null, sourceHash: null, outerId: null, sources: {} };
const TOO_LARGE = refusal('HINT_TOO_LARGE', { bytes: 2, limit: 1 });

/** What is told of claims to the core, and of holders to those who watch them. */
function servicesOf(told: string[], gone: (listener: (holderId: string) => void) => void) {
  const services: Partial<IGateServices> = {
    holders: {
      onGone: gone,
      suspect: id => void told.push(`suspect ${id}`),
      leave: id => void told.push(`leave ${id}`)
    },
    reconciliation: { heard: id => void told.push(`heard ${id}`) },
    sourceKey: { keyed: it => it },
    clock: { nowMs: () => 10_000 },
    claims: {
      askOf: (_, sources) =>
        sources.tags?.length ? { refusal: TOO_LARGE } : { ask: NOTHING_ASKED },
      claim: ({ claim, granted, waitingSinceMs }: NewClaim) => {
        const { gpus = null, memoryBytes = null } = granted?.grant ?? {};
        const since = [granted?.sinceMs, waitingSinceMs].filter(it => it !== null);
        told.push(`claim ${claim.id} ${JSON.stringify([gpus, memoryBytes])} ${since.join(' ')}`);
      },
      end: (_, id, outcome) => void told.push(`end ${id} ${outcome}`),
      giveUp: id => void told.push(`give up ${id}`)
    }
  };
  return services as IGateServices;
}

describe('a gate that comes back', () => {
  let told: string[];
  let heard: string[];
  let answers: Answers;
  let handler: Handler;
  let die: (holderId: string) => void;
  const user: GateUser = { visibility: () => new Visibility('ann'), claimsMax: 1e9, claims: 0 };

  beforeEach(() => {
    jest.useFakeTimers();
    [told, heard] = [[], []];
    const records = new Records();
    answers = new Answers(records);
    handler = new Handler(
      servicesOf(told, listener => (die = listener)),
      records
    );
  });

  afterEach(() => {
    handler.close();
    jest.useRealTimers();
  });

  type Line = { readonly started?: boolean; readonly tags?: string[] };

  const channelOf = (name: string) => ({
    send: (it: SidecarMessage) => {
      const code = 'code' in it ? ` ${it.code} ${it.message.split(' ', 2).join(' ')}` : '';
      heard.push(`${name}: ${it.type}${'id' in it ? ` ${it.id}` : ''}${code}`);
    },
    close: () => void heard.push(`${name}: closed`)
  });

  /** Say hello for `k`; returns how to claim there, and how to lose the connection. */
  function connected(name: string, holdings: readonly Holding[] = [], kind: HolderKind = 'kernel') {
    const channel = channelOf(name);
    handler.connect({ holderId: 'k', kind }, { channel, user }, holdings, 10);
    return {
      lose: () => handler.disconnect('k', channel),
      claim: (id: string, { started = false, tags = [] }: Line = {}) =>
        handler.claim('k', channel, { type: 'claim', id, started, ...KNOWN, sources: { tags } }, 9)
    };
  }

  const holding = (id: string, granted: object | null = null, more: object = {}): Holding => {
    const grant = granted && { ...UNRESTRICTED, ...UNPINNED, env: {}, ...granted };
    return { id, ...KNOWN, granted: grant, agoMs: 0, waitedMs: 0, ...more } as Holding;
  };

  it('[GATE2] in time keeps its claims, and is heard of', () => {
    const first = connected('first');
    first.claim('c');
    first.lose();
    jest.advanceTimersByTime(RECONNECT_MAX_MS - 1);
    connected('second', [holding('c')]);
    jest.advanceTimersByTime(2 * RECONNECT_MAX_MS);
    expect(told).toEqual(['heard k', 'claim c [null,null] ', 'suspect k', 'heard k']);
    expect(heard).toEqual([]);
  });

  it('[GATE2] not in time has nothing any more: each claim ends once, and so does its holder', () => {
    const first = connected('first');
    first.claim('waits');
    first.claim('runs');
    first.claim('refused');
    answers.granted('runs', UNRESTRICTED, UNPINNED, false);
    first.lose();
    answers.refused('refused', TOO_LARGE);
    told.length = 0;
    jest.advanceTimersByTime(RECONNECT_MAX_MS);
    expect(told).toEqual(['give up waits', 'end runs interrupted', 'leave k']);
  });

  it('[GATE2] before its old connection is lost keeps its claims when that is', () => {
    const first = connected('first');
    connected('second').claim('c');
    first.lose();
    jest.advanceTimersByTime(2 * RECONNECT_MAX_MS);
    expect(heard).toEqual(['first: closed']);
    expect(told).toEqual(['heard k', 'heard k', 'claim c [null,null] ']);
  });

  it.each(['before', 'after'])(
    '[GATE2] never, because the sidecar stops %s it left, ends nothing',
    when => {
      const { claim, lose } = connected('first');
      claim('c');
      when === 'after' && lose();
      handler.close();
      when === 'before' && lose();
      told.length = 0;
      jest.advanceTimersByTime(2 * RECONNECT_MAX_MS);
      expect(told).toEqual([]);
    }
  );

  it('[GATE2] is told once of a refusal meanwhile', () => {
    const { claim, lose } = connected('first');
    claim('c');
    lose();
    answers.refused('c', TOO_LARGE);
    const back = connected('second', [holding('c')]);
    back.lose();
    connected('third', [holding('c')]);
    expect(heard).toEqual([expect.stringMatching(/^second: refused c HINT_TOO_LARGE/)]);
  });

  it('[GATE2] is told of the grant that it does not know, or that is another one now', () => {
    const { claim, lose } = connected('first');
    claim('c');
    lose();
    answers.granted('c', UNRESTRICTED, UNPINNED, false);
    connected('second', [holding('c')]).lose();
    connected('third', [holding('c', { memoryBytes: 1 })]).lose();
    connected('fourth', [holding('c', {})]);
    expect(heard).toEqual(['second: granted c', 'third: changed c']);
  });

  it('[GATE6] is told that its cells may start at once', () => {
    const { lose } = connected('first');
    answers.standing('k', true);
    connected('second');
    expect(heard).toEqual(['first: standing', 'first: closed', 'second: standing']);
    lose();
  });

  it('[SEC7] has nothing that nobody granted: it waited here, whatever it states', () => {
    const { claim, lose } = connected('first');
    claim('c');
    lose();
    connected('second', [holding('c', { gpus: ['G'], memoryBytes: GIB })]);
    expect(told.at(-2)).toBe('claim c [[],null] 10000 10000');
  });

  it('[ENF4] to another sidecar has its grant, and waited, since when it states', () => {
    const since = { agoMs: 1000, waitedMs: 500 };
    const tags = { ...since, sources: { tags: ['cpus=x'] } };
    const its = [holding('a', { memoryBytes: GIB }, tags), holding('b', null, since)];
    connected('first', [...its, holding('c', null, tags)]);
    expect(told).toEqual([`claim a [[],${GIB}] 9000 8500`, 'claim b [null,null]  9000', 'heard k']);
    expect(heard).toEqual([expect.stringMatching(/^first: refused c HINT_TOO_LARGE/)]);
  });

  it('[GATE6] claims only what everybody may have for a cell that started', () => {
    connected('first').claim('c', { started: true, tags: ['cpus=x'] });
    expect(told.at(-1)).toBe('claim c [null,null] ');
    expect(heard).toEqual([]);
  });

  it('[RUN5] of a command is refused in the words of commands', () => {
    connected('first', [], 'command').claim('c', { tags: ['cpus=x'] });
    expect(heard).toEqual(['first: refused c HINT_TOO_LARGE The options']);
  });

  it('[SEC9] claims as much as one holder may, each once', () => {
    const { claim } = connected('first');
    for (let n = 0; n <= HOLDER_CLAIMS_MAX; n += 1) {
      claim(`${n}`);
    }
    handler.release('k', { type: 'release', id: '0', outcome: 'ok' });
    claim('1');
    const codes = heard.map(it => it.split(' ').slice(1, 4).join(' '));
    expect(codes).toEqual([`refused ${HOLDER_CLAIMS_MAX} TOO_MANY`, 'refused 1 CLAIM_DUPLICATE']);
  });

  it('[GATE2] is another one once its process is gone', () => {
    connected('first').claim('c');
    die('k');
    connected('second').claim('c');
    expect(told.filter(it => it.startsWith('claim'))).toHaveLength(2);
    handler.ended('k');
    expect(told.at(-1)).toBe('leave k');
  });
});
