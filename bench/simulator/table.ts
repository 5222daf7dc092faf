/**
 * A Markdown table, its columns aligned as prettier would.
 *
 * #### Notes
 * The first column is text, the others are figures, to the right.
 */
export function tableOf(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((name, at) =>
    Math.max(3, name.length, ...lines.map(line => (line[at] ?? '').length))
  );
  const row = (cells: readonly string[]) => {
    const padded = widths.map((width, at) =>
      at === 0 ? (cells[at] ?? '').padEnd(width) : (cells[at] ?? '').padStart(width)
    );
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, at) =>
    at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`
  );
  return [row(head), row(rule), ...lines.map(row)].join('\n');
}
