import { FaultRun } from '../testing/faults/faultRun';
import { RandomSource } from '../testing/randomSource';
import { Stage } from '../testing/stage';

/** More faults for a long run: `CELLGRANT_FAULTS=1000`. */
const FAULTS = Number(process.env['CELLGRANT_FAULTS'] ?? 20);
const SEED = Number(process.env['CELLGRANT_SEED'] ?? Date.now() % 1_000_000);

describe('faults on real processes', () => {
  let stage: Stage;

  beforeEach(() => {
    stage = new Stage();
  });

  afterEach(() => stage.clear());

  it(
    `[ENF4] leaks nothing, grants nothing twice, answers every claim (seed ${SEED})`,
    async () => {
      const report = await new FaultRun(stage, new RandomSource(SEED)).run(5, FAULTS);
      expect(report).toMatchObject({ leaks: [], doubleGrants: [], unexplained: [] });
      // It did something: cells ran, were refused, and died with their kernels.
      expect(report.answered.granted).toBeGreaterThan(FAULTS);
      expect(report.answered.refused).toBeGreaterThan(0);
      expect(Object.values(report.faults).reduce((a, b) => a + b, 0)).toBe(FAULTS);
    },
    60_000 + FAULTS * 10_000
  );

  it('[ENF2] takes 1,000 kernels at once, and leaves nothing when they are killed at once', async () => {
    const sidecar = await stage.sidecar();
    const kernels = await Promise.all(Array.from({ length: 1000 }, () => stage.connected(sidecar)));
    const known = async () => {
      const { body } = await sidecar.ask('GET', '/api/v1/holders');
      return (body as readonly unknown[]).length;
    };
    expect(await known()).toBe(1000);
    kernels.forEach(kernel => kernel.claim(`${kernel.id}-claim`));
    await Promise.all(kernels.map(kernel => kernel.gate.hear('granted')));
    await Promise.all(kernels.map(kernel => kernel.kill()));
    while ((await known()) > 0) {
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    expect(sidecar.log).not.toMatch(/ cellgrant (warning|error): /);
  }, 120_000);
});
