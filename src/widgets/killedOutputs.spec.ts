import type { ICodeCellModel } from '@jupyterlab/cells';
import { NotebookModel, type NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';

import { refusal, sentenceOf } from '../../server/protocol/errors';
import { TestArbiter } from '../testing/arbiter';
import { trans } from '../testing/draw';
import { done, NOW_MS, snapshot } from '../testing/facts';
import { KilledOutputs } from './killedOutputs';

const why = refusal('KILLED_AT_LIMIT', { limit: '1 GiB', kept: '' });
const died = done({ outcome: 'died', why, endedMs: NOW_MS });

describe('the output of a cell whose kernel was killed', () => {
  let test: TestArbiter;
  let cell: ICodeCellModel;
  let killed: KilledOutputs;

  beforeEach(() => {
    test = new TestArbiter();
    const model = new NotebookModel();
    model.sharedModel.insertCell(0, { cell_type: 'code', source: 'x = 1' });
    cell = model.cells.get(0) as ICodeCellModel;
    const panel = {
      sessionContext: {
        session: { kernel: { id: 'k1', status: 'autorestarting' }, path: 'work.ipynb' },
        statusChanged: new Signal<object, string>({})
      },
      content: { model },
      disposed: new Signal<object, void>({})
    };
    killed = new KilledOutputs(panel as unknown as NotebookPanel, test.model, trans);
  });

  afterEach(() => {
    killed.dispose();
    test.model.dispose();
  });

  function push(its: Partial<typeof died>): void {
    const claims = [{ ...died, cellId: cell.id, ...its }];
    test.push(snapshot({ revision: (test.model.snapshot?.revision ?? 0) + 1, claims }));
  }

  it('[MEM3] names the cause as an error', () => {
    push({});
    expect(cell.outputs.toJSON()).toMatchObject([
      { output_type: 'error', ename: 'KernelKilled', evalue: sentenceOf(why) }
    ]);
  });

  it('is written once, and not again where somebody cleared it', () => {
    push({});
    test.emit({ message: 'away' });
    push({});
    expect(cell.outputs.length).toBe(1);
    cell.outputs.clear();
    test.emit({ message: 'away' });
    push({});
    expect(cell.outputs.length).toBe(0);
  });

  it('is written for each death, and beside what the cell printed', () => {
    cell.outputs.add({ output_type: 'stream', name: 'stdout', text: 'began' });
    push({});
    expect(cell.outputs.length).toBe(2);
    cell.outputs.clear();
    push({ id: 'c2', arrivedMs: NOW_MS });
    expect(cell.outputs.length).toBe(1);
  });

  it('is left alone for other ends, other kernels, and deaths before this page', () => {
    push({ outcome: 'ok', why: null, id: 'ok' });
    push({ outcome: 'refused', id: 'refused' });
    push({ why: null, id: 'crashed' });
    push({ holderId: 'k2', id: 'elsewhere' });
    push({ endedMs: NOW_MS - 3_600_000, id: 'before' });
    expect(cell.outputs.length).toBe(0);
  });
});
