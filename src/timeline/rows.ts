import type { HolderView } from '../../server/protocol/view';
import { arranged, type Family } from '../components/kernelOrder';
import { baseName } from '../format';
import type { Span } from './spans';

/** One kernel on the timeline. */
export type Row = {
  readonly holderId: string;
  readonly name: string;
  /** How many holders it is below. */
  readonly depth: number;
  /** Whether it still lives. */
  readonly isLive: boolean;
  /** In the order of their arrival. */
  readonly spans: readonly Span[];
};

/**
 * A row for each kernel that ran or waits: living ones in the order of the panel, children below
 * their parents; then those that are gone, the last one first.
 */
export function rowsOf(
  spans: readonly Span[],
  holders: readonly HolderView[],
  paths: ReadonlyMap<string, string>
): readonly Row[] {
  const nameOf = (id: string, name: string): string => baseName(paths.get(id) ?? name);
  const { active, idle } = arranged(holders, it => nameOf(it.id, it.name));
  const living = flat([...active, ...idle], 0);
  const of = byHolder(spans);
  const known = new Set(living.map(({ holder }) => holder.id));
  const gone = [...of]
    .filter(([id]) => !known.has(id))
    .sort(([, a], [, b]) => lastOf(b) - lastOf(a));
  return [
    ...living.flatMap(({ holder: { id, name }, depth }) => {
      const its = of.get(id);
      return its ? [{ holderId: id, name: nameOf(id, name), depth, isLive: true, spans: its }] : [];
    }),
    ...gone.map(([holderId, its]) => ({
      holderId,
      name: nameOf(holderId, its.at(-1)!.holderName),
      depth: 0,
      isLive: false,
      spans: its
    }))
  ];
}

function flat(
  families: readonly Family[],
  depth: number
): readonly { readonly holder: HolderView; readonly depth: number }[] {
  return families.flatMap(({ holder, children }) => [
    { holder, depth },
    ...flat(children, depth + 1)
  ]);
}

function byHolder(spans: readonly Span[]): ReadonlyMap<string, readonly Span[]> {
  const of = new Map<string, Span[]>();
  for (const span of spans) {
    const its = of.get(span.holderId);
    its ? its.push(span) : of.set(span.holderId, [span]);
  }
  for (const its of of.values()) {
    its.sort((a, b) => a.arrivedMs - b.arrivedMs);
  }
  return of;
}

function lastOf(spans: readonly Span[]): number {
  return spans.at(-1)!.arrivedMs;
}
