import { enforcerContract } from '../testing/enforcerContract';
import { fenceContract } from '../testing/fenceContract';
import { FakeRig } from '../testing/fakeRig';

const runner = { describe, it };

enforcerContract(runner, 'fake v1', async () => new FakeRig('cgroup-v1'));
enforcerContract(
  runner,
  'fake v1, controllers mounted together',
  async () => new FakeRig('cgroup-v1', { layout: 'v1-joined', own: '/docker/abc' })
);
enforcerContract(runner, 'fake hybrid', async () => new FakeRig('cgroup-v1', { layout: 'hybrid' }));
enforcerContract(runner, 'fake v2, root', async () => new FakeRig('cgroup-v2', { layout: 'v2' }));
enforcerContract(
  runner,
  'fake v2, delegated',
  async () => new FakeRig('cgroup-v2', { layout: 'v2', own: '/user.slice/app.service' })
);
enforcerContract(
  runner,
  'fake v2, delegated without cpuset',
  async () =>
    new FakeRig('cgroup-v2', { layout: 'v2', own: '/user.slice/app', delegated: ['cpu', 'memory'] })
);
enforcerContract(runner, 'fake affinity', async () => new FakeRig('affinity', { layout: 'none' }));
enforcerContract(runner, 'fake none', async () => new FakeRig('none', { layout: 'none' }));

fenceContract(runner, 'fake v1', async () => new FakeRig('cgroup-v1', {}, true));
fenceContract(
  runner,
  'fake hybrid without the devices controller',
  async () => new FakeRig('cgroup-v1', { layout: 'hybrid' })
);
fenceContract(
  runner,
  'fake v2, delegated',
  async () => new FakeRig('cgroup-v2', { layout: 'v2', own: '/app.service' }, true)
);
fenceContract(runner, 'fake affinity', async () => new FakeRig('affinity', { layout: 'none' }));
fenceContract(runner, 'fake none', async () => new FakeRig('none', { layout: 'none' }));
