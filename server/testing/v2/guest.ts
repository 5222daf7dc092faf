import { describe, it } from 'node:test';
import { enforcerContract } from '../enforcerContract';
import { fenceContract, viewRules } from '../fenceContract';
import { RealRig } from '../realRig';

/*
 * What runs inside the emulated machine: in a cgroup of its own, as a user who
 * may be root.
 */
const user = Number(process.env.AS_USER);
process.setgid!(user);
process.setuid!(user);

const runner = {
  describe: (name: string, suite: () => void) => void describe(name, suite),
  it: (name: string, test: () => Promise<void>) => void it(name, test)
};
const name = `real cgroup v2, ${process.env.SCENARIO}`;

enforcerContract(runner, name, async () => new RealRig('cgroup-v2'));
const rig = async () => new RealRig('cgroup-v2', user === 0);
user === 0 ? fenceContract(runner, name, rig) : fenceContract(runner, name, rig, [viewRules]);
