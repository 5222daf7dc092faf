import type { Bar, BarDefinition } from './bar';

/**
 * A Markdown table, its columns aligned as prettier would.
 *
 * #### Notes
 * The first `texts` columns are text, the others are figures, to the right.
 */
export function tableOf(
  head: readonly string[],
  lines: readonly (readonly string[])[],
  texts = 1
): string {
  const widths = head.map((name, at) =>
    Math.max(3, name.length, ...lines.map(line => (line[at] ?? '').length))
  );
  const row = (cells: readonly string[]) => {
    const padded = widths.map((width, at) =>
      at < texts ? (cells[at] ?? '').padEnd(width) : (cells[at] ?? '').padStart(width)
    );
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, at) =>
    at < texts ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`
  );
  return [row(head), row(rule), ...lines.map(row)].join('\n');
}

/** What a measurement came to, or why it came to nothing. */
type Measured = {
  readonly bench: string;
  readonly bars: readonly Bar[];
  readonly unmeasured: readonly BarDefinition[];
  readonly failure?: string | null;
};

/** The bars of some measurements, what was not measured, and what failed, one a line. */
export function barsTable(measured: readonly Measured[]): string {
  const lines = measured.flatMap(({ bench, bars, unmeasured, failure }) => [
    ...(failure ? [[bench, '', failure, 'failed']] : []),
    ...bars.map(bar => [...headOf(bench, bar), ...figuresOf(bar)]),
    ...unmeasured.map(bar => [...headOf(bench, bar), 'not measured', '', boundOf(bar)])
  ]);
  return tableOf(['bench', 'bar', 'what', 'found', 'spread', 'bound', 'met'], lines, 3);
}

/** How many bars are met, in a sentence. */
export function countsOf(measured: readonly Measured[]): string {
  const bars = measured.flatMap(it => it.bars);
  const unmeasured = measured.flatMap(it => it.unmeasured).length;
  const failed = measured.filter(it => it.failure).length;
  const met = bars.filter(it => it.met).length;
  return `${met} of ${bars.length} bars met, ${unmeasured} not measured; ${failed} of ${measured.length} measurements failed.`;
}

/** What a value must be: `<= 1.05 x`. */
export function boundOf({ better, bound, unit }: BarDefinition): string {
  const sign = better === 'lower' ? '<=' : '>=';
  return unit === 'count' ? `${sign} ${bound}` : `${sign} ${bound} ${unit}`;
}

function headOf(bench: string, { id, name }: BarDefinition): readonly string[] {
  return [bench, id, name];
}

function figuresOf(bar: Bar): readonly string[] {
  const { value, spread, met } = bar;
  return [`${value}`, spread?.join(' to ') ?? '', boundOf(bar), met ? 'yes' : 'NO'];
}
