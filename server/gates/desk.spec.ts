import type { IGateKeeper, NewClaim } from '../daemon/ports';
import { NOTHING_ASKED } from '../protocol/ask';
import { refusal } from '../protocol/errors';
import { UNHELD, type SidecarMessage } from '../protocol/gate';
import { UNRESTRICTED } from '../protocol/grant';
import { Answers } from './answers';
import { Desk } from './desk';
import type { Holding, MessageOf } from './parse';
import { Records, type IVoice } from './records';

const KNOWN = { cellId: null, label: null, sourceHash: null, outerId: null, sources: {} };
const EVICTED = refusal('EVICTED', { why: 'a test' });

/** A connection: what was said on it, in words. */
class Voice implements IVoice {
  readonly heard: string[] = [];

  send(message: SidecarMessage): void {
    const code = 'code' in message ? ` ${message.code}` : '';
    this.heard.push(`${message.type} ${'id' in message ? message.id : ''}${code}`);
  }

  close(): void {
    this.heard.push('closed');
  }
}

describe('the desk', () => {
  let told: string[];
  let answers: Answers;
  let desk: Desk;

  beforeEach(() => {
    told = [];
    const records = new Records();
    answers = new Answers(records);
    const keeper: Partial<IGateKeeper> = {
      holders: {
        has: () => true,
        onGone: () => undefined,
        suspect: () => undefined,
        leave: () => undefined
      },
      reconciliation: { heard: () => undefined },
      clock: { nowMs: () => 0 },
      claims: {
        askOf: () => ({ ask: NOTHING_ASKED }),
        claim: ({ claim, granted }: NewClaim) => {
          told.push(`claim ${claim.id}`);
          granted ?? answers.granted(claim.id, UNRESTRICTED, UNHELD, false);
        },
        end: (id, outcome) => void told.push(`end ${id} ${outcome}`),
        giveUp: () => undefined
      }
    };
    desk = new Desk(keeper as IGateKeeper, records);
  });

  afterEach(() => desk.close());

  function claim(voice: Voice, id: string): void {
    const message: MessageOf<'claim'> = { type: 'claim', id, started: false, ...KNOWN };
    desk.claim('k', voice, message, 10);
  }

  function connected(holdings: readonly Holding[] = []): Voice {
    const voice = new Voice();
    desk.connect('k', voice, holdings, 10);
    return voice;
  }

  function held(id: string): Holding {
    const granted = { ...UNRESTRICTED, gpus: [], ...UNHELD, env: {} };
    return { id, ...KNOWN, granted, agoMs: 0, waitedMs: 0 };
  }

  it('[GATE2] ends what a gate that comes back does not hold any more', () => {
    const voice = connected();
    claim(voice, 'over');
    claim(voice, 'runs');
    desk.disconnect('k', voice);
    connected([held('runs')]);
    expect(told).toEqual(['claim over', 'claim runs', 'end over ok']);
  });

  it('[FAIR4] [MEM3] tells a gate that comes back of an interrupt meanwhile, once', () => {
    const voice = connected();
    claim(voice, 'runs');
    desk.disconnect('k', voice);
    answers.interrupted('runs', EVICTED);
    const back = connected([held('runs')]);
    expect(back.heard).toEqual(['interrupt runs EVICTED']);
    desk.disconnect('k', back);
    expect(connected([held('runs')]).heard).toEqual([]);
  });

  it('[GATE5] a gate that would not wait any longer runs its cell: so does its claim', () => {
    const voice = connected();
    claim(voice, 'runs');
    answers.waiting('runs', { kind: 'unseen', resource: 'cpus', blockers: [] }, 1);
    desk.disconnect('k', voice);
    connected([held('runs')]);
    desk.release('k', { type: 'release', id: 'runs', outcome: 'ok' });
    expect(told).toEqual(['claim runs', 'claim runs', 'end runs ok']);
  });

  it('takes no claim from a connection that another one took the place of', () => {
    const voice = connected();
    connected();
    claim(voice, 'late');
    expect(voice.heard).toEqual(['closed', 'refused late HOLDER_UNKNOWN']);
    expect(told).toEqual([]);
  });

  it('takes no claim over that another kernel has', () => {
    claim(connected(), 'c');
    const other = new Voice();
    desk.connect('other', other, [held('c')], 10);
    expect(other.heard).toEqual(['refused c CLAIM_DUPLICATE']);
    expect(told).toEqual(['claim c']);
  });

  it('[MEM3] tells why a kernel was killed once, and nothing of the one before', () => {
    const killed = () => answers.killed('k', refusal('KILLED_BY_NODE'));
    killed();
    expect(desk.ended('k')).toContain('the node ran out of memory');
    expect(desk.ended('k')).toBeNull();
    killed();
    desk.prepare('k'); // it is started again: nobody asked
    expect(desk.ended('k')).toBeNull();
  });
});
