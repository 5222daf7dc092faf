import * as React from 'react';

import { HintSheet } from '../hints/sheet';
import { readSources } from '../hints/sources';
import { button, click, draw, erase, trans, type } from '../testing/draw';
import { done } from '../testing/facts';
import { ThisCell } from './ThisCell';

type Metadata = Map<string, unknown>;

function sheetOf(metadata: Metadata): HintSheet {
  return new HintSheet({
    getMetadata: key => metadata.get(key),
    setMetadata: (key, value) => void metadata.set(key, value),
    deleteMetadata: key => void metadata.delete(key)
  });
}

function editor(
  metadata: Metadata,
  its: { readOnly?: boolean; tags?: string[] } = {}
): HTMLElement {
  const sourced = readSources({
    cell: metadata.get('cellgrant'),
    tags: its.tags ?? [],
    code: '',
    notebook: undefined,
    settings: undefined
  });
  const active = {
    cell: sheetOf(metadata),
    notebook: sheetOf(new Map()),
    sourced,
    readOnly: its.readOnly ?? false,
    notebookName: 'a/work.ipynb',
    claim: done()
  };
  return draw(<ThisCell trans={trans} active={active} storyOf={async () => []} />);
}

const field = (host: HTMLElement, name: string): HTMLInputElement =>
  host.querySelector(`[data-hint="${name}"]`)!;

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

  it('takes over what the last run used', () => {
    const metadata: Metadata = new Map();
    const host = editor(metadata);
    expect(host.textContent).toContain('The last run used 2.0 CPUs, 3 GiB, 4 s.');
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
    hold.focus();
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
      draw(<ThisCell trans={trans} active={null} storyOf={async () => []} />).textContent
    ).toContain('Click a code cell');
  });
});
