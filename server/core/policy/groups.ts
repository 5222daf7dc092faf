import { HUB_GROUP_WORDS, isHubGroup, OF_HUB } from '../../protocol/hubGroups';
import type { CullRules } from '../cull/rules';
import type { Quota } from '../../protocol/quota';
import { UNCAPPED, UNLIMITED, type Caps, type Limits } from './bounds';

/** Whom to evict first when a group is entitled to what others hold (FAIR4). */
export const VICTIM_POLICIES = ['mostOverQuota', 'worstRecentUse', 'leastLostWork'] as const;

/** One of {@link VICTIM_POLICIES}. */
export type VictimPolicy = (typeof VICTIM_POLICIES)[number];

/** One group of the quota tree (FAIR1). */
export type Group = {
  readonly name: string;
  /** Without a quota: its part of what its siblings' quotas leave. */
  readonly weight: number;
  readonly quota: Quota | null;
  /** Whether it may use what others leave (FAIR2); if not, its quota is a cap. */
  readonly acceptSurplus: boolean;
  /** A waiting claim within its group's entitlement is served within this time; null for no preemption (FAIR4). */
  readonly latencyMs: number | null;
  /** A claim of this group is safe from eviction for this long: latency against throughput. */
  readonly minRuntimeMs: number;
  /** A cell of this group is interrupted after this long; null for never. */
  readonly maxRuntimeMs: number | null;
  readonly limits: Limits;
  /** What all of it may have at once, the groups in it included. */
  readonly caps: Caps;
  /** What each of its users may have at once in it. */
  readonly userCaps: Caps;
  /** Of users who have others, by an order (ADMIN7). */
  readonly capsOfUsers?: ReadonlyMap<string, Caps>;
  /** Its users and how much each counts inside the group. */
  readonly users: Readonly<Record<string, number>>;
  /** Patterns of the notebooks that belong to it, regardless of the user (lib/glob.ts). */
  readonly notebooks: readonly string[];
  /** When its idle kernels are shut down (CULL1); the rest is as in the groups around it. */
  readonly cull: Partial<CullRules>;
  readonly groups: readonly Group[];
};

/** An administrator's configuration of sharing. */
export type Sharing = {
  readonly groups: readonly Group[];
  /** Limits for everybody; those of groups apply in addition. */
  readonly limits: Limits;
  /** Caps for everybody together, and for each user of the node. */
  readonly caps: Caps;
  readonly userCaps: Caps;
  readonly capsOfUsers?: ReadonlyMap<string, Caps>;
  readonly victims: VictimPolicy;
  /** Between the decision to evict and the interrupt. */
  readonly graceMs: number;
  /** A kept grant that nobody uses ends after this long (ADM9). */
  readonly holdIdleMs: number;
  /** A kept grant cannot be claimed by others for this long after its last cell (ADM9). */
  readonly holdSafeMs: number;
  /** When idle kernels are shut down (CULL1); groups may differ. */
  readonly cull: Partial<CullRules>;
};

/** Sharing without a configuration: one group, with equal shares. */
export const EVEN_SHARING: Sharing = {
  groups: [],
  limits: UNLIMITED,
  caps: UNCAPPED,
  userCaps: UNCAPPED,
  victims: 'mostOverQuota',
  graceMs: 10_000,
  holdIdleMs: 30 * 60_000,
  holdSafeMs: 30_000,
  cull: {}
};

/** A group with nothing but a name. */
export function plainGroup(name: string): Group {
  return {
    name,
    weight: 1,
    quota: null,
    acceptSurplus: true,
    latencyMs: null,
    minRuntimeMs: 0,
    maxRuntimeMs: null,
    limits: UNLIMITED,
    caps: UNCAPPED,
    userCaps: UNCAPPED,
    users: {},
    notebooks: [],
    cull: {},
    groups: []
  };
}

/** The paths of groups and of those in them: `atlas`, `atlas/prod`. */
export function pathsOf(groups: readonly Group[], above = ''): readonly string[] {
  return groups.flatMap(it => [above + it.name, ...pathsOf(it.groups, `${above}${it.name}/`)]);
}

/** The names that stand for groups of the Hub (HUB1): in the order of the file, inner groups first. */
export function hubNamesOf(groups: readonly Group[]): string[] {
  return groups.flatMap(({ users, groups: inner }) => [
    ...hubNamesOf(inner),
    ...Object.keys(users).filter(it => it.startsWith(OF_HUB))
  ]);
}

/** A user's weight inside a group, by the first of the user's names that it has; own properties only. */
export function weightOf({ users }: Group, names: readonly string[]): number {
  return users[names.find(it => Object.hasOwn(users, it)) ?? ''] ?? 1;
}

/** What a group may be called, as a part of a path such as `atlas/prod`; `all` is everybody. */
const GROUP_NAME = /^(?!all$)[^/\s\p{Cc}](?:[^/\p{Cc}]{0,62}[^/\s\p{Cc}])?$/u;

/** What such a name is, in words. */
const GROUP_NAME_WORDS = 'up to 64 characters without "/" and control characters, and not "all"';

/** How deep groups may be nested. */
const GROUP_DEPTH_MAX = 8;

/** One thing wrong with a configuration: where, and what. */
export type SharingProblem = {
  /** Names from the root: `atlas/prod`. */
  readonly path: readonly string[];
  readonly field: string;
  readonly sentence: string;
};

/**
 * All problems of a configuration; empty if it may be used.
 *
 * #### Notes
 * Quotas that together exceed their parent are no problem: they are scaled down
 * (FAIR1), and `overcommitted` shows where.
 */
export function sharingProblems(sharing: Sharing): SharingProblem[] {
  const owners = new Map<string, string>();
  return levelProblems(sharing.groups, [], owners, new Set());
}

function levelProblems(
  groups: readonly Group[],
  path: readonly string[],
  owners: Map<string, string>,
  above: ReadonlySet<Group>
): SharingProblem[] {
  const names = new Set<string>();
  return groups.flatMap(group => {
    const here = [...path, group.name];
    const problem = (field: string, sentence: string) => ({ path: here, field, sentence });
    if (above.has(group)) {
      return [problem('groups', `the group "${group.name}" contains itself`)];
    }
    if (here.length > GROUP_DEPTH_MAX) {
      return [problem('groups', `groups may be nested ${GROUP_DEPTH_MAX} deep at most`)];
    }
    const twice = names.has(group.name);
    names.add(group.name);
    return [
      ...(twice ? [problem('name', `the group "${group.name}" stands here twice`)] : []),
      ...ownProblems(group, problem),
      ...userProblems(group, here.join('/'), owners, problem),
      ...levelProblems(group.groups, here, owners, new Set([...above, group]))
    ];
  });
}

type Problem = (field: string, sentence: string) => SharingProblem;

function ownProblems(group: Group, problem: Problem): SharingProblem[] {
  const { quota } = group;
  const found: SharingProblem[] = [];
  if (!GROUP_NAME.test(group.name)) {
    const wrong = `${JSON.stringify(group.name)} cannot be the name of a group`;
    found.push(problem('name', `${wrong}; expected ${GROUP_NAME_WORDS}`));
  }
  if (!(group.weight > 0 && group.weight <= 10_000)) {
    found.push(problem('weight', `a weight is above 0 and up to 10000, not ${group.weight}`));
  }
  if (quota?.kind === 'fraction' && !(quota.of > 0 && quota.of <= 1)) {
    found.push(problem('quota', `a quota is above 0 % and up to 100 %, not ${quota.of * 100} %`));
  }
  if (quota?.kind === 'static' && !(quota.cpus > 0 && quota.cpus <= 65_536)) {
    found.push(problem('quota', `a quota is above 0 CPUs, not ${quota.cpus}`));
  }
  if (!group.acceptSurplus && !quota) {
    found.push(problem('surplus', 'a group that takes no surplus needs a quota'));
  }
  return found;
}

function userProblems(
  group: Group,
  here: string,
  owners: Map<string, string>,
  problem: Problem
): SharingProblem[] {
  return Object.entries(group.users).flatMap(([user, weight]) => {
    const found: SharingProblem[] = [];
    const other = owners.get(user);
    if (other !== undefined) {
      found.push(problem('users', `the user "${user}" is in "${other}" already`));
    }
    owners.set(user, here);
    if (user.startsWith(OF_HUB) && !isHubGroup(user.slice(OF_HUB.length))) {
      const wrong = `${JSON.stringify(user)} names no group of the Hub`;
      found.push(problem('users', `${wrong}; expected "${OF_HUB}" and ${HUB_GROUP_WORDS}`));
    }
    if (!(weight > 0 && weight <= 10_000)) {
      found.push(problem('users', `the weight of "${user}" is above 0 and up to 10000`));
    }
    return found;
  });
}

/** The entitlement of each group of a level, in CPUs, and how much the quotas were scaled. */
export type Entitlement = { readonly cpus: readonly number[]; readonly scale: number };

/** A group without a quota gets at least this fraction of its parent, so that it can run at all. */
const LEAST_PART = 0.01;

/**
 * FAIR1: split a parent's entitlement among its children.
 *
 * #### Notes
 * Static quotas and fractions first, scaled down together when they exceed the
 * parent; the rest by weight among those without a quota.
 */
export function entitle(
  parentCpus: number,
  children: readonly { readonly quota: Quota | null; readonly weight: number }[]
): Entitlement {
  const asked = children.map(({ quota }) =>
    quota === null ? null : quota.kind === 'static' ? quota.cpus : quota.of * parentCpus
  );
  const total = asked.reduce((sum: number, it) => sum + (it ?? 0), 0);
  const scale = total > parentCpus ? parentCpus / total : 1;
  const weights = children.reduce((sum, it) => sum + (it.quota ? 0 : it.weight), 0);
  const rest = Math.max(parentCpus - total * scale, parentCpus * LEAST_PART);
  const cpus = children.map((it, index) => {
    const quota = asked[index];
    return quota === null || quota === undefined ? (rest * it.weight) / weights : quota * scale;
  });
  return { cpus, scale };
}
