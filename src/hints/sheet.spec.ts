import { YNotebook } from '@jupyter/ydoc';
import { CodeCellModel } from '@jupyterlab/cells';

import { HintSheet } from './sheet';
import { METADATA_KEY } from './sources';

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

  it('stays out of the way of undo, as all cell metadata does', () => {
    notebook.undoManager.stopCapturing();
    model.sharedModel.setSource('x = 1');
    sheet.set('cpus', '4');
    notebook.undo();
    expect(model.sharedModel.getSource()).toBe('');
    expect(written()).toEqual({ cpus: 4 });
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
