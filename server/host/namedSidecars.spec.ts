import { FakeMachine } from '../testing/fakeMachine';
import { findSidecars, onlyName, ownName } from './namedSidecars';

const PID = 10; // the first that a fake machine starts
const OWN = `/proc/${process.pid}/task/${process.pid}/status`;

/** A line of /proc/net/unix: a socket in the abstract namespace has `@` before its name. */
const socket = (name: string) =>
  `0000000000000000: 00000002 00000000 00010000 0001 01 1234 ${name}`;

const nameOf = (uid: number, pid: number) => ownName('', uid, pid).replace('\0', '@');

type Machine = {
  readonly sockets?: readonly string[];
  readonly words?: readonly string[];
  readonly ownCpus?: string;
  readonly cpus?: string;
  readonly uid?: number;
};

/** A machine with one process besides ours, both started with these words. */
function machineOf(parts: Machine): FakeMachine {
  const { sockets = [nameOf(1000, PID)], words, ownCpus = '0-3', cpus = '0-3', uid = 1000 } = parts;
  const command = words ?? ['node', '/opt/main.cjs', '--dir', '/run/cg', '--failure', 'closed'];
  return new FakeMachine({
    cpus: '0-3',
    files: {
      '/proc/net/unix': ['Num RefCount Protocol Path', ...sockets.map(socket)].join('\n'),
      [`/proc/${PID}/cmdline`]: command.join('\0'),
      [`/proc/${PID}/status`]: `Uid:\t${uid}\t${uid}`,
      [`/proc/${PID}/task/${PID}/status`]: `Cpus_allowed_list:\t${cpus}`,
      [`/proc/${process.pid}/cmdline`]: command.join('\0'),
      [`/proc/${process.pid}/status`]: `Uid:\t${uid}\t${uid}`,
      [OWN]: `Cpus_allowed_list:\t${ownCpus}`
    }
  });
}

const found = (machine: Machine, scope = '') => findSidecars(machineOf(machine), scope);

const SIDECAR = {
  pid: PID,
  uid: 1000,
  served: { directory: '/run/cg', failure: 'closed' },
  hasOurCpus: true
};

describe('[ENF11] sidecars that are known by their names', () => {
  it('have names of full length, by scope, user and process', () => {
    const names = [ownName('', 1, 2), ownName('lab', 1, 2), onlyName(machineOf({}), 'lab', 1)];
    expect(names.map(it => it.length)).toEqual([108, 108, 108]);
    expect(names[0]).toMatch(/^\0cellgrant\/1\/2\/\.+$/);
    expect(names[1]).toMatch(/^\0cellgrant:lab\/1\/2\/\.+$/);
    expect(names[2]).toMatch(/^\0cellgrant:lab\/1\/only-[0-9a-f]{12}\/\.+$/);
    expect(onlyName(machineOf({ ownCpus: '0' }), 'lab', 1)).not.toBe(names[2]);
  });

  it('are told with what they serve, each once', () => {
    expect(found({})).toEqual([SIDECAR]);
    expect(found({ sockets: [nameOf(1000, PID), nameOf(1000, PID)] })).toEqual([SIDECAR]);
  });

  it.each([
    ['fails open', ['node', 'main.cjs', '--dir', '/run/cg', '--failure', 'open'], '/run/cg'],
    ['says nothing of failure', ['node', 'main.cjs', '--dir', '/run/cg'], '/run/cg'],
    ['serves what is called so', ['closed', 'main.cjs', '--dir', 'closed'], 'closed'],
    ['ends early', ['node', 'main.cjs', '--dir'], '']
  ])('fail open where their command line %s', (_, words, directory) => {
    expect(found({ words })).toEqual([{ ...SIDECAR, served: { directory, failure: 'open' } }]);
  });

  it.each([
    ['this process', { sockets: [nameOf(1000, process.pid)] }],
    ['a process that is gone', { sockets: [nameOf(1000, PID + 1)] }],
    ["another user's process", { sockets: [nameOf(1001, PID)] }],
    ['no name of ours', { sockets: [nameOf(1000, PID).replace('@', '@my')] }],
    ['a name of a directory', { sockets: [nameOf(1000, PID).replace('@', '/')] }],
    ['a name without a user', { sockets: [nameOf(0, PID).replace('/0/', '//')], uid: 0 }],
    ['a longer name', { sockets: [`${nameOf(1000, PID)}x`] }],
    ['another program', { words: ['node', 'other.cjs', '--dir', '/run/cg'] }],
    ['one that serves nothing', { words: ['node', 'main.cjs'] }],
    ['one on other CPUs', { cpus: '4-5' }]
  ])('are not %s', (_, machine) => {
    expect(found(machine)).toEqual([]);
  });

  it('are those of one scope, however long its name', () => {
    expect(found({}, 'lab')).toEqual([]);
    const scope = 's'.repeat(108 - ownName(':', 1000, PID).replace(/\.+$/, '').length + 1);
    const name = ownName(scope, 1000, PID);
    expect(name).toMatch(/\/$/);
    expect(found({ sockets: [name.replace('\0', '@')] }, scope)).toEqual([SIDECAR]);
  });

  it('may be of root, whatever user they serve', () => {
    expect(found({ uid: 0 })).toEqual([SIDECAR]);
    expect(found({ uid: 1001 })).toEqual([]);
  });

  it('are told where nothing is known of their CPUs', () => {
    const machine = machineOf({});
    machine.fail(/^read .proc.10.task/, 'EACCES');
    expect(findSidecars(machine, '')).toEqual([SIDECAR]);
    machine.fail(new RegExp(`^read ${OWN}`), 'EACCES'); // nor of ours
    expect(findSidecars(machine, '')).toEqual([SIDECAR]);
  });

  it('may have some of our CPUs only', () => {
    expect(found({ cpus: '3-9' })).toEqual([{ ...SIDECAR, hasOurCpus: false }]);
  });

  it('have none of our CPUs where those are not known', () => {
    const machine = machineOf({});
    machine.fail(new RegExp(`^read ${OWN}`), 'EACCES');
    expect(findSidecars(machine, '')).toEqual([]);
    expect(onlyName(machine, '', 1000)).toMatch(/only-[0-9a-f]{12}/);
  });

  it('are looked for among so many names only', () => {
    const others = Array.from({ length: 255 }, (_, n) => nameOf(1000, 1000 + n));
    expect(found({ sockets: [...others, nameOf(1000, PID)] })).toEqual([SIDECAR]);
    expect(found({ sockets: [nameOf(5, 5), ...others, nameOf(1000, PID)] })).toEqual([]);
  });

  it('are none where nothing can be told', () => {
    expect(findSidecars(new FakeMachine({ layout: 'none' }), '')).toEqual([]);
  });
});
