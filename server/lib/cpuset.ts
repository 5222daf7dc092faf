/**
 * Print CPU numbers in the kernel's list syntax: `0-3,8`.
 *
 * #### Notes
 * Order and repetition of the input do not matter; an empty set is ''.
 * Syntax: cpuset(7), "List format".
 */
export function formatCpuList(cpus: Iterable<number>): string {
  const sorted = [...new Set(cpus)].sort((a, b) => a - b);
  const runs: string[] = [];
  for (let start = 0; start < sorted.length;) {
    let end = start;
    while (sorted[end + 1] === sorted[end]! + 1) {
      end += 1;
    }
    runs.push(end === start ? `${sorted[start]}` : `${sorted[start]}-${sorted[end]}`);
    start = end + 1;
  }
  return runs.join(',');
}

/** More than any list names: what comes from a gate may repeat itself for as long as a line is. */
const NAMED_MAX = 2 ** 20;

/** Read the kernel's list syntax to ascending numbers; throws on anything else. */
export function parseCpuList(text: string): number[] {
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
  return [...cpus].sort((a, b) => a - b);
}
