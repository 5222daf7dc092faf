/**
 * CPUs by the kernel's numbers: ascending, without duplicates.
 *
 * #### Notes
 * Text is parsed at input and formatted at output (files of the kernel, `taskset`, messages,
 * sentences); in between these are numbers. A set is immutable, so the same object is the same set.
 */
export type CpuSet = readonly number[];

/** The set of some numbers, in any order, possibly with duplicates. */
export function cpuSetOf(cpus: Iterable<number>): CpuSet {
  return [...new Set(cpus)].sort((a, b) => a - b);
}

/** Whether two sets are equal; null is no set. Free if they are one object, as most are. */
export function isSameSet(a: CpuSet | null, b: CpuSet | null): boolean {
  if (a === b || a === null || b === null) {
    return a === b;
  }
  return a.length === b.length && a.every((cpu, at) => cpu === b[at]);
}

/** What is in both. */
export function commonCpus(a: CpuSet, b: CpuSet): CpuSet {
  const others = new Set(b);
  return a.filter(cpu => others.has(cpu));
}

/** Whether all of a set is in another one. */
export function isWithin(inner: CpuSet, outer: CpuSet): boolean {
  return inner === outer || commonCpus(inner, outer).length === inner.length;
}

/** Format a set in the kernel's list syntax: `0-3,8`; '' if empty (cpuset(7), "List format"). */
export function formatCpuList(cpus: CpuSet): string {
  const runs: string[] = [];
  for (let start = 0; start < cpus.length;) {
    let end = start;
    while (cpus[end + 1] === cpus[end]! + 1) {
      end += 1;
    }
    runs.push(end === start ? `${cpus[start]}` : `${cpus[start]}-${cpus[end]}`);
    start = end + 1;
  }
  return runs.join(',');
}

/** More than any list names: a list from a gate may repeat itself up to the length of a line. */
const NAMED_MAX = 2 ** 20;

/** Parse the kernel's list syntax; throws on anything else. */
export function parseCpuList(text: string): CpuSet {
  const cpus = new Set<number>();
  let named = 0;
  for (const run of text.trim().split(',').filter(Boolean)) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(run.trim());
    if (!match) {
      throw new Error(`"${text}" is not a CPU list such as "0-3,8"`);
    }
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
    named += Math.max(0, last - first);
    if (named > NAMED_MAX) {
      throw new Error(`"${text.slice(0, 60)}..." names more CPUs than there are anywhere`);
    }
    for (let cpu = first; cpu <= last; cpu += 1) {
      cpus.add(cpu);
    }
  }
  return cpuSetOf(cpus);
}

/** The CPUs that a text from outside names; none if it is no list. */
export function namedCpus(text: string): CpuSet {
  try {
    return parseCpuList(text);
  } catch {
    return [];
  }
}
