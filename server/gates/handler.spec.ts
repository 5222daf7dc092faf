import type { IGateServices, NewClaim } from '../daemon/ports';
import { NOTHING_ASKED } from '../protocol/ask';
import { refusal } from '../protocol/errors';
import type { SidecarMessage } from '../protocol/gate';
import { UNPINNED, UNRESTRICTED } from '../protocol/grant';
import { Visibility } from '../protocol/visibility';
import { Answers } from './answers';
import { Handler } from './handler';
import type { Holding, MessageOf } from './parse';
import { Records, type GateUser, type IChannel } from './records';

const KNOWN = { cellId: null, label: null, sourceHash: null, outerId: null, sources: {} };
const EVICTED = refusal('EVICTED', { why: 'a test' });

/** A connection: what was said on it, in words. */
class Voice implements IChannel {
  readonly heard: string[] = [];

  send(message: SidecarMessage): void {
    const code = 'code' in message ? ` ${message.code}` : '';
    this.heard.push(`${message.type} ${'id' in message ? message.id : ''}${code}`);
  }

  close(): void {
    this.heard.push('closed');
  }
}

describe('the handler', () => {
  let told: string[];
  let answers: Answers;
  let handler: Handler;
  let user: GateUser;

  beforeEach(() => {
    told = [];
    const visibility = new Visibility('ann');
    user = { visibility: () => visibility, claimsMax: 3, claims: 0 };
    const records = new Records();
    answers = new Answers(records);
    const services: Partial<IGateServices> = {
      holders: {
        onGone: () => undefined,
        suspect: () => undefined,
        leave: () => undefined
      },
      reconciliation: { heard: () => undefined },
      sourceKey: { keyed: it => it },
      clock: { nowMs: () => 0 },
      claims: {
        askOf: () => ({ ask: NOTHING_ASKED }),
        claim: ({ claim, granted }: NewClaim) => {
          told.push(`claim ${claim.id}`);
          granted ?? answers.granted(claim.id, UNRESTRICTED, UNPINNED, false);
        },
        end: (_, id, outcome) => void told.push(`end ${id} ${outcome}`),
        giveUp: () => undefined
      }
    };
    handler = new Handler(services as IGateServices, records);
  });

  afterEach(() => handler.close());

  function claim(channel: Voice, id: string): void {
    const message: MessageOf<'claim'> = { type: 'claim', id, started: false, ...KNOWN };
    handler.claim('k', channel, message, 10);
  }

  function connected(holdings: readonly Holding[] = []): Voice {
    const channel = new Voice();
    handler.connect({ holderId: 'k' }, { channel, user }, holdings, 10);
    return channel;
  }

  function held(id: string): Holding {
    const granted = { ...UNRESTRICTED, gpus: [], ...UNPINNED, env: {} };
    return { id, ...KNOWN, granted, agoMs: 0, waitedMs: 0 };
  }

  it('[SEC9] takes so many claims of one user, whichever kernel asks, and more once some ended', () => {
    const channel = connected();
    ['a', 'b', 'c', 'd'].forEach(id => claim(channel, id));
    expect(channel.heard.at(-1)).toBe('refused d TOO_MANY');
    expect(told).toEqual(['claim a', 'claim b', 'claim c']);
    handler.cancel('k', 'b');
    claim(channel, 'e');
    expect([told.at(-1), user.claims]).toEqual(['claim e', 3]);
  });

  it('[GATE2] ends what a gate that comes back does not hold any more', () => {
    const channel = connected();
    claim(channel, 'over');
    claim(channel, 'runs');
    handler.disconnect('k', channel);
    connected([held('runs')]);
    expect(told).toEqual(['claim over', 'claim runs', 'end over ok']);
  });

  it('[FAIR4] [MEM3] tells a gate that comes back of an interrupt meanwhile, once', () => {
    const channel = connected();
    claim(channel, 'runs');
    handler.disconnect('k', channel);
    answers.interrupted('runs', EVICTED);
    const back = connected([held('runs')]);
    expect(back.heard).toEqual(['interrupt runs EVICTED']);
    handler.disconnect('k', back);
    expect(connected([held('runs')]).heard).toEqual([]);
  });

  it('[GATE5] a gate that would not wait any longer runs its cell: so does its claim', () => {
    const channel = connected();
    claim(channel, 'runs');
    answers.waiting('runs', { kind: 'unseen', resource: 'cpus', blockers: [] }, 1);
    handler.disconnect('k', channel);
    connected([held('runs')]);
    handler.release('k', { type: 'release', id: 'runs', outcome: 'ok' });
    expect(told).toEqual(['claim runs', 'claim runs', 'end runs ok']);
  });

  it("[SEC1] says nothing of other users' kernels but whose they are, in whatever it tells a gate", () => {
    const said: SidecarMessage[] = [];
    const channel = { send: (it: SidecarMessage) => void said.push(it), close: () => undefined };
    handler.connect({ holderId: 'k' }, { channel, user }, [held('a'), held('b')], 10);
    const to = { holderId: 'its', holderName: 'secret.ipynb', owner: 'bob' };
    const owed = { kind: 'owed', to, toGroup: 'g', waitedMs: 9, group: 'h', ranMs: 1 } as const;
    const why = refusal('EVICTED', { why: { ...owed, victims: 'worstRecentUse' } });
    answers.interrupted('a', why);
    answers.refused('b', why);
    expect(said.map(it => it.type)).toEqual(['interrupt', 'refused']);
    said.forEach(it => expect(JSON.stringify(it)).toMatch(/bob/));
    said.forEach(it => expect(JSON.stringify(it)).not.toMatch(/secret/));
  });

  it('takes no claim from a connection that another one took the place of', () => {
    const channel = connected();
    connected();
    claim(channel, 'late');
    expect(channel.heard).toEqual(['closed', 'refused late HOLDER_UNKNOWN']);
    expect(told).toEqual([]);
  });

  it('takes no claim over that another kernel has', () => {
    claim(connected(), 'c');
    const other = new Voice();
    handler.connect({ holderId: 'other' }, { channel: other, user }, [held('c')], 10);
    expect(other.heard).toEqual(['refused c CLAIM_DUPLICATE']);
    expect(told).toEqual(['claim c']);
  });

  it('[MEM3] tells why a kernel was killed once, and nothing of the one before', () => {
    const killed = () => answers.killed('k', 'kernel', refusal('KILLED_BY_NODE'));
    killed();
    expect(handler.ended('k')).toContain('the node ran out of memory');
    expect(handler.ended('k')).toBeNull();
    killed();
    handler.prepare('k'); // it is started again: nobody asked
    expect(handler.ended('k')).toBeNull();
  });
});
