import { amountInWords, spanInWords } from '../../protocol/amounts';
import type { CullRules } from '../../core/cull/rules';
import { cappedCpus, UNCAPPED, type Caps, type Limits } from '../../core/policy/bounds';
import type { Quota } from '../../protocol/quota';
import { EVEN_SHARING, type Group, type Sharing } from '../../core/policy/groups';
import type { Hints } from '../../protocol/hints';
import type { PolicyName } from '../ports';
import { HISTORY, type HistoryLimits } from './historyLimits';

/** What one file says, by section; what it omits is absent. */
export type Said = {
  readonly administrators?: readonly string[];
  readonly groups?: readonly Group[];
  readonly limits?: Partial<Limits>;
  readonly caps?: Partial<Caps>;
  readonly userCaps?: Partial<Caps>;
  readonly preemption?: Partial<Pick<Sharing, 'victims' | 'graceMs'>>;
  readonly hold?: Partial<Pick<Sharing, 'holdIdleMs' | 'holdSafeMs'>>;
  readonly reserve?: { readonly memory?: number; readonly cpus?: number };
  readonly gpus?: { readonly fence?: boolean };
  readonly cull?: Partial<CullRules>;
  readonly metrics?: { readonly users?: boolean };
  readonly history?: Partial<HistoryLimits>;
  readonly policy?: PolicyName;
  readonly defaults?: Hints;
};

/** The configuration in force; unset values are null or as without a file. */
export type Configuration = {
  /** Who may act for everybody: names of users, or of Unix groups as `@group` (ADMIN1). */
  readonly administrators: readonly string[];
  readonly sharing: Sharing;
  /** Memory reserved from grants, instead of the default for the node's size. */
  readonly memoryReserveBytes: number | null;
  /** The number of CPUs that are never granted. */
  readonly reservedCpus: number;
  /** Whether kernels are fenced off from GPUs that they were not granted (ENF7). */
  readonly fencesGpus: boolean;
  /** Whether metrics identify users by name (OBS1). */
  readonly metricsNameUsers: boolean;
  readonly history: HistoryLimits;
  readonly policy: PolicyName | null;
  /** Hints that apply where nobody else states any (ADM2). */
  readonly defaults: Hints;
};

/** The configuration that a file with this content puts in force. */
export function configurationOf(said: Said): Configuration {
  const { groups = [], limits, reserve = {} } = said;
  return {
    administrators: said.administrators ?? [],
    sharing: {
      ...EVEN_SHARING,
      groups,
      limits: { ...EVEN_SHARING.limits, ...limits },
      caps: { ...EVEN_SHARING.caps, ...said.caps },
      userCaps: { ...EVEN_SHARING.userCaps, ...said.userCaps },
      ...said.preemption,
      ...said.hold,
      cull: said.cull ?? {}
    },
    memoryReserveBytes: reserve.memory ?? null,
    reservedCpus: reserve.cpus ?? 0,
    fencesGpus: said.gpus?.fence ?? false,
    metricsNameUsers: said.metrics?.users ?? false,
    history: { ...HISTORY, ...said.history },
    policy: said.policy ?? null,
    defaults: said.defaults ?? {}
  };
}

/** One thing that a file may not say, because a file before it said otherwise. */
export type Refused = {
  /** Null for the top level. */
  readonly section: string | null;
  readonly name: string;
  readonly sentence: string;
};

/** Whoever could add to it would be an administrator. */
const NOT_HERE: Refused = {
  section: null,
  name: 'administrators',
  sentence:
    '"administrators" counts only in the first file, which is the administrator\'s; remove it from this one'
};

/** A field that files may narrow. */
type Field = {
  readonly section:
    | 'limits'
    | 'caps'
    | 'userCaps'
    | 'reserve'
    | 'hold'
    | 'gpus'
    | 'cull'
    | 'metrics'
    | 'history'
    | 'preemption';
  /** Its name in the file. */
  readonly name: string;
  /** Its name in the code, if that differs. */
  readonly key?: string;
  readonly may: keyof typeof MAY;
  readonly words?: (value: never) => string;
};

/** How a value may differ from that of the file before it. */
const MAY = {
  fall: { allows: (value: number, before: number) => value <= before, expected: 'at most ' },
  rise: { allows: (value: number, before: number) => value >= before, expected: 'at least ' },
  stay: { allows: (value: number, before: number) => value === before, expected: '' },
  /** Whether a part is less than a number depends on the node, so both must be of a kind. */
  fallAlike: {
    allows: (value: Quota, before: Quota) =>
      value.kind === before.kind && cpusOf(value) <= cpusOf(before),
    expected: 'at most '
  }
} as const;

function cpusOf(cpus: Quota): number {
  return cappedCpus({ ...UNCAPPED, cpus }, 1);
}

function cpusInWords(cpus: Quota): string {
  return cpus.kind === 'static' ? String(cpus.cpus) : `${cpus.of * 100}%`;
}

function capFields(section: 'caps' | 'userCaps'): readonly Field[] {
  return [
    { section, name: 'kernels', may: 'fall' },
    { section, name: 'cells', may: 'fall' },
    { section, name: 'memory', key: 'memoryBytes', may: 'fall', words: amountInWords },
    { section, name: 'gpus', may: 'fall' },
    { section, name: 'cpus', may: 'fallAlike', words: cpusInWords }
  ];
}

/** CFG5: how a file may change what the files before it say. */
const FIELDS: readonly Field[] = [
  { section: 'limits', name: 'memory', key: 'memoryBytes', may: 'fall', words: amountInWords },
  { section: 'limits', name: 'gpus', may: 'fall' },
  { section: 'limits', name: 'exclusive', key: 'exclusiveCpus', may: 'fall' },
  { section: 'limits', name: 'priority', may: 'fall' },
  { section: 'limits', name: 'hold', may: 'fall' },
  ...capFields('caps'),
  ...capFields('userCaps'),
  { section: 'reserve', name: 'cpus', may: 'rise' },
  { section: 'reserve', name: 'memory', may: 'rise', words: amountInWords },
  { section: 'hold', name: 'idle', key: 'holdIdleMs', may: 'fall', words: spanInWords },
  { section: 'hold', name: 'safe', key: 'holdSafeMs', may: 'fall', words: spanInWords },
  { section: 'gpus', name: 'fence', may: 'rise' },
  { section: 'cull', name: 'idle', key: 'idleMs', may: 'fall', words: spanInWords },
  { section: 'cull', name: 'notice', key: 'noticeMs', may: 'fall', words: spanInWords },
  { section: 'cull', name: 'keep', key: 'keepMs', may: 'fall', words: spanInWords },
  { section: 'cull', name: 'busy', key: 'busyRatio', may: 'rise', words: percentInWords },
  { section: 'metrics', name: 'users', may: 'fall' },
  { section: 'history', name: 'days', may: 'fall' },
  { section: 'history', name: 'size', key: 'bytes', may: 'fall', words: amountInWords },
  { section: 'preemption', name: 'victims', may: 'stay' },
  { section: 'preemption', name: 'grace', key: 'graceMs', may: 'stay', words: spanInWords }
];

const CULL_FIELDS = FIELDS.filter(it => it.section === 'cull');

type Section = Readonly<Record<string, unknown>>;

/** The fields of a section that have a value. */
function stated(section: Section | undefined): Section {
  return Object.fromEntries(Object.entries(section ?? {}).filter(([, value]) => value !== null));
}

/**
 * CFG5: what one file and the file after it say together; `before` is null for the first file.
 *
 * #### Notes
 * What is refused stays as in `before`, so the outcome is never wider.
 */
export function narrowed(
  before: Said | null,
  inner: Said
): { readonly said: Said; readonly refused: readonly Refused[] } {
  const outer = before ?? inner;
  const { administrators } = outer;
  const refused: Refused[] = before && inner.administrators ? [NOT_HERE] : [];
  const defaults = { ...outer.defaults, ...inner.defaults };
  const all: Record<string, unknown> = { administrators, defaults };
  for (const section of new Set(FIELDS.map(it => it.section))) {
    const [before, after] = [stated(outer[section]), stated(inner[section])];
    const both: Record<string, unknown> = { ...before, ...after };
    for (const field of FIELDS.filter(it => it.section === section)) {
      const { name, key = name, may, words = String as (value: never) => string } = field;
      if (key in before && key in after && !allows(may, after[key], before[key])) {
        both[key] = before[key];
        const expected = `${MAY[may].expected}${words(before[key] as never)}`;
        refused.push({ section, name, sentence: wider(`${section}.${name}`, expected) });
      }
    }
    all[section] = both;
  }
  const groups = outer.groups?.length ? null : narrowedGroups(inner.groups ?? [], outer.cull);
  refused.push(...(groups?.refused ?? []));
  // Only one file may say who shares what with whom.
  for (const name of ['groups', 'policy'] as const) {
    const before = outer[name]?.length ? outer[name] : undefined;
    all[name] = before ?? inner[name];
    if (before && inner[name]?.length && inner[name] !== before) {
      const expected = name === 'policy' ? (before as PolicyName) : 'no groups of its own';
      refused.push({ section: null, name, sentence: wider(name, expected) });
    }
  }
  groups?.refused.length && (all['groups'] = groups.groups);
  return { said: all as Said, refused };
}

/** CFG5: groups that a later file brings keep no idle kernel for longer than the files before it allow. */
function narrowedGroups(
  groups: readonly Group[],
  outer: Partial<CullRules> = {}
): { readonly groups: readonly Group[]; readonly refused: readonly Refused[] } {
  const before = stated(outer);
  const refused: Refused[] = [];
  const narrow = (group: Group): Group => {
    const cull: Record<string, unknown> = { ...group.cull };
    for (const { name, key = name, may, words = String } of CULL_FIELDS) {
      if (key in before && key in cull && !allows(may, cull[key], before[key])) {
        cull[key] = before[key];
        const expected = `${MAY[may].expected}${words(before[key] as never)}`;
        const sentence = wider(`cull.${name}`, `${expected} in the group "${group.name}"`);
        refused.push({ section: null, name: 'groups', sentence });
      }
    }
    return { ...group, cull, groups: group.groups.map(narrow) };
  };
  return { groups: groups.map(narrow), refused };
}

function percentInWords(ratio: number): string {
  return `${Math.round(ratio * 1000) / 10} %`;
}

function allows(may: Field['may'], value: unknown, before: unknown): boolean {
  return MAY[may].allows(value as never, before as never);
}

function wider(name: string, expected: string): string {
  return `"${name}" would widen what a file before this one allows; expected ${expected}`;
}
