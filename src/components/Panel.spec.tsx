import * as React from 'react';

import { KernelMarks } from '../arbiter/kernelMarks';
import { button, click, draw, erase, trans } from '../testing/draw';
import { done, GIB, kernel, node, NOW_MS, running, snapshot, waiting } from '../testing/facts';
import { Panel, type PanelViewProps } from './Panel';

function panel(its: Partial<PanelViewProps> = {}): HTMLElement {
  const shown = its.snapshot ?? null;
  return draw(
    <Panel
      trans={trans}
      connection={{ state: 'live' }}
      snapshot={shown}
      history={[]}
      problems={[]}
      nowMs={NOW_MS}
      marks={new KernelMarks().of(shown?.kernels.map(it => it.id) ?? [])}
      paths={new Map([['k1', 'a/work.ipynb']])}
      onCancel={() => undefined}
      onReveal={() => undefined}
      thisCell={null}
      {...its}
    />
  );
}

const busy = snapshot({
  node: node({ cpusGranted: 2 }),
  kernels: [
    kernel({ state: 'waiting' }),
    kernel({
      id: 'k2',
      name: 'holder.ipynb',
      owner: 'bo',
      state: 'running',
      grant: { cpus: '0-1', threads: 2, memoryBytes: 14 * GIB, gpus: [] },
      cpusBusy: 1,
      memoryLimitBytes: 14 * GIB
    })
  ],
  claims: [waiting(), running({ id: 'c2', kernelId: 'k2' }), done({ id: 'c3', kernelId: 'k2' })]
});

describe('Panel', () => {
  afterEach(erase);

  it('[GATE5] says honestly what holds while the sidecar is away', () => {
    const host = panel({ connection: { state: 'away', message: 'It ended.' } });
    expect(host.textContent).toContain('Cellgrant is not running');
    expect(host.textContent).toContain('Cells run as in plain Jupyter');
    expect(host.textContent).toContain('It ended.');
  });

  it('[ENF3] tells the tier, what it does not enforce, and why', () => {
    const tier = {
      name: 'affinity',
      enforced: ['cpus'],
      notEnforced: [{ resource: 'memory', why: 'there is no writable cgroup' }],
      reason: 'cgroups are read-only here'
    } as const;
    const host = panel({ snapshot: snapshot({ node: node({ tier }) }) });
    const badge = host.querySelector('.cg-Tier')!;
    expect(badge.querySelector('summary')!.textContent).toBe('affinity · not memory');
    expect(badge.textContent).toContain('there is no writable cgroup');
    expect(badge.textContent).toContain('cgroups are read-only here');
  });

  it('[CFG3] names the group of a kernel that is in one', () => {
    const kernels = [kernel(), kernel({ id: 'k2', group: 'atlas/prod' })];
    const items = panel({ snapshot: snapshot({ kernels }) }).querySelectorAll('.cg-Kernel');
    expect([...items].map(it => /group [\w/]+/.exec(it.textContent!)?.[0])).toEqual([
      undefined,
      'group atlas/prod'
    ]);
  });

  it('teaches where there is nothing to show', () => {
    const { textContent } = panel({ snapshot: snapshot() });
    expect(textContent).toContain('Nobody waits.');
    expect(textContent).toContain('No kernel yet.');
  });

  it('[UI2] shows a wait with its ask, its holder and its time', () => {
    const calls: string[] = [];
    const host = panel({
      snapshot: busy,
      onCancel: id => calls.push(`cancel ${id}`),
      onReveal: id => calls.push(`reveal ${id}`)
    });
    const item = host.querySelector<HTMLElement>('.cg-QueueItem')!;
    expect(item.textContent).toContain('14 GiB held by holder.ipynb');
    expect(item.textContent).toContain('holds 14 GiB since 1:00');
    expect(item.textContent).toContain('0:10');
    click(button(item, 'Cancel'));
    click(button(item, 'work.ipynb ▸ [1]'));
    expect(calls).toEqual(['cancel c1', 'reveal k1']);
  });

  it('[SEC1] offers to cancel only what is mine', () => {
    const host = panel({ snapshot: busy, paths: new Map() });
    expect(button(host, 'Cancel')).toBeNull();
  });

  it('shows what a kernel uses of what it was granted', () => {
    const [, holder] = panel({ snapshot: busy }).querySelectorAll('.cg-Kernel');
    expect(holder!.textContent).toContain('50 % of 2 CPUs (0-1)');
    expect(holder!.textContent).toContain('1 of 14 GiB');
    expect(holder!.querySelectorAll('.cg-Span').length).toBeGreaterThan(0);
  });

  it('[UI3] says in words what its bars draw', () => {
    const labels = [...panel({ snapshot: busy }).querySelectorAll('.cg-Bar')].map(bar =>
      bar.getAttribute('aria-label')
    );
    expect(labels).toEqual([
      'CPU: 2 of 4 granted · 1.5 busy',
      'Memory: 2 of 16 GiB · reserve 1 GiB'
    ]);
  });
});
