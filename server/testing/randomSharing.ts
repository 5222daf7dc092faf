import type { Group, Sharing } from '../core/policy/groups';
import { UNLIMITED, type Caps } from '../core/policy/bounds';
import { EVEN_SHARING, plainGroup, VICTIM_POLICIES } from '../core/policy/groups';
import type { RandomSource } from './randomSource';

const GIB = 1024 ** 3;

/** Random caps, each there with this chance. */
function randomCaps(random: RandomSource, chance: number): Caps {
  const maybe = <T>(cap: T): T | null => (random.chance(chance) ? cap : null);
  const cpus = random.pick<Caps['cpus']>([
    { kind: 'static', cpus: random.whole(1, 8) },
    { kind: 'fraction', of: 0.5 }
  ]);
  return {
    kernels: maybe(4),
    cells: maybe(random.whole(1, 6)),
    memoryBytes: maybe(random.whole(8, 24) * GIB),
    gpus: maybe(random.whole(0, 2)),
    cpus: maybe(cpus)
  };
}

/** A random tree of groups, without problems; each cap is there with a chance of `caps`. */
export function randomSharing(random: RandomSource, caps = 0.2): Sharing {
  const group = (name: string, depth: number): Group => {
    const quota = random.pick([
      null,
      { kind: 'fraction' as const, of: random.pick([0.25, 0.5, 1]) },
      { kind: 'static' as const, cpus: random.whole(1, 6) }
    ]);
    const groups =
      depth < 2 && random.chance(0.4)
        ? [group('x', depth + 1), group('y', depth + 1)].slice(0, random.whole(1, 2))
        : [];
    return {
      ...plainGroup(name),
      weight: random.whole(1, 3),
      quota,
      acceptSurplus: quota === null || random.chance(0.6),
      latencyMs: random.pick([null, 2000, 30_000]),
      minRuntimeMs: random.pick([0, 5000]),
      maxRuntimeMs: random.pick([null, null, 60_000]),
      limits: { ...UNLIMITED, memoryBytes: random.pick([null, null, 12 * GIB]) },
      caps: randomCaps(random, caps),
      userCaps: randomCaps(random, caps),
      notebooks: random.pick([[], [], [`${name}/*`, '*.py']]),
      groups
    };
  };
  return {
    ...EVEN_SHARING,
    groups: [group('a', 0), group('b', 0)].slice(0, random.whole(0, 2)),
    caps: randomCaps(random, caps),
    userCaps: randomCaps(random, caps),
    victims: random.pick(VICTIM_POLICIES),
    graceMs: random.pick([0, 5000])
  };
}
