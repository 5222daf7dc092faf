import * as React from 'react';

import { KernelMarks } from '../arbiter/kernelMarks';
import { button, click, draw, erase, keepersTo, trans } from '../testing/draw';
import { done, GIB, gpu, kernel, node, NOW_MS, running, snapshot, waiting } from '../testing/facts';
import { StatusText } from './StatusText';
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
      marks={new KernelMarks().of(shown?.holders.map(it => it.id) ?? [])}
      paths={new Map([['k1', 'a/work.ipynb']])}
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

const busy = snapshot({
  node: node({ cpusGranted: 2 }),
  holders: [
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
  claims: [waiting(), running({ id: 'c2', holderId: 'k2' }), done({ id: 'c3', holderId: 'k2' })]
});

describe('Panel', () => {
  afterEach(erase);

  it('[UI5] says of a silent server only what is known', () => {
    const message = 'The Jupyter server does not answer: nothing was heard for 4 s.';
    const host = panel({ connection: { state: 'lost', message } });
    expect(host.textContent).toContain(message);
    expect(host.textContent).not.toContain('plain Jupyter');
    expect(host.querySelector('.cg-Away')!.getAttribute('role')).toBe('status');
  });

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

  it('[ENF6] tells of a kernel whose cell runs without its grant', () => {
    const notEnforced = { kind: 'failed', what: 'memory.max', errno: 'EBUSY' } as const;
    const claims = [running({ id: 'c2', holderId: 'k2', notEnforced })];
    expect(panel({ snapshot: { ...busy, claims } }).textContent).toContain(
      'The grant could not be enforced: memory.max failed with EBUSY.'
    );
  });

  it('[CFG3] names the group of a kernel that is in one', () => {
    const holders = [kernel(), kernel({ id: 'k2', group: 'atlas/prod' })];
    const items = panel({ snapshot: snapshot({ holders }) }).querySelectorAll('.cg-Kernel');
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
    expect(item.textContent).toContain('holds 14 GiB for 1:00');
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
    const [holder] = panel({ snapshot: busy }).querySelectorAll('.cg-Kernel');
    expect(holder!.textContent).toContain('50 % of 2 CPUs (0-1)');
    expect(holder!.textContent).toContain('1 of 14 GiB');
    expect(holder!.querySelectorAll('.cg-Span').length).toBeGreaterThan(0);
  });

  it('[ADM9] says what an idle kernel keeps for its next cell', () => {
    const grant = { cpus: '0-1', threads: null, memoryBytes: 2 * GIB, gpus: [] };
    const holders = [kernel({ grant }), kernel({ id: 'k2' })];
    const [keeper, plain] = panel({ snapshot: snapshot({ holders }) }).querySelectorAll(
      '.cg-Kernel'
    );
    expect(keeper!.textContent).toContain('keeps 2 CPUs · 2 GiB for its next cell');
    expect(plain!.textContent).not.toContain('for its next cell');
  });

  it('[ADM9] releases what a kernel of this server keeps, and says what that gives back', () => {
    const calls: string[] = [];
    const grant = { cpus: '0-1', threads: null, memoryBytes: 4 * GIB, gpus: [] };
    const holders = [kernel({ grant }), kernel({ id: 'k2', grant }), kernel({ id: 'k3' })];
    const host = panel({ snapshot: snapshot({ holders }), keepers: keepersTo(calls) });
    const buttons = [...host.querySelectorAll('button')].filter(it => it.textContent === 'Release');
    expect(buttons.map(it => it.getAttribute('aria-label'))).toEqual([
      'Release what work.ipynb keeps for its next cell'
    ]);
    expect(buttons[0]!.title).toBe(
      'Gives back 2 CPUs · 3 GiB of memory. What its variables take stays: 1 GiB of memory.'
    );
    click(buttons[0]!);
    expect(calls).toEqual(['release k1']);
    const runs = kernel({ state: 'running', grant });
    expect(button(panel({ snapshot: snapshot({ holders: [runs] }) }), 'Release')).toBeNull();
  });

  it('[FAIR1] [FAIR2] shows the quota, the use and the surplus of each group beside its name', () => {
    const group = { path: 'atlas', owedCpus: 2, hasQuota: true, usedCpus: 3.2, takesSurplus: true };
    const capped = { ...group, path: 'b', hasQuota: false, usedCpus: 0.5, takesSurplus: false };
    const host = panel({ snapshot: snapshot({ groups: [group, capped] }) });
    expect([...host.querySelectorAll('.cg-Group')].map(it => it.textContent)).toEqual([
      'atlas quota 2 CPUs · uses 3.2 · 1.2 of them surplus',
      'b is owed 2 CPUs · uses 0.5 · takes no surplus'
    ]);
  });

  it('[UI3] says in words what its bars draw', () => {
    const labels = [...panel({ snapshot: busy }).querySelectorAll('.cg-Bar')].map(bar =>
      bar.getAttribute('aria-label')
    );
    expect(labels).toEqual([
      'CPU: 2 of 4 granted · 1.5 busy',
      'Memory: nothing promised · 2 GiB used · idle kernels keep 1 GiB · reserve 1 GiB'
    ]);
  });

  it('[UI6] [ADM14] tells what of the memory is promised, used, kept, held by others and reserved, in panel and status bar', () => {
    const its = { memoryPromisedBytes: 14e9, memoryUsedBytes: 2.5 * GIB, memoryKeptBytes: 0 };
    const shown = snapshot({ node: node({ ...its, memoryOthersBytes: 1.5 * GIB }) });
    const words = '14 GB promised · 2.5 GiB used · others hold 1.5 GiB · reserve 1 GiB';
    expect(panel({ snapshot: shown }).textContent).toContain(words);
    const bar = draw(
      <StatusText
        trans={trans}
        connection={{ state: 'live' }}
        snapshot={shown}
        waiting={0}
        onClick={() => undefined}
      />
    );
    expect(bar.textContent).toContain('Memory 13 of 15 GiB promised');
    expect(bar.querySelector('button')!.title).toContain(words);
  });

  describe('of a node with a GPU', () => {
    const idle = kernel({ id: 'k2', name: 'explore.ipynb', owner: 'bo' });
    const onGpu = {
      pid: 7,
      name: '/opt/python',
      memoryBytes: 60 * GIB,
      owner: 'bo',
      holderId: 'k2',
      leased: false
    };
    const bytes = 60 * GIB;
    const kept = {
      ...{ ...waiting().reason.blockers[0]!, holderId: 'k2', label: null, claimId: null },
      ...{ holderName: 'explore.ipynb', keepsGpuBytes: bytes },
      holds: { kind: 'gpuMemory', gpu: { uuid: 'GPU-1', index: 0 }, bytes }
    } as const;
    const need = { kind: 'gpus', count: 1, eachBytes: null } as const;
    const reason = { ...waiting().reason, need, blockers: [kept] } as const;
    const full = snapshot({
      node: node({ gpus: [gpu({ leasedTo: [], processes: [onGpu] })] }),
      holders: [kernel({ state: 'waiting' }), idle],
      claims: [waiting({ reason })]
    });

    it('[GPU4] shows its figures, who computes, who keeps memory, and strangers with their owner', () => {
      const leased = { ...onGpu, pid: 8, holderId: 'k1', leased: true, memoryBytes: GIB };
      const grant = { cpus: null, threads: null, memoryBytes: null, gpus: ['GPU-1'] };
      const before = done({ id: 'c0', holderId: 'k2', label: '[2]', grant });
      const stranger = { ...onGpu, pid: 9, owner: 'eve', holderId: null, memoryBytes: 2 * GIB };
      const screen = { ...stranger, pid: 10, owner: 'gdm', name: 'Xorg', isDisplay: true } as const;
      const processes = [onGpu, leased, stranger, screen];
      const shown = {
        ...full,
        node: node({ gpus: [gpu({ leasedTo: ['k1'], processes })] }),
        claims: [running({ label: '[5]', grant }), before]
      };
      const host = panel({ snapshot: shown });
      const bar = [...host.querySelectorAll('.cg-Bar')][2]!;
      expect(bar.getAttribute('aria-label')).toBe(
        'GPU 0: H200 · 63 of 140 GiB · 41 % busy · 64 °C · 300 W'
      );
      const lines = [...host.querySelectorAll('.cg-Holders li')].map(it => it.textContent);
      expect(host.querySelectorAll('.cg-Holders [data-tone="error"]')).toHaveLength(1);
      expect(lines).toEqual([
        'explore.ipynb ▸ [2] bo · keeps 60 GiB, no grant now ',
        'work.ipynb ▸ [5] · computes, 1 GiB ',
        ' process 9 of eve python · 2 GiB · no grant',
        ' process 10 of gdm Xorg · 2 GiB · draws a screen'
      ]);
    });

    it('[GPU7] says of one that is lost that it does not answer', () => {
      const unknown = {
        memoryUsedBytes: null,
        utilisation: null,
        temperatureC: null,
        powerW: null
      };
      const lost = { ...unknown, isLost: true as const };
      const host = panel({ snapshot: { ...full, node: node({ gpus: [gpu(lost)] }) } });
      const bar = [...host.querySelectorAll('.cg-Bar')][2]!;
      expect(bar.getAttribute('aria-label')).toBe('GPU 0: H200 · does not answer');
    });

    it('[GPU5] names in the queue who keeps what a cell waits for, and asks it', () => {
      const calls: string[] = [];
      const host = panel({ snapshot: full, keepers: keepersTo(calls) });
      const item = host.querySelector<HTMLElement>('.cg-QueueItem')!;
      expect(item.textContent).toContain('explore.ipynb bokeeps 60 GiB of GPU 0, idle for 1:00');
      click(button(item, 'Ask to free'));
      expect(calls).toEqual(['free k2']);
    });

    it("[GPU5] offers nothing about somebody else's wait", () => {
      const host = panel({ snapshot: full, paths: new Map([['k2', 'explore.ipynb']]) });
      expect(host.querySelector('.cg-QueueItem .cg-Keeper')).toBeNull();
    });

    it('[GPU5] shows to the owner alone that somebody asks for a restart', () => {
      const calls: string[] = [];
      const restartRequest = {
        claimId: 'c1',
        holderName: 'a/work.ipynb',
        label: '[3]',
        owner: 'ana',
        reason,
        sinceMs: NOW_MS,
        declined: false
      };
      const asked = { ...full, holders: [{ ...idle, restartRequest }] };
      const own = new Map([['k2', 'explore.ipynb']]);
      const host = panel({ snapshot: asked, paths: own, keepers: keepersTo(calls) });
      const request = host.querySelector<HTMLElement>('.cg-Request')!;
      expect(request.textContent).toContain(
        'work.ipynb ▸ [3] of ana asks you to restart it: it waits for 1 GPU; 60 GiB of GPU 0 held by explore.ipynb.'
      );
      click(button(request, 'Restart…'));
      click(button(request, 'Keep it'));
      expect(calls).toEqual(['restart k2', 'decline k2']);
      expect(panel({ snapshot: asked }).querySelector('.cg-Request')).toBeNull();
    });
  });
});
