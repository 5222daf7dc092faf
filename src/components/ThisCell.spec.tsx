import * as React from 'react';

import type { Fit } from '../../server/protocol/view';
import { HintSheet, type IMetadataStore } from '../hints/sheet';
import { readSources, type Sourced } from '../hints/sources';
import { button, click, draw, erase, trans, type } from '../testing/draw';
import { done, usual, waiting } from '../testing/facts';
import { ThisCell } from './ThisCell';

type Metadata = Map<string, unknown>;

function storeOf(metadata: Metadata): IMetadataStore {
  return {
    getMetadata: key => metadata.get(key),
    setMetadata: (key, value) => void metadata.set(key, value),
    deleteMetadata: key => void metadata.delete(key)
  };
}

const sheetOf = (metadata: Metadata): HintSheet => new HintSheet(storeOf(metadata));

function editor(
  metadata: Metadata,
  its: Partial<{
    readOnly: boolean;
    tags: string[];
    code: string;
    hasGpus: boolean;
    other: Metadata;
    onLeave: () => void;
    fit: Fit;
  }> = {}
): HTMLElement {
  const sourcesOf = (from: Metadata): Sourced =>
    readSources({
      cell: from.get('cellgrant'),
      tags: its.tags ?? [],
      code: its.code ?? '',
      notebook: undefined,
      settings: undefined
    });
  const active = {
    cell: its.other ? new HintSheet([storeOf(metadata), storeOf(its.other)]) : sheetOf(metadata),
    notebook: sheetOf(new Map()),
    sourced: sourcesOf(metadata),
    others: its.other ? [sourcesOf(its.other)] : [],
    hasGpus: its.hasGpus ?? true,
    readOnly: its.readOnly ?? false,
    notebookName: 'a/work.ipynb',
    claim: done(),
    fit: its.fit ?? null,
    usual: usual(),
    runThrough: null
  };
  const { onLeave = () => undefined } = its;
  return draw(
    <ThisCell
      trans={trans}
      active={active}
      storyOf={async () => []}
      paths={new Map()}
      onLeave={onLeave}
    />
  );
}

const field = (host: HTMLElement, name: string): HTMLInputElement =>
  host.querySelector(`[data-hint="${name}"]`)!;

/** Press a key in a field. */
function press(input: HTMLElement, key: string, its: KeyboardEventInit = {}): void {
  React.act(() => {
    input.dispatchEvent(
      new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...its })
    );
  });
}

const noteOf = (input: HTMLElement): HTMLElement =>
  document.getElementById(input.getAttribute('aria-describedby')!)!;

describe('ThisCell', () => {
  afterEach(erase);

  it('[ADM4] names what is wrong below the field, and what a run does meanwhile', () => {
    const metadata: Metadata = new Map([['cellgrant', { gpus: 1 }]]);
    const host = editor(metadata);
    type(field(host, 'gpus'), '1.5');
    expect(field(host, 'gpus').getAttribute('aria-invalid')).toBe('true');
    const note = document.getElementById(field(host, 'gpus').getAttribute('aria-describedby')!)!;
    expect(note.textContent).toContain('Expected a whole number');
    expect(note.textContent).toContain('a run still asks for 1.');
    expect(metadata.get('cellgrant')).toEqual({ gpus: 1 });
    type(field(host, 'gpus'), '2');
    expect(note.textContent).toBe('');
    expect(metadata.get('cellgrant')).toEqual({ gpus: 2 });
  });

  it('[ADM4] says that a run would be refused for what is written already', () => {
    const host = editor(new Map([['cellgrant', { memory: 'lots', speed: 1 }]]));
    expect(host.textContent).toContain('A run would be refused: a hint is malformed.');
    expect(host.textContent).toContain('"speed" is not a hint');
    expect(button(host, 'Remove')).not.toBeNull();
  });

  it('[ADM2] shows hints written as tags', () => {
    const host = editor(new Map(), { tags: ['memory=2 GiB'] });
    expect(field(host, 'memory').placeholder).toBe('2 GiB');
    expect(host.textContent).toContain('from tag');
    expect(host.textContent).toContain('A run asks for 2 GiB.');
  });

  it('[ADM4] shows a malformed tag or line at its field', () => {
    const host = editor(new Map(), { tags: ['memory=lots'], code: '#| priority: high' });
    const memory = field(host, 'memory');
    expect(memory.getAttribute('aria-invalid')).toBe('true');
    expect(noteOf(memory).textContent).toMatch(
      /^A tag: "memory" is "lots"; .* would be refused\.$/
    );
    expect(noteOf(field(host, 'priority')).textContent).toContain('The #| line: "priority" is "hi');
    expect(field(host, 'priority').closest('details')!.open).toBe(true);
  });

  it('[ADM13] asks what was meant', () => {
    const host = editor(new Map(), { code: '#| memroy: 1GB' });
    expect(host.textContent).toContain('"memroy" is not a hint and asks for nothing.');
    expect(host.textContent).toContain('Did you mean "memory"?');
    expect(host.textContent).not.toContain('would be refused');
  });

  it('[ADM4] judges a value at once when Enter is pressed or the field is left', () => {
    const host = editor(new Map());
    const cpus = field(host, 'cpus');
    const isJudged = (): boolean => 'judged' in cpus.closest<HTMLElement>('.cg-Field')!.dataset;
    type(cpus, '1.');
    expect(isJudged()).toBe(false);
    press(cpus, 'Enter');
    expect(isJudged()).toBe(true);
    type(cpus, '1.5');
    expect(isJudged()).toBe(false);
    React.act(() => cpus.focus());
    React.act(() => cpus.blur());
    expect(isJudged()).toBe(true);
  });

  it('[UI7] takes an edit back and forth, also of a checkbox and of a suggestion', () => {
    const metadata: Metadata = new Map([['cellgrant', { memory: '4 GiB' }]]);
    const host = editor(metadata);
    const memory = field(host, 'memory');
    type(memory, '8');
    type(memory, '8 GiB');
    press(memory, 'z', { ctrlKey: true });
    expect([memory.value, metadata.get('cellgrant')]).toEqual(['4 GiB', { memory: '4 GiB' }]);
    press(memory, 'Z', { metaKey: true, shiftKey: true });
    expect(memory.value).toBe('8 GiB');
    click(field(host, 'hold'));
    press(field(host, 'hold'), 'z', { ctrlKey: true });
    expect(metadata.get('cellgrant')).toEqual({ memory: '8 GiB' });
    click(button(host, 'Use cpus 2'));
    press(memory, 'z', { ctrlKey: true });
    expect(metadata.get('cellgrant')).toMatchObject({ memory: '8 GiB', cpus: 2 });
  });

  it('[UI7] goes back to the cell with Escape', () => {
    const onLeave = jest.fn();
    const host = editor(new Map(), { onLeave });
    press(field(host, 'memory'), 'a');
    expect(onLeave).not.toHaveBeenCalled();
    press(field(host, 'memory'), 'Escape');
    expect(onLeave).toHaveBeenCalledTimes(1);
  });

  it('[UI7] shows where selected cells differ, and writes to all of them', () => {
    const one: Metadata = new Map([['cellgrant', { cpus: 1, gpus: 1, hold: true }]]);
    const two: Metadata = new Map([['cellgrant', { cpus: 2, gpus: 1 }]]);
    const host = editor(one, { other: two });
    expect(host.textContent).toContain('2 cells are selected, and ask for different things.');
    expect([field(host, 'cpus').value, field(host, 'cpus').placeholder]).toEqual(['', 'mixed']);
    expect(field(host, 'gpus').value).toBe('1');
    expect(field(host, 'hold').indeterminate).toBe(true);
    type(field(host, 'cpus'), '3-');
    expect(field(host, 'cpus').value).toBe('3-');
    expect(host.textContent).toContain('Not saved: each cell still asks for what it did.');
    type(field(host, 'cpus'), '3');
    expect([one, two].map(it => it.get('cellgrant'))).toEqual([
      { cpus: 3, gpus: 1, hold: true },
      { cpus: 3, gpus: 1 }
    ]);
  });

  it('leaves the fields of GPUs out on a node without one, unless they say something', () => {
    const names = (host: HTMLElement): (string | undefined)[] =>
      [...host.querySelectorAll<HTMLElement>('.cg-ThisCell > .cg-HintForm [data-hint]')].map(
        it => it.dataset['hint']
      );
    expect(names(editor(new Map(), { hasGpus: false }))).not.toContain('gpus');
    const named = names(editor(new Map([['cellgrant', { gpuModel: 'A' }]]), { hasGpus: false }));
    expect(named.filter(name => name?.startsWith('gpu'))).toEqual(['gpuModel']);
  });

  it('[UI14] says before a run whether it would wait, behind whom, and about how long', () => {
    const startsIn = { fromMs: 36_000, toMs: 39_000, runs: 4 };
    const waits: Fit = { kind: 'waits', reason: waiting().reason, startsIn };
    const metadata: Metadata = new Map([['cellgrant', { memory: '14 GiB' }]]);
    const fitOf = (fit: Fit, from = metadata): string | undefined =>
      editor(from, { fit }).querySelector('.cg-Fit')?.textContent ?? undefined;
    expect(fitOf(waits)).toMatch(
      /^would wait now for 14 GiB; .*holder\.ipynb.* · starts in 35–40 s \(by 4 past runs\)$/
    );
    expect(fitOf({ kind: 'now' })).toBe('free now');
    expect(fitOf({ kind: 'now' }, new Map())).toBeUndefined();
  });

  it('[UI14] takes over what the last run used', () => {
    const metadata: Metadata = new Map();
    const host = editor(metadata);
    expect(host.textContent).toContain('Last time: 3 GiB, 2 CPUs, 4 s.');
    click(button(host, 'Use cpus 2, memory 4 GiB, time 10 s'));
    expect(metadata.get('cellgrant')).toEqual({ cpus: 2, memory: '4 GiB', time: '10 s' });
  });

  it('[UI3] keeps a field that is emptied in sight, and its focus', () => {
    const host = editor(new Map());
    const priority = field(host, 'priority');
    const more = priority.closest('details')!;
    expect(more.open).toBe(false);
    more.open = true;
    priority.focus();
    type(priority, '5');
    type(priority, '');
    expect(more.open).toBe(true);
    expect(document.activeElement).toBe(priority);
    const hold = field(host, 'hold');
    React.act(() => hold.focus());
    click(hold);
    click(hold);
    expect(more.open).toBe(true);
  });

  it('unfolds where a rarer hint is named', () => {
    const host = editor(new Map([['cellgrant', { priority: 5 }]]));
    expect(field(host, 'priority').closest('details')!.open).toBe(true);
  });

  it('[UI3] labels every field, and none can be changed in a read-only notebook', () => {
    const host = editor(new Map(), { readOnly: true });
    const inputs = [...host.querySelectorAll('input')];
    expect(inputs).toHaveLength(20);
    expect(inputs.every(input => input.disabled && input.labels?.length === 1)).toBe(true);
  });

  it('teaches where there is no cell', () => {
    expect(
      draw(
        <ThisCell
          trans={trans}
          active={null}
          storyOf={async () => []}
          paths={new Map()}
          onLeave={() => undefined}
        />
      ).textContent
    ).toContain('Click a code cell');
  });
});
