import { YNotebook } from '@jupyter/ydoc';
import { CodeCellModel } from '@jupyterlab/cells';

import { HintSheet } from './sheet';
import { METADATA_KEY } from './sources';
import { undoStepsOf } from './undoSteps';

describe('HintSheet', () => {
  let notebook: YNotebook;
  let model: CodeCellModel;
  let sheet: HintSheet;
  const written = (): unknown => model.getMetadata(METADATA_KEY);

  beforeEach(() => {
    notebook = new YNotebook();
    const sharedModel = notebook.addCell({ cell_type: 'code' });
    model = new CodeCellModel({ sharedModel: sharedModel as never });
    sheet = new HintSheet(model);
  });

  it('[ADM1] writes a valid hint as it is typed, and deletes it when emptied', () => {
    sheet.set('cpus', '2');
    sheet.set('memory', '8 GiB');
    expect(written()).toEqual({ cpus: 2, memory: '8 GiB' });
    sheet.set('cpus', '');
    expect(written()).toEqual({ memory: '8 GiB' });
    sheet.set('memory', '');
    expect(written()).toBeUndefined();
  });

  it('[ADM4] keeps a malformed hint as a draft and does not write it', () => {
    sheet.set('gpus', '1');
    sheet.set('gpus', '1.5');
    expect(written()).toEqual({ gpus: 1 });
    const field = new HintSheet(model).field('gpus');
    expect(field).toMatchObject({ text: '1.5', written: '1' });
    expect(field.problem?.expected).toContain('a whole number');
  });

  it('shows what was typed, not how it is written', () => {
    sheet.set('cpus', '[2, 8]');
    expect(written()).toEqual({ cpus: [2, 8] });
    expect(sheet.field('cpus').text).toBe('[2, 8]');
  });

  it('follows a change made elsewhere', () => {
    sheet.set('cpus', 'lots');
    model.setMetadata(METADATA_KEY, { cpus: 3 });
    expect(sheet.field('cpus')).toMatchObject({ text: '3', problem: null });
  });

  it('[UI7] is undone and redone with the notebook, one step an edit however slowly typed', () => {
    jest.useFakeTimers();
    sheet = new HintSheet(model, undoStepsOf(notebook));
    model.sharedModel.setSource('x = 1');
    sheet.set('memory', '4 GiB');
    sheet.settle();
    for (const text of ['8', '8 G', '8 Gi', '8 GiB']) {
      sheet.set('memory', text);
      jest.advanceTimersByTime(2000);
    }
    sheet.settle();
    sheet.assign({ cpus: 2, gpus: 1 });
    notebook.insertCell(1, { cell_type: 'code' });
    jest.useRealTimers();

    notebook.undo();
    expect(notebook.cells).toHaveLength(1);
    notebook.undo();
    expect(written()).toEqual({ memory: '8 GiB' });
    notebook.undo();
    expect(written()).toEqual({ memory: '4 GiB' });
    expect(sheet.field('memory').text).toBe('4 GiB');
    notebook.undo();
    expect(written()).toBeUndefined();
    notebook.redo();
    notebook.redo();
    expect(written()).toEqual({ memory: '8 GiB' });
    expect(model.sharedModel.getSource()).toBe('x = 1');
  });

  it('[UI7] gives a field back what it held before, a draft as well', () => {
    sheet.set('cpus', '2');
    sheet.settle();
    sheet.set('cpus', '2-');
    sheet.set('cpus', '2-x');
    expect(sheet.undo('cpus')).toBe(true);
    expect(sheet.field('cpus')).toMatchObject({ text: '2', problem: null });
    expect(sheet.redo('cpus')).toBe(true);
    expect(sheet.field('cpus').text).toBe('2-x');
    expect(sheet.redo('cpus')).toBe(false);
    sheet.undo('cpus');
    sheet.undo('cpus');
    expect(written()).toBeUndefined();
    expect(sheet.undo('cpus')).toBe(false);
    sheet.assign({ gpus: 2 });
    expect(sheet.undo('gpus')).toBe(true);
    expect(written()).toBeUndefined();
  });

  it('[UI7] passes over what the notebook has brought back already', () => {
    sheet.set('cpus', '2');
    sheet.settle();
    sheet.set('cpus', '3');
    model.setMetadata(METADATA_KEY, { cpus: 2 });
    sheet.undo('cpus');
    expect(written()).toBeUndefined();
  });

  it('[UI7] edits several cells together, each of which keeps what it says beside', () => {
    const other = notebook.addCell({ cell_type: 'code', metadata: { cellgrant: { gpus: 1 } } });
    const both = new HintSheet([model, other as never], undoStepsOf(notebook));
    const all = (): unknown[] => [written(), other.getMetadata(METADATA_KEY)];
    sheet.set('cpus', '4');
    expect(both.field('cpus')).toMatchObject({ text: '', isMixed: true });
    expect(both.field('memory')).toMatchObject({ text: '', isMixed: false });
    both.set('cpus', '1-');
    expect(both.field('cpus')).toMatchObject({ text: '1-', isMixed: true });
    expect(both.field('cpus').problem).not.toBeNull();
    expect(all()).toEqual([{ cpus: 4 }, { gpus: 1 }]);
    both.set('cpus', '1-2');
    expect(both.field('cpus')).toMatchObject({ text: '1-2', isMixed: false });
    expect(all()).toEqual([{ cpus: [1, 2] }, { gpus: 1, cpus: [1, 2] }]);
    notebook.undo();
    expect(all()).toEqual([{ cpus: 4 }, { gpus: 1 }]);
    both.set('cpus', '3');
    both.undo('cpus');
    expect(all()).toEqual([{ cpus: 4 }, { gpus: 1 }]);
    both.set('gpus', '');
    expect(all()).toEqual([{ cpus: 4 }, undefined]);
  });

  it('[ADM4] tells entries that are no hints, and removes them', () => {
    model.setMetadata(METADATA_KEY, { cpus: 1, speed: 1 });
    expect(sheet.strays).toEqual([expect.objectContaining({ path: 'speed', got: 'not a hint' })]);
    sheet.removeStray('speed');
    expect(written()).toEqual({ cpus: 1 });
    model.setMetadata(METADATA_KEY, 'cpus=1');
    expect(sheet.strays.map(stray => stray.path)).toEqual(['cellgrant']);
    sheet.removeStray('cellgrant');
    expect(written()).toBeUndefined();
  });

  it('[ADM4] removes an entry whose name is longer than a problem quotes', () => {
    model.setMetadata(METADATA_KEY, { cpus: 1, ['n'.repeat(200)]: 1 });
    sheet.removeStray(sheet.strays[0]!.path);
    expect(sheet.strays).toEqual([]);
    expect(written()).toEqual({ cpus: 1 });
  });

  it('takes a suggestion over in one step', () => {
    sheet.set('gpus', '1');
    sheet.assign({ cpus: 2, memory: '4 GiB' });
    expect(written()).toEqual({ gpus: 1, cpus: 2, memory: '4 GiB' });
    expect(sheet.asks({ cpus: 2 })).toBe(true);
    expect(sheet.asks({ cpus: 3 })).toBe(false);
  });
});
