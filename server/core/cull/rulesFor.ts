import type { Group, Sharing } from '../policy/groups';
import type { ShareNode } from '../policy/shareTree';
import { NO_CULLING, type CullRules } from './rules';

/** The rules for a user's kernels in a group: what it leaves open is as in the groups around it. */
export function rulesFor({ parent, group }: ShareNode): CullRules {
  return { ...(parent ? rulesFor(parent) : NO_CULLING), ...group.cull };
}

/** Servers report on their kernels this often, in ms: a fraction of the shortest span, within bounds. */
const REPORTS_PER_SPAN = 4;
const REPORT_MS_MIN = 250;
const REPORT_MS_MAX = 15_000;

/** How often Jupyter servers have to report on their kernels, in ms; null if no kernel is ever culled. */
export function reportEveryMs({ cull, groups }: Sharing): number | null {
  const all = [cull, ...allOf(groups).map(it => it.cull)];
  if (!all.some(({ idleMs = Infinity }) => idleMs < Infinity)) {
    return null;
  }
  const spans = all.flatMap(({ idleMs, noticeMs }) => [idleMs ?? Infinity, noticeMs ?? Infinity]);
  const everyMs = Math.min(...spans) / REPORTS_PER_SPAN;
  return Math.min(REPORT_MS_MAX, Math.max(REPORT_MS_MIN, everyMs));
}

function allOf(groups: readonly Group[]): readonly Group[] {
  return groups.flatMap(it => [it, ...allOf(it.groups)]);
}
