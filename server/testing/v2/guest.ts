import { describe, it } from 'node:test';
import { enforcerContract } from '../enforcerContract';
import { RealRig } from '../realRig';

/** What runs inside the emulated machine. */
enforcerContract(
  {
    describe: (name, suite) => void describe(name, suite),
    it: (name, test) => void it(name, test)
  },
  `real cgroup v2, ${process.env.SCENARIO}`,
  async () => new RealRig('cgroup-v2')
);
