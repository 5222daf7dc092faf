import { FakeRig } from '../../testing/fakeRig';
import { OwnFilesInMemory } from '../../testing/ownFilesInMemory';
import { MADE_UP_GPUS, MadeUpDriver } from '../../testing/madeUpGpus';
import type { FakeMachineOptions } from '../../testing/fakeMachine';
import { V1 } from '../../host/cgroupfs';
import { UNCONFINED } from '../../core/effects';
import { BpftoolPrograms } from './devicePrograms';
import { shutNodes } from './fence';
import type { ProbeOptions } from '../probe';

const gpu = { major: 195, minor: 0 };
const cap = (minor: number) => ({ major: 236, minor });
const SLICES = [
  { uuid: 'MIG-1', nodes: [gpu, cap(30), cap(31)] },
  { uuid: 'MIG-2', nodes: [gpu, cap(39), cap(40)] }
];

describe('what is shut', () => {
  it.each([
    [null, []],
    [[], [gpu, cap(30), cap(31), cap(39), cap(40)]],
    [['MIG-2'], [cap(30), cap(31)]],
    [['MIG-1', 'MIG-2'], []],
    [['GPU-unknown'], [gpu, cap(30), cap(31), cap(39), cap(40)]]
  ])('[ENF7] while %j may be opened', (gpus, shut) => {
    expect(shutNodes(SLICES, gpus)).toEqual(shut);
  });
});

describe('[ENF3] [ENF7] a fence that cannot be made says why, and nothing else changes', () => {
  const driver = new MadeUpDriver();

  afterAll(() => driver.remove());

  async function gapIn(
    layout: NonNullable<FakeMachineOptions['layout']>,
    options: Partial<ProbeOptions> = {},
    prepare: (rig: FakeRig) => void = () => undefined
  ) {
    const rig = new FakeRig('none', { layout, own: '/app.service' });
    prepare(rig);
    const gpus = { command: driver.command, visible: undefined };
    const { enforcer } = await rig.probe({ gpus, fencesGpus: true, ...options });
    expect(enforcer.tier.name).toMatch(/^cgroup-/);
    await enforcer.close();
    expect(rig.leftovers()).toEqual([]);
    return enforcer.tier.notEnforced.find(it => it.resource === 'gpus')?.why;
  }

  /** The own cgroup may use nothing but these. */
  const allowing = (list: string) => (rig: FakeRig) => {
    const own = rig.machine.cgroup('/sys/fs/cgroup/devices/app.service');
    own.files.set(V1.devicesList, list);
  };

  it('is said of nobody’s wish where nobody asked', async () => {
    expect(await gapIn('v1', { fencesGpus: false })).toMatch(/seen and flagged, not stopped$/);
  });

  it('where bpftool is not installed', async () => {
    const programs = new BpftoolPrograms(
      new OwnFilesInMemory('/nowhere'),
      'group',
      'no-bpftool-here'
    );
    expect(await gapIn('v2', { programs })).toContain(
      'they cannot be fenced here: no-bpftool-here (it comes with a package of this name): ENOSYS'
    );
  });

  it('where the device controller may not be used', async () => {
    const forbid = (rig: FakeRig) => rig.machine.fail(/^mkdir .*\/devices\//, 'EACCES');
    expect(await gapIn('v1', {}, forbid)).toContain('a directory to try the fence in: EACCES');
  });

  it.each([
    ['c 195:* rwm', 'c 195:* rwm'],
    ['c 1:3 rwm\nb *:* m\nc *:* rw', 'c *:* rw']
  ])('where a list of what is allowed has a line for all GPUs: %j', async (list, line) => {
    expect(await gapIn('v1', {}, allowing(list))).toContain(
      `denying GPUs where "${line}" is allowed`
    );
  });

  it('but not where each GPU has a line of its own', async () => {
    const lines = MADE_UP_GPUS.map(({ node }) => `c 195:${node.minor} rw`);
    expect(await gapIn('v1', {}, allowing(['c *:* m', ...lines].join('\n')))).toBeUndefined();
  });
});

describe('the writes of a fence', () => {
  it('[ENF7] are one for each file that changes, and none for the same again', async () => {
    const rig = new FakeRig('cgroup-v1', {}, true);
    const enforcer = await rig.start(true);
    const target = await rig.spawn();
    enforcer.adopt(target);
    const writesOf = (gpus: readonly string[]) => {
      const before = rig.machine.writes.length;
      enforcer.confine(target.holderId, { ...UNCONFINED, gpus });
      const fresh = rig.machine.writes.slice(before).filter(it => it.includes('/devices.'));
      return fresh.map(it => it.replace(/.*\//, ''));
    };
    const first = MADE_UP_GPUS[0].uuid;
    expect(writesOf([])).toEqual(['devices.deny=c 195:240 rw', 'devices.deny=c 195:241 rw']);
    expect(writesOf([first])).toEqual(['devices.allow=c 195:240 rw']);
    expect(writesOf([first])).toEqual([]);
    rig.machine.fail(/devices\.allow/, 'EPERM', 1);
    expect(() => writesOf(MADE_UP_GPUS.map(it => it.uuid))).toThrow('devices.allow of k1: EPERM');
    expect(writesOf(MADE_UP_GPUS.map(it => it.uuid))).toEqual(['devices.allow=c 195:241 rw']);
    await enforcer.close();
    await rig.dispose();
  });
});
