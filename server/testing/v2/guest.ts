import { describe, it } from 'node:test';
import { enforcerContract } from '../enforcerContract';
import { RealRig } from '../realRig';

/*
 * What runs inside the emulated machine: in a cgroup of its own, as a user who
 * may be root.
 */
const user = Number(process.env.AS_USER);
process.setgid!(user);
process.setuid!(user);

enforcerContract(
  {
    describe: (name, suite) => void describe(name, suite),
    it: (name, test) => void it(name, test)
  },
  `real cgroup v2, ${process.env.SCENARIO}`,
  async () => new RealRig('cgroup-v2')
);
