import { enforcerContract } from '../testing/enforcerContract';
import { fakeRig } from '../testing/fakeRig';

const runner = { describe, it };

enforcerContract(runner, 'fake v1', async () => fakeRig('cgroup-v1'));
enforcerContract(runner, 'fake v1, controllers mounted together', async () =>
  fakeRig('cgroup-v1', { layout: 'v1-joined', own: '/docker/abc' })
);
enforcerContract(runner, 'fake hybrid', async () => fakeRig('cgroup-v1', { layout: 'hybrid' }));
enforcerContract(runner, 'fake v2, root', async () => fakeRig('cgroup-v2', { layout: 'v2' }));
enforcerContract(runner, 'fake v2, delegated', async () =>
  fakeRig('cgroup-v2', { layout: 'v2', own: '/user.slice/app.service' })
);
enforcerContract(runner, 'fake v2, delegated without cpuset', async () =>
  fakeRig('cgroup-v2', { layout: 'v2', own: '/user.slice/app', delegated: ['cpu', 'memory'] })
);
enforcerContract(runner, 'fake affinity', async () => fakeRig('affinity', { layout: 'none' }));
enforcerContract(runner, 'fake none', async () => fakeRig('none', { layout: 'none' }));
