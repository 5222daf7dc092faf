import { UNCONFINED } from '../core/effects';
import { EnforcementError } from '../enforce/enforcer';
import { UNRESTRICTED } from '../protocol/grant';
import { digestOf } from './identity';
import { Interpreter } from './interpreter';
import type { IAnswers, KnownProcess } from './ports';
import { Registrar } from './registrar';

describe('effects', () => {
  let done: string[];
  let errnos: string[];
  let isThere: boolean;
  let interpreter: Interpreter;

  beforeEach(() => {
    [done, errnos, isThere] = [[], [], true];
    const note = (line: string) => void done.push(line);
    interpreter = new Interpreter({
      enforcer: {
        confine: () => {
          note('write');
          const errno = errnos.shift();
          if (errno) {
            throw new EnforcementError('a file', errno);
          }
        },
        pinningFor: () => ({ affinity: null, cpuset: null })
      },
      holders: {
        boundTo: () => [],
        record: (_: string, what: object) => note(`record ${Object.keys(what).join()}`),
        list: () => [],
        revive: () => isThere
      },
      culling: { carryOut: () => note('culling') },
      holderStore: { saveNow: () => note('saved') },
      memoryWatch: { limit: (_, bytes) => note(`watch ${bytes}`) },
      confinementOf: () => UNCONFINED,
      post: event => note(event.type),
      log: level => note(level)
    });
  });

  const confine = (...failures: readonly string[]) => {
    errnos = [...failures];
    const confinement = { ...UNCONFINED, memoryBytes: 5 };
    interpreter.carryOut({ type: 'confine', holderId: 'k', confinement });
    return done;
  };

  it('[MEM3] memory is watched from its limit on', () => {
    expect(confine()).toEqual(['write', 'watch 5']);
  });

  it('[ENF6] a failure is logged, and posted', () => {
    const told = ['write', 'warning', 'enforcementFailed', 'watch 5'];
    expect(confine('EIO')).toEqual(told);
  });

  it('[ENF1] a place that was removed is made anew, and written to', () => {
    const anew = ['write', 'warning', 'holderBroughtBack', 'write'];
    expect(confine('ENOENT')).toEqual([...anew, 'watch 5']);
    done = [];
    const failed = [...anew, 'warning', 'enforcementFailed', 'watch 5'];
    expect(confine('ENOENT', 'EIO')).toEqual(failed);
  });

  it('[ENF6] a place of a holder that is gone is not made anew', () => {
    isThere = false;
    expect(confine('ENOENT')).toEqual(['write', 'warning', 'enforcementFailed', 'watch 5']);
  });

  it('[ENF7] a holder’s GPUs are on the disk before its grant is sent, if they are news', () => {
    interpreter.carryOut({ type: 'bind', holderId: 'k', gpus: [] });
    expect(done).toEqual([]);
    interpreter.carryOut({ type: 'bind', holderId: 'k', gpus: ['G'] });
    expect(done).toEqual(['record boundGpus', 'saved']);
  });

  it('a grant that changed is told as a change', () => {
    const told: unknown[] = [];
    const granted: IAnswers['granted'] = (id, _, __, isChange) => void told.push([id, isChange]);
    interpreter.answerTo({ granted } as IAnswers);
    for (const type of ['grant', 'regrant'] as const) {
      interpreter.carryOut({ type, holderId: 'k', claimId: type, grant: UNRESTRICTED });
    }
    expect(told).toEqual([
      ['grant', false],
      ['regrant', true]
    ]);
  });
});

describe('the registrar', () => {
  it('[SEC6] passes on digests of tokens, never a token', () => {
    const said: unknown[] = [];
    const holders = {
      arrive: (it: KnownProcess) => (said.push(it.tokenDigest), null),
      whyNotSpeak: (_: string, digest: string | null) => (said.push(digest), null)
    };
    const arbiter = { launch: () => null, post: () => undefined };
    const registrar = new Registrar(holders, arbiter, () => []);
    const process = { holderId: 'k', kind: 'kernel', name: 'k', pid: 1, startTicks: 1 } as const;
    const ann = { uid: 1, name: 'ann' };
    for (const token of ['secret', null]) {
      registrar.arrive({ ...process, gated: true }, token, ann);
      registrar.whyNotSpeak('k', token, ann);
    }
    expect(said).toEqual([digestOf('secret'), digestOf('secret'), null, null]);
  });
});
