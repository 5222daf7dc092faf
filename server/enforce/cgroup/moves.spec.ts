import { FakeMachine, SELF } from '../../testing/fakeMachine';
import { Moves } from './moves';

const FROM = '/sys/fs/cgroup/memory/from';
const TO = '/sys/fs/cgroup/memory/to';

describe('moves between cgroups', () => {
  let machine: FakeMachine;
  let moves: Moves;

  beforeEach(() => {
    machine = new FakeMachine();
    [FROM, TO].forEach(it => machine.makeDirectory(it));
    moves = new Moves(machine);
  });

  /** Processes that were written to a directory, in order. */
  const moved = (): readonly string[] =>
    machine.writes.flatMap(it => /\/to\/cgroup\.procs=(.*)$/.exec(it)?.[1] ?? []);

  it('[ENF1] look on for as long as the list of children may miss some', () => {
    const root = machine.spawn(SELF);
    const missed = machine.spawn(root);
    const read = machine.read.bind(machine);
    let looks = 0;
    jest
      .spyOn(machine, 'read')
      .mockImplementation(path =>
        path.endsWith(`/${root}/children`) && (looks += 1) <= 3 ? '' : read(path)
      );
    moves.moveTree(root, [TO], 'k1', new Set());
    expect(moved()).toEqual([`${root}`, `${missed}`]);
  });

  it('[ENF4] look once at a tree that is there already', () => {
    const root = machine.spawn(SELF);
    moves.moveTree(root, [TO], 'k1', new Set());
    const read = jest.spyOn(machine, 'read');
    moves.moveTree(root, [TO], 'k1', new Set());
    expect(read.mock.calls.filter(([path]) => path === `${TO}/cgroup.procs`)).toHaveLength(1);
    expect(moved()).toEqual([`${root}`]);
  });

  it('leave processes of other pid namespaces, which are listed as 0', () => {
    machine.cgroup(FROM).processes.add(0);
    moves.evacuate(FROM, TO, 'k1');
    expect(moved()).toEqual([]);
  });

  it('take a process that has just ended for gone, and report any other refusal', () => {
    const pids = [machine.spawn(SELF), machine.spawn(SELF)];
    pids.forEach(pid => machine.write(`${FROM}/cgroup.procs`, `${pid}`));
    machine.fail(/^write .*\/to\/cgroup\.procs$/, 'ESRCH', 1);
    moves.evacuate(FROM, TO, 'k1');
    expect([...machine.cgroup(TO).processes]).toEqual([pids[1]]);
    machine.fail(/^write .*\/to\/cgroup\.procs$/, 'EACCES');
    expect(() => moves.evacuate(FROM, TO, 'k1')).toThrow(`moving process ${pids[0]} of k1: EACCES`);
  });
});
