import { barOf, barOfRounds, defineBars, never } from './bar';
import { barsTable, countsOf, tableOf } from './table';

const { ratio, crashes, leaks } = defineBars({
  ratio: { name: 'over plain', unit: 'x', bound: 1.05, better: 'lower' },
  crashes: never('crashes'),
  leaks: never('leaks')
});

const MEASURED = [
  {
    bench: 'overhead',
    bars: [barOfRounds(ratio, [1.01, 1.06, 1.2])],
    unmeasured: [],
    failure: null
  },
  { bench: 'hostile', bars: [barOf(crashes, 0)], unmeasured: [leaks] },
  { bench: 'fuzz', bars: [], unmeasured: [], failure: 'failed with 1: no sidecar' }
];

describe('barsTable', () => {
  it('has a line for each bar, for what was not measured, and for what failed', () => {
    expect(barsTable(MEASURED)).toBe(
      `
| bench    | bar     | what                      |        found |      spread |     bound | met |
| -------- | ------- | ------------------------- | -----------: | ----------: | --------: | --: |
| overhead | ratio   | over plain                |         1.06 | 1.01 to 1.2 | <= 1.05 x |  NO |
| hostile  | crashes | crashes                   |            0 |             |      <= 0 | yes |
| hostile  | leaks   | leaks                     | not measured |             |      <= 0 |     |
| fuzz     |         | failed with 1: no sidecar |       failed |             |           |     |
`.trim()
    );
  });
});

describe('countsOf', () => {
  it('counts bars and measurements', () => {
    expect(countsOf(MEASURED)).toBe('1 of 2 bars met, 1 not measured; 1 of 3 measurements failed.');
  });
});

describe('tableOf', () => {
  it('sets text to the left and figures to the right', () => {
    expect(tableOf(['policy', 'ANTT'], [['dynamic', '1.42']])).toBe(
      '| policy  | ANTT |\n| ------- | ---: |\n| dynamic | 1.42 |'
    );
  });
});
