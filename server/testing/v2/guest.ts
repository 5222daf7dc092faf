import { describe, it } from 'node:test';
import { enforcerContract } from '../enforcerContract';
import { fenceContract, viewRules } from '../fenceContract';
import { RealRig } from '../realRig';
import { findingRules } from './finding';
import { scenarioOf } from './scenarios';

/*
 * What runs inside the emulated machine, in the surroundings of a scenario; in
 * those without a service manager as the given user, who may be root.
 */
if (process.env.AS_USER) {
  const user = Number(process.env.AS_USER);
  process.setgid!(user);
  process.setuid!(user);
}

const scenario = scenarioOf(process.env.SCENARIO);
const runner = {
  describe: (name: string, suite: () => void) => void describe(name, suite),
  it: (name: string, test: () => Promise<void>) => void it(name, test)
};
const name = `real cgroup v2, ${scenario.name}`;

findingRules(runner, scenario);
if (scenario.contract) {
  enforcerContract(runner, name, async () => new RealRig('cgroup-v2'));
}
if (scenario.fence) {
  const isHeld = scenario.fence === 'held';
  const rig = async () => new RealRig('cgroup-v2', isHeld);
  fenceContract(runner, name, rig, isHeld ? undefined : [viewRules]);
}
