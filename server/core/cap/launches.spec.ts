import { sentenceOf } from '../../protocol/errors';
import { Harness } from '../../testing/harness';
import { sharingOf } from '../../testing/scenario';
import { UNCAPPED } from '../policy/bounds';
import type { Sharing } from '../policy/groups';
import { LAUNCH_MAX_MS, whyNotLaunch } from './launches';

const perUser = (its: { readonly kernels: number }): Sharing =>
  sharingOf([], { userCaps: { ...UNCAPPED, ...its } });

describe('the cap on kernels', () => {
  const sharing = perUser({ kernels: 2 });
  const launch = (id: string, owner = 'ann') => ({ id, owner, group: [] });

  it('[CAP5] counts those that are being launched, and each once', () => {
    const it = new Harness();
    it.send({ type: 'configured', sharing });
    it.holder('1', 'ann');
    const why = (id: string, owner?: string) => whyNotLaunch(it.state, launch(id, owner));
    expect(why('2')).toBeNull();
    it.send({ type: 'kernelLaunching', kernel: launch('2') });
    expect(sentenceOf(why('3')!)).toBe(
      'No kernel was started: ann may have no more than the 2 kernels there are now. Shut one down first, or ask whoever configures this node.'
    );
    // Again, by the same id: a restart, or a launch that is tried again.
    expect([why('1'), why('2'), why('3', 'bob')]).toEqual([null, null, null]);
    it.send({ type: 'kernelLaunching', kernel: launch('1') });
    it.holder('2', 'ann');
    it.send({ type: 'holderGone', holderId: '1' });
    expect(why('3')).toBeNull();
  });

  it('[CAP5] counts a launch until it fails, at the latest after a minute', () => {
    const it = new Harness();
    it.send({ type: 'configured', sharing: perUser({ kernels: 1 }) });
    const mayStart = () => whyNotLaunch(it.state, launch('other')) === null;
    it.send({ type: 'kernelLaunching', kernel: launch('1') });
    expect(mayStart()).toBe(false);
    it.send({ type: 'launchFailed', holderId: '1' });
    expect(mayStart()).toBe(true);
    it.send({ type: 'kernelLaunching', kernel: launch('2') });
    it.wait(LAUNCH_MAX_MS);
    expect(mayStart()).toBe(false);
    it.wait(1);
    expect(mayStart()).toBe(true);
  });

  it('[CAP5] [CAP7] counts a launch still after a reload', () => {
    const it = new Harness();
    it.send({ type: 'configured', sharing });
    it.send({ type: 'kernelLaunching', kernel: launch('1') });
    it.send({ type: 'configured', sharing: perUser({ kernels: 1 }) });
    expect(whyNotLaunch(it.state, launch('2'))).not.toBeNull();
    it.send({ type: 'launchFailed', holderId: '1' });
    expect(whyNotLaunch(it.state, launch('2'))).toBeNull();
  });

  it('[CAP5] counts neither commands nor cells, and a kernel that runs stays after a reload', () => {
    const it = new Harness();
    it.holder('1', 'ann');
    it.send({ type: 'kernelLaunching', kernel: launch('2') });
    it.send({ type: 'configured', sharing: perUser({ kernels: 1 }) });
    const process = { id: 'c', kind: 'command', pid: 2, startTicks: 1, name: 'make' } as const;
    it.send({
      type: 'holderArrived',
      holder: { ...process, owner: 'bob', group: [], gated: true }
    });
    expect(it.state.holders.has('1')).toBe(true);
    expect(whyNotLaunch(it.state, launch('2'))).not.toBeNull();
    expect(whyNotLaunch(it.state, launch('3', 'bob'))).toBeNull();
  });
});
