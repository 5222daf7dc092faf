import * as React from 'react';

import { KernelMarks } from '../arbiter/kernelMarks';
import { click, draw, erase, keepersTo, redraw, trans } from '../testing/draw';
import { GIB, kernel, NOW_MS, snapshot, waiting } from '../testing/facts';
import { Panel, type PanelViewProps } from './Panel';

function panelElement(its: Partial<PanelViewProps>): React.ReactElement {
  return (
    <Panel
      trans={trans}
      connection={{ state: 'live' }}
      snapshot={null}
      history={[]}
      problems={[]}
      nowMs={NOW_MS}
      marks={new KernelMarks().of([])}
      paths={new Map()}
      onCancel={() => undefined}
      onMoveUp={() => undefined}
      onReveal={() => undefined}
      keepers={keepersTo([])}
      onHistory={() => undefined}
      thisCell={null}
      {...its}
    />
  );
}

const panelOf = (its: Partial<PanelViewProps>): HTMLElement => draw(panelElement(its));

describe('the kernels of a node that has 14', () => {
  afterEach(erase);

  const idle = Array.from({ length: 11 }, (_, i) =>
    kernel({ id: `i${i}`, name: `idle${i}.ipynb`, memoryBytes: 64 * 1024 ** 2 })
  );
  const grant = { cpus: null, threads: null, memoryBytes: GIB, gpus: [] };
  const holders = [
    ...idle.slice(0, 6),
    kernel({ id: 'h', name: 'holds.ipynb', grant }),
    kernel({ id: 'w', name: 'waits.ipynb', state: 'waiting' }),
    ...idle.slice(6),
    kernel({ id: 'r', name: 'runs.ipynb', state: 'running' })
  ];
  const names = (host: HTMLElement): string[] =>
    [...host.querySelectorAll('.cg-Kernel .cg-KernelName')].map(it => it.getAttribute('title')!);
  const fold = (host: HTMLElement): HTMLDetailsElement => host.querySelector('.cg-Idle')!;

  it('[UI13] those of this server can be shut down, and no others', () => {
    const calls: string[] = [];
    const paths = new Map([['r', 'mine/runs.ipynb']]);
    const keepers = keepersTo(calls);
    const host = panelOf({ snapshot: snapshot({ holders }), paths, keepers });
    const buttons = host.querySelectorAll('[aria-label="Shut down the kernel of runs.ipynb"]');
    expect(host.querySelectorAll('.cg-ShutDown')).toHaveLength(buttons.length);
    click(buttons[0]!);
    expect(calls).toEqual(['shut down r']);
  });

  it('[UI9] those that do something come first, and those that rest are folded', () => {
    const host = panelOf({ snapshot: snapshot({ holders }) });
    expect(names(host)).toEqual(['runs.ipynb', 'waits.ipynb', 'holds.ipynb']);
    expect(fold(host).querySelector('summary')!.textContent).toBe('11 idle kernels keep 704 MiB');
  });

  it('[HOLD1] [UI9] children stand below their parent, which does what they do, and say what they are', () => {
    const child = kernel({ id: 'c', kind: 'cell', name: 'a cell', parentHolderId: 'i0' });
    const command = kernel({ id: 't', kind: 'command', name: 'train.py', parentHolderId: 'i1' });
    const active = [
      { ...child, state: 'running' as const },
      { ...command, state: 'waiting' as const }
    ];
    const host = panelOf({ snapshot: snapshot({ holders: [...idle, ...active] }) });
    expect(names(host)).toEqual(['idle0.ipynb', 'a cell', 'idle1.ipynb', 'train.py']);
    const kinds = [...host.querySelectorAll('[data-kind]')].map(it => it.textContent!.trim());
    expect(kinds).toEqual(['forked cell', 'command']);
  });

  it('[HOLD1] [UI9] many children are folded into their parent, with what they have together', () => {
    const children = Array.from({ length: 50 }, (_, i) => {
      const kind = i % 2 ? ('worker' as const) : ('cell' as const);
      const its = { kind, parentHolderId: i < 40 ? 'h' : `f${i - 40}`, cpusBusy: 0.5 };
      const state = i < 3 ? ('running' as const) : ('idle' as const);
      return kernel({ id: `f${i}`, name: `fork ${i}`, ...its, state, memoryBytes: GIB });
    });
    const all = [...holders, ...children];
    const host = panelOf({ snapshot: snapshot({ holders: all }) });
    expect(names(host)).toEqual(['holds.ipynb', 'runs.ipynb', 'waits.ipynb']);
    const inside = host.querySelector<HTMLDetailsElement>('.cg-Inside')!;
    expect(inside.querySelector('summary')!.textContent).toBe(
      '50 inside, 3 running · 25 CPUs busy · 50 GiB'
    );
    React.act(() => {
      inside.open = true;
      inside.dispatchEvent(new Event('toggle'));
    });
    // Its own are there, those that run first; a single one of theirs is shown at once.
    expect(names(host).slice(0, 4)).toEqual(['holds.ipynb', 'fork 0', 'fork 40', 'fork 1']);
    expect(names(host)).toHaveLength(53);
    expect(host.querySelectorAll('.cg-Inside .cg-Inside .cg-Kernel')).toHaveLength(10);
  });

  it('[UI9] they stay unfolded, whatever comes and goes', async () => {
    const its = { snapshot: snapshot({ holders }) };
    const host = panelOf(its);
    React.act(() => {
      fold(host).open = true;
      fold(host).dispatchEvent(new Event('toggle'));
    });
    expect(names(host)).toHaveLength(14);
    expect(names(host).slice(3, 5)).toEqual(['idle0.ipynb', 'idle1.ipynb']);
    const away = { connection: { state: 'away', message: '' } as const, snapshot: null };
    await redraw(host, panelElement(away));
    await redraw(host, panelElement(its));
    expect(fold(host).open).toBe(true);
  });

  it('[SEC1] calls a kernel of another user by that user alone', () => {
    const others = kernel({ id: 'x', name: 'ann', owner: 'ann', state: 'running' });
    const panel = panelOf({ snapshot: snapshot({ holders: [others] }) });
    expect(panel.querySelector('.cg-KernelName')?.textContent).toBe('ann (another user)');
  });

  it('shows a few that rest one by one, and who is asked for a restart always', () => {
    const few = panelOf({ snapshot: snapshot({ holders: idle.slice(0, 3) }) });
    expect(fold(few)).toBeNull();
    expect(names(few)).toHaveLength(3);
    const restartRequest = {
      claimId: 'c1',
      holderName: 'a.ipynb',
      label: null,
      owner: 'ana',
      reason: waiting().reason,
      sinceMs: NOW_MS,
      declined: false
    };
    const asked = [...idle, kernel({ id: 'z', name: 'zz.ipynb', restartRequest })];
    expect(names(panelOf({ snapshot: snapshot({ holders: asked }) }))).toEqual(['zz.ipynb']);
  });
});
