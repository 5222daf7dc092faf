import { describe, it } from 'node:test';
import { enforcerContract } from '../enforcerContract';
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

findingRules(runner, scenario);
if (scenario.contract) {
  const name = `real cgroup v2, ${scenario.name}`;
  enforcerContract(runner, name, async () => new RealRig('cgroup-v2'));
}
