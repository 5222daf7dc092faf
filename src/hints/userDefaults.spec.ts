import { nullTranslator } from '@jupyterlab/translation';

import { TestArbiter } from '../testing/arbiter';
import { NOW_MS, snapshot } from '../testing/facts';
import { UserDefaults } from './userDefaults';

const trans = nullTranslator.load('jupyterlab_cellgrant');
const settled = (): Promise<void> => new Promise(resolve => setTimeout(resolve));

describe('UserDefaults', () => {
  let test: TestArbiter;
  let warned: readonly string[];
  let done: () => void;
  let defaults: UserDefaults;

  beforeEach(() => {
    test = new TestArbiter();
    warned = [];
    done = () => undefined;
    const warn = (problems: readonly string[]): void => void (warned = problems);
    defaults = new UserDefaults(test.model, trans, warn, () => Promise.resolve());
  });
  afterEach(() => test.model.dispose());

  it('[ADM2] tells the sidecar once, and every sidecar after it', async () => {
    defaults.set({ cpus: '2-4', memory: '1 GiB', gpus: '', hold: false, priority: '3' });
    expect(test.client.sent).toEqual([]);
    test.push(snapshot());
    test.push(snapshot({ revision: 2, atMs: NOW_MS + 1 }));
    await settled();
    const hints = { cpus: [2, 4], memory: '1 GiB', priority: 3 };
    expect(test.client.sent).toEqual([['putDefaults', hints]]);
    test.push(snapshot({ revision: 1, atMs: NOW_MS + 2 }));
    await settled();
    expect(test.client.sent).toHaveLength(2);
  });

  it('says nothing to a sidecar before the settings were read', async () => {
    test.push(snapshot());
    await settled();
    expect(test.client.sent).toEqual([]);
  });

  it('[ADM4] leaves a malformed default out, and tells of it once', async () => {
    test.push(snapshot());
    defaults.set({ memory: 'lots', cpus: '2' });
    defaults.set({ memory: 'lots', cpus: '3' });
    await settled();
    expect(test.client.sent.at(-1)).toEqual(['putDefaults', { cpus: 3 }]);
    expect(warned).toEqual([expect.stringContaining('The default for "memory"')]);
    expect(defaults.problems).toHaveLength(1);
    defaults.set({ cpus: '3' });
    expect(defaults.problems).toEqual([]);
  });

  it('[ADM4] judges no half of a word, and takes back at once what is right', async () => {
    const warn = (problems: readonly string[]): void => void (warned = problems);
    const typing = (): Promise<void> => new Promise(resolve => (done = resolve));
    defaults = new UserDefaults(test.model, trans, warn, typing);
    for (const text of ['8', '8 G', '8 Gi']) {
      defaults.set({ memory: text });
      await settled();
      expect([warned, defaults.problems]).toEqual([[], []]);
    }
    done();
    await settled();
    expect(warned).toEqual([expect.stringContaining('"8 Gi"')]);
    defaults.set({ memory: '8 GiB', cpus: 'x' });
    expect([warned, defaults.problems]).toEqual([[], []]);
  });

  it('shows a refusal of the sidecar until it took the defaults', async () => {
    test.client.refusal = 'A request body may have at most 10 bytes.';
    test.push(snapshot());
    defaults.set({ cpus: '3' });
    await settled();
    expect(defaults.problems).toEqual([test.client.refusal]);
    expect(warned).toEqual([test.client.refusal]);
    test.client.refusal = null;
    defaults.set({ cpus: '4' });
    await settled();
    expect(defaults.problems).toEqual([]);
  });
});
