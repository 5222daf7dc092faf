import { RandomSource } from '../../testing/randomSource';
import { RandomTrace } from '../../testing/randomTrace';
import { capFaults } from './capFaults';
import * as counting from './counting';

/** Run random traces with caps until what a claim needs was not computed again; the fault, or null. */
function firstFault(): string | null {
  for (let seed = 1; seed <= 20; seed += 1) {
    const trace = new RandomTrace(new RandomSource(seed), { nonsense: 0, holders: 8, caps: 0.4 });
    for (let index = 0; index < 200; index += 1) {
      trace.next();
      const fault = capFaults(trace.state).find(it => it.startsWith('CAP2'));
      if (fault) {
        return `seed ${seed}, event ${index}: ${fault}`;
      }
    }
  }
  return null;
}

afterEach(() => jest.restoreAllMocks());

describe('what claims need of caps', () => {
  it('[CAP2] it is computed again when it changes', () => {
    expect(firstFault()).toBeNull();
  });

  it('a planted fault is found', () => {
    const { recountCaps } = counting;
    jest.spyOn(counting, 'recountCaps').mockImplementation((state, holder) => {
      recountCaps(state, holder);
      holder.recounts = 0;
    });
    expect(firstFault()).toMatch(/seed \d+/);
  });
});
