import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { BENCHES } from './bench';
import { readOptions } from './options';
import { outcomeOf } from './outcome';
import { barOf, defineBars } from './bar';
import { boundOf } from './table';

describe.each(Object.entries(BENCHES))('the measurement %s', (name, entry) => {
  it('defines bars, each under its id, with a name of its own and a bound', async () => {
    const { BARS } = await entry.load();
    const bars = Object.entries(BARS);
    expect(bars).not.toEqual([]);
    for (const [key, { id, name: what, bound }] of bars) {
      expect(id).toBe(key);
      expect(id).toMatch(/^[a-z][A-Za-z0-9]*$/);
      expect(what).not.toBe('');
      expect(Number.isFinite(bound)).toBe(true);
    }
    expect(new Set(bars.map(([, it]) => it.name)).size).toBe(bars.length);
  });

  it('has options that take no name from what all understand, and a quick run of each', async () => {
    const { OPTIONS } = await entry.load();
    expect(Object.keys(OPTIONS)).not.toEqual([]);
    for (const common of ['json', 'quick', 'help']) {
      expect(OPTIONS).not.toHaveProperty(common);
    }
    expect(readOptions(OPTIONS, [], true)).not.toEqual(readOptions(OPTIONS, [], false));
    expect(entry.takesS.quick).toBeLessThan(entry.takesS.full);
  });

  it('is a part of another one only if that has its bars as well', async () => {
    const whole = BENCHES[entry.partOf ?? name]!;
    expect((await whole.load()).BARS).toMatchObject((await entry.load()).BARS);
  });

  it('has its bars in FIGURES.md, each with its bound', async () => {
    const { BARS } = await entry.load();
    const figures = readFileSync(join(__dirname, 'FIGURES.md'), 'utf8').replace(/ +\|/g, ' |');
    for (const bar of Object.values(BARS)) {
      expect(figures).toMatch(`| ${entry.partOf ?? name} | ${bar.id} | ${boundOf(bar)} |`);
    }
  });
});

describe('outcomeOf', () => {
  const machine = {} as never;
  const definitions = defineBars({
    a: { name: 'one', unit: 'ms', bound: 1, better: 'lower' },
    b: { name: 'other', unit: 'ms', bound: 1, better: 'lower' }
  });
  const outcome = (bars: readonly ReturnType<typeof barOf>[]) =>
    outcomeOf({ bench: 'x', quick: false, machine }, definitions, { bars, rows: [] });

  it('tells what was not measured', () => {
    const a = barOf(definitions.a, 1);
    expect(outcome([a])).toMatchObject({ bench: 'x', bars: [a], unmeasured: [definitions.b] });
  });

  it('throws for a bar that is not defined, or there twice', () => {
    const a = barOf(definitions.a, 1);
    expect(() => outcome([a, a])).toThrow('x has the bar a');
    expect(() => outcome([{ ...a, id: 'c' }])).toThrow('x has the bar c');
  });
});
