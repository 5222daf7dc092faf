/** One line of a plot. */
type Series = {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
};

/** A plot of lines over the number of users. */
export type Plot = {
  readonly title: string;
  readonly series: readonly Series[];
  readonly isLogarithmic: boolean;
  readonly ticks: readonly number[];
};

const WIDTH = 460;
const HEIGHT = 320;
const LEFT = 52;
const RIGHT = 150;
const TOP = 40;
const BOTTOM = 44;
const LABEL_GAP = 15;
/** Told apart without colour too, by dashes. Colours: Okabe and Ito. */
const STROKES: readonly (readonly [string, string])[] = [
  ['#0072b2', ''],
  ['#d55e00', '6 3'],
  ['#000000', '2 3'],
  ['#009e73', '8 3 2 3'],
  ['#cc79a7', '4 2'],
  ['#7a5c00', '10 4']
];

type Scale = (value: number) => number;

function scaleOf(
  low: number,
  high: number,
  from: number,
  to: number,
  isLogarithmic = false
): Scale {
  const at = isLogarithmic ? Math.log : (value: number) => value;
  return value => from + ((at(value) - at(low)) / (at(high) - at(low))) * (to - from);
}

function text(x: number, y: number, anchor: string, content: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${content}</text>`;
}

/** Labels at the ends of the lines, pushed apart where they would overlap. */
function labelsOf(series: readonly Series[], y: Scale): Map<string, number> {
  const ends = series
    .map(({ name, points }) => ({ name, at: y(points[points.length - 1]![1]) }))
    .sort((a, b) => b.at - a.at);
  let last = HEIGHT - BOTTOM + LABEL_GAP;
  return new Map(
    ends.map(({ name, at }) => {
      last = Math.min(at, last - LABEL_GAP);
      return [name, last];
    })
  );
}

function axesOf({ title, ticks }: Plot, users: readonly number[], x: Scale, y: Scale): string[] {
  const right = WIDTH - RIGHT;
  const lines = ticks.map(tick => {
    const at = y(tick).toFixed(1);
    return `<line x1="${LEFT}" x2="${right}" y1="${at}" y2="${at}" stroke="#ddd"/>`;
  });
  return [
    `<text x="${LEFT}" y="20" font-weight="bold">${title}</text>`,
    ...lines,
    ...ticks.map(tick => text(LEFT - 6, y(tick) + 4, 'end', `${tick}`)),
    ...users.map(count => text(x(count), HEIGHT - BOTTOM + 18, 'middle', `${count}`)),
    text((LEFT + right) / 2, HEIGHT - 8, 'middle', 'users')
  ];
}

function panelOf(plot: Plot): string {
  const { series, ticks, isLogarithmic } = plot;
  const users = series[0]!.points.map(([count]) => count);
  const x = scaleOf(users[0]!, users[users.length - 1]!, LEFT, WIDTH - RIGHT);
  const bottom = HEIGHT - BOTTOM;
  const y = scaleOf(ticks[0]!, ticks[ticks.length - 1]!, bottom, TOP, isLogarithmic);
  const labels = labelsOf(series, y);
  const lines = series.map(({ name, points }, index) => {
    const [color, dashes] = STROKES[index % STROKES.length]!;
    const path = points.map(([count, value]) => `${x(count).toFixed(1)},${y(value).toFixed(1)}`);
    const stroke = `stroke="${color}" stroke-width="2" stroke-dasharray="${dashes}"`;
    const label = text(WIDTH - RIGHT + 6, labels.get(name)! + 4, 'start', name);
    return `<polyline fill="none" ${stroke} points="${path.join(' ')}"/>\n${label}`;
  });
  return [...axesOf(plot, users, x, y), ...lines].join('\n');
}

/** Plots side by side, as one SVG picture on white. */
export function svgOf(plots: readonly Plot[]): string {
  const width = WIDTH * plots.length;
  const panels = plots.map(
    (plot, at) => `<g transform="translate(${at * WIDTH} 0)">\n${panelOf(plot)}\n</g>`
  );
  const size = `width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}"`;
  const font = 'font-family="system-ui, sans-serif" font-size="12"';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${font}>`,
    `<rect width="${width}" height="${HEIGHT}" fill="#fff"/>`,
    ...panels,
    '</svg>',
    ''
  ].join('\n');
}
