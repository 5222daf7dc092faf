import { quantile, rounded } from './statistics';

/** What a measurement promises; ids do not change between versions. */
export type BarDefinition = {
  readonly id: string;
  readonly name: string;
  readonly unit: 'x' | 'us' | 'ms' | 'MB' | '%' | 'count';
  readonly bound: number;
  /** On which side of the bound values are good; the bound itself is. */
  readonly better: 'lower' | 'higher';
};

/** A promise, and whether it is kept. */
export type Bar = BarDefinition & {
  readonly value: number;
  /** From where to where the value scattered in this one run. */
  readonly spread?: readonly [low: number, high: number];
  readonly met: boolean;
};

/** The bars of one measurement by their ids, in the order in which they are shown. */
export type BarDefinitions = Readonly<Record<string, BarDefinition>>;

/** Definitions, each with the key that it stands under as its id. */
export function defineBars<T extends Readonly<Record<string, Omit<BarDefinition, 'id'>>>>(
  definitions: T
): { readonly [Id in keyof T]: BarDefinition } {
  const entries = Object.entries(definitions).map(([id, it]) => [id, { id, ...it }]);
  return Object.fromEntries(entries) as { [Id in keyof T]: BarDefinition };
}

/** Of nothing: what must not happen at all. */
export function never(name: string): Omit<BarDefinition, 'id'> {
  return { name, unit: 'count', bound: 0, better: 'lower' };
}

/**
 * A bar with its value.
 *
 * #### Notes
 * Values are given to a thousandth, and judged as given. Throws where the value is no number: what
 * was not measured has no bar.
 */
export function barOf(definition: BarDefinition, value: number, spread?: Bar['spread']): Bar {
  if (!Number.isFinite(value)) {
    throw new Error(`${definition.id} (${definition.name}) came to ${value}, which is no figure.`);
  }
  const { bound, better } = definition;
  const given = rounded(value, 3);
  const met = better === 'lower' ? given <= bound : given >= bound;
  const [low, high] = spread ?? [];
  return {
    ...definition,
    value: given,
    ...(spread && { spread: [rounded(low!, 3), rounded(high!, 3)] as const }),
    met
  };
}

/** A bar whose value is the median of alternating rounds, and its spread the middle half of them. */
export function barOfRounds(definition: BarDefinition, rounds: readonly number[]): Bar {
  const spread = [quantile(rounds, 0.25), quantile(rounds, 0.75)] as const;
  return barOf(definition, quantile(rounds, 0.5), spread);
}
