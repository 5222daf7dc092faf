import { nodeOf } from './catalogue';
import { simulate } from '../../server/simulator/engine';
import { metricsOf } from './metrics';
import { Arbiter } from '../../server/simulator/policies/arbiter';
import type { Effort } from './sweep';
import { cellsOfUsers } from './workload';

const CPUS = 16;

/** What the dynamic policy does where there is nothing for it to do. */
export type Undersubscribed = {
  readonly antt: number;
  /** Confinements that it ordered. */
  readonly writes: number;
};

/** As many users as CPUs, whose cells are all serial and say nothing: their demands always fit. */
export function runUndersubscribed({ seeds, cellsPerUser }: Effort): Undersubscribed {
  const runs = seeds.map(seed => runSeed(seed, cellsPerUser));
  return {
    antt: Math.max(...runs.map(it => it.antt)),
    writes: runs.reduce((sum, it) => sum + it.writes, 0)
  };
}

function runSeed(seed: number, cellsPerUser: number): Undersubscribed {
  const setting = { workload: 'plain', speedup: 'concave', cpus: CPUS, users: CPUS } as const;
  const serial = cellsOfUsers({ ...setting, seed, cellsPerUser }).map(cells =>
    cells.filter(it => it.kind === 'serial')
  );
  const arbiter = new Arbiter({
    node: nodeOf(CPUS),
    beta: 0,
    knowledge: 'known',
    policy: 'dynamic',
    users: CPUS
  });
  const { antt } = metricsOf(simulate(serial, arbiter), CPUS);
  return { antt, writes: arbiter.writes };
}
