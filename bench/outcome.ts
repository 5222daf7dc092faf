import type { BarDefinition } from './bar';
import type { Bench, Result } from './bench';
import type { Machine } from './machine';

/** What one measurement came to, as its JSON has it, with whatever else it tells. */
export type Outcome = Result & {
  readonly bench: string;
  /** Whether it was cut short: then it shows that it works, and its figures scatter. */
  readonly quick: boolean;
  readonly machine: Machine;
  /** Bars that could not be measured here, or were not asked for. */
  readonly unmeasured: readonly BarDefinition[];
};

/** Where and how a measurement was made. */
type Circumstances = Pick<Outcome, 'bench' | 'quick' | 'machine'>;

/** Throws where a result has a bar that its measurement does not define, or has one twice. */
export function outcomeOf(
  circumstances: Circumstances,
  definitions: Bench['BARS'],
  { bars, rows, ...others }: Result
): Outcome {
  const ids = bars.map(it => it.id);
  const wrong = ids.find((id, at) => !definitions[id] || ids.indexOf(id) !== at);
  if (wrong !== undefined) {
    throw new Error(`${circumstances.bench} has the bar ${wrong} undefined, or twice.`);
  }
  const unmeasured = Object.values(definitions).filter(it => !ids.includes(it.id));
  return { ...circumstances, bars, unmeasured, rows, ...others };
}
