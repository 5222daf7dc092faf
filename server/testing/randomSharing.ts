import type { Group, Sharing } from '../core/policy/groups';
import { EVEN_SHARING, plainGroup, UNLIMITED, VICTIM_POLICIES } from '../core/policy/groups';
import type { RandomSource } from './randomSource';

const GIB = 1024 ** 3;

/** A random tree of groups, without problems. */
export function randomSharing(random: RandomSource): Sharing {
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
      notebooks: random.pick([[], [], [`${name}/*`, '*.py']]),
      groups
    };
  };
  return {
    ...EVEN_SHARING,
    groups: [group('a', 0), group('b', 0)].slice(0, random.whole(0, 2)),
    victims: random.pick(VICTIM_POLICIES),
    graceMs: random.pick([0, 5000])
  };
}
