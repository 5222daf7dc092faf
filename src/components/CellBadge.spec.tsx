import * as React from 'react';

import { NOTHING_ASKED } from '../../server/protocol/ask';
import { refusal, sentenceOf } from '../../server/protocol/errors';
import { type Badge, placeOf } from '../arbiter/badge';
import { button, click, draw, erase, keepersTo, trans } from '../testing/draw';
import { done, GIB, NOW_MS, running, waiting } from '../testing/facts';
import { CellBadge, type CellBadgeProps } from './CellBadge';

function badge(its: Badge, more: Partial<CellBadgeProps> = {}): HTMLElement {
  const ignore = (): void => undefined;
  return draw(
    <CellBadge
      trans={trans}
      badge={its}
      place="row"
      paths={new Map()}
      nowMs={NOW_MS}
      onCancel={ignore}
      onReveal={null}
      onEdit={ignore}
      keeper={null}
      keepers={keepersTo([])}
      {...more}
    />
  );
}

function finished(its: Parameters<typeof done>[0] = {}, more: Partial<Done> = {}): Badge {
  return { kind: 'done', claim: done(its), limits: [], next: null, ...more };
}

/** A language that has these words for what begins so. */
function translating(words: Readonly<Record<string, string>>): typeof trans {
  const own = (text: string): string =>
    Object.entries(words).find(([begins]) => text.startsWith(begins))?.[1] ?? text;
  return Object.assign(Object.create(trans) as typeof trans, {
    __: (text: string, ...args: string[]) => trans['__'](own(text), ...args)
  });
}

type Done = Extract<Badge, { kind: 'done' }>;

const LIMITS = [{ source: 'node', hints: { memoryBytes: 4 * GIB } }] as const;

const EVERY: readonly Badge[] = [
  { kind: 'asks', ask: { ...NOTHING_ASKED, gpus: 1 }, limits: [], fit: { kind: 'now' } },
  { kind: 'malformed', problems: [{ path: 'gpus', got: '1.5', expected: 'a whole number' }] },
  { kind: 'waiting', claim: waiting() },
  { kind: 'behind', first: waiting() },
  { kind: 'running', claim: running(), limits: [] },
  finished(),
  finished({ outcome: 'refused', grantedMs: null })
];

describe('CellBadge', () => {
  afterEach(erase);

  it('[UI1] tells states apart by word and by shape, not by colour alone', () => {
    const looks = EVERY.map(its => {
      const host = badge(its);
      return [
        host.querySelector('.cg-Chip-state')!.textContent,
        host.querySelector('svg')!.innerHTML
      ];
    });
    expect(new Set(looks.map(([word]) => word)).size).toBe(EVERY.length);
    expect(new Set(looks.map(([, shape]) => shape)).size).toBe(EVERY.length);
  });

  it('[ADM13] asks what was meant, before and after a run', () => {
    const doubts = [{ path: 'memroy', meant: 'memory' as const }];
    const asks: Badge = { kind: 'asks', ask: NOTHING_ASKED, limits: [], fit: { kind: 'now' } };
    for (const its of [asks, finished({})]) {
      expect(badge(its, { doubts }).textContent).toContain('Did you mean "memory"?');
    }
  });

  it('[UI7] leaves the focus with the cell when its wait is cancelled from the keyboard', () => {
    const onCancel = jest.fn();
    const host = badge({ kind: 'waiting', claim: waiting() }, { onCancel });
    host.tabIndex = -1;
    const cancel = button(host, 'Cancel')!;
    const down = new MouseEvent('mousedown', { bubbles: true, cancelable: true });
    cancel.dispatchEvent(down);
    expect(down.defaultPrevented).toBe(true);
    cancel.focus();
    click(cancel);
    expect(onCancel).toHaveBeenCalledWith('c1');
    expect(document.activeElement).toBe(host);
  });

  it('[UI1] says for what, in which place, behind whom and how long a cell waits', () => {
    const startsIn = { fromMs: 6200, toMs: 8900, runs: 5 };
    const host = badge({ kind: 'waiting', claim: waiting({ position: 2, startsIn }) });
    expect(host.textContent).toContain('waiting for memory · number 2 in line');
    expect(host.textContent).toContain('14 GiB held by holder.ipynb');
    expect(host.textContent).toContain('0:10');
    expect(host.textContent).toContain('starts in 6–9 s (by 5 past runs)');
  });

  it('[UI1] says with what a cell runs, and what it used', () => {
    const grant = { cpus: '8-11', threads: 4, memoryBytes: 8 * GIB, gpus: [] };
    expect(badge({ kind: 'running', claim: running({ grant }), limits: [] }).textContent).toContain(
      'running · 4 CPUs (8–11) · 8 GiB'
    );
    const used = badge(finished({ arrivedMs: NOW_MS - 7000 })).textContent;
    for (const text of ['done · 4 s', 'waited 2 s', '2.0 CPUs used', 'peak 3 GiB']) {
      expect(used).toContain(text);
    }
  });

  it('[HOLD1] [MEM3] says of a forked cell that it was killed, and of others that their kernel was', () => {
    const why = refusal('KILLED_AT_LIMIT', { limit: '1 GiB', kept: '' });
    const killed = (holderKind: 'kernel' | 'cell'): string =>
      badge(finished({ outcome: 'died', why, holderKind })).textContent!;
    expect(killed('kernel')).toContain('kernel died at its memory limit');
    expect(killed('cell')).toContain('killed at its memory limit');
    expect(killed('cell')).toContain('Its kernel continues.');
  });

  it('[API7] says a refusal, and what fills it, in the language of the page', () => {
    const why = refusal('IMPOSSIBLE', {
      path: 'gpuModel',
      asked: 'H200',
      total: { kind: 'ofModel', count: 1 }
    });
    const host = badge(
      { kind: 'asks', ask: NOTHING_ASKED, limits: [], fit: { kind: 'never', why } },
      {
        trans: translating({
          'This cell asks for {path}': 'XX {asked} {total}',
          '%1 of that': '%1 YY'
        })
      }
    );
    expect(host.textContent).toContain('a run would be refused: XX H200 1 YY');
  });

  it('[UI1] keeps after a run what it asked for and got, and leads to the hints', () => {
    const ask = { ...NOTHING_ASKED, cpus: { kind: 'fixed', n: 2 }, memoryBytes: GIB } as const;
    const grant = { cpus: '0-1', threads: 2, memoryBytes: GIB, gpus: [] };
    const next = {
      ask: { ...ask, memoryBytes: 8 * GIB },
      fit: { kind: 'waits', reason: waiting().reason, startsIn: null }
    } as const;
    const calls: string[] = [];
    const host = badge(finished({ ask, grant }, { next }), { onEdit: () => calls.push('edit') });
    for (const text of [
      'done · 4 s',
      'asked for 2 CPUs · 1 GiB',
      'got 2 CPUs (0–1) · 1 GiB',
      `the next run asks for 2 CPUs · 8 GiB: would wait now for 14 GiB; 14 GiB held by holder.ipynb`
    ]) {
      expect(host.textContent).toContain(text);
    }
    click(button(host, 'Edit'));
    expect(calls).toEqual(['edit']);
  });

  it('[UI1] names the default that holds a cell to something, before, while and after it runs', () => {
    const ask = { ...NOTHING_ASKED, memoryBytes: 4 * GIB };
    const grant = { cpus: null, threads: null, memoryBytes: 4 * GIB, gpus: [] };
    const states: readonly Badge[] = [
      { kind: 'asks', ask, limits: LIMITS, fit: null },
      { kind: 'running', claim: running({ ask, grant }), limits: LIMITS },
      finished({ ask, grant }, { limits: LIMITS })
    ];
    for (const state of states) {
      expect(badge(state).textContent).toContain('4 GiB (node default)');
      expect(badge(state, { place: 'corner' }).textContent).toContain('4 GiB (node default)');
    }
    const own = { ...ask, cpus: { kind: 'fixed', n: 2 } } as const;
    expect(badge({ kind: 'asks', ask: own, limits: LIMITS, fit: null }).textContent).toContain(
      '2 CPUs · 4 GiB (node default)'
    );
  });

  it('[ENF6] says of a running cell what could not be enforced', () => {
    const notEnforced = { kind: 'failed', what: 'cpuset.cpus', errno: 'ENOSPC' } as const;
    const host = badge({ kind: 'running', claim: running({ notEnforced }), limits: [] });
    expect(host.textContent).toContain(
      'The grant could not be enforced: cpuset.cpus failed with ENOSPC.'
    );
    expect(host.querySelector('.cg-Chip-state')!.textContent).not.toBe(
      badge({ kind: 'running', claim: running(), limits: [] }).querySelector('.cg-Chip-state')!
        .textContent
    );
  });

  it('cancels, shows the holder, and leads to the hints', () => {
    const calls: string[] = [];
    const host = badge(EVERY[2]!, {
      onCancel: id => calls.push(`cancel ${id}`),
      onReveal: id => calls.push(`reveal ${id}`)
    });
    click(button(host, 'Cancel'));
    click(button(host, 'Show holder'));
    click(button(badge(EVERY[1]!, { onEdit: () => calls.push('edit') }), 'Edit'));
    expect(calls).toEqual(['cancel c1', 'reveal k2', 'edit']);
  });

  it('[GPU5] offers to ask the kernel that keeps what the cell waits for', () => {
    const calls: string[] = [];
    const keeper = {
      kernelId: 'k2',
      name: 'explore.ipynb',
      bytes: 60 * GIB,
      own: true,
      askedMs: null,
      claimId: 'c1',
      request: 'none'
    } as const;
    const host = badge(EVERY[2]!, { keeper, keepers: keepersTo(calls) });
    click(button(host, 'Ask to free'));
    expect(calls).toEqual(['free k2']);
    expect(badge(EVERY[4]!, { keeper: null }).querySelector('.cg-Keeper')).toBeNull();
  });

  it('[MEM3] tells what a cell died of, which its dead kernel cannot', () => {
    const why = refusal('KILLED_AT_LIMIT', { limit: '1 GiB', kept: '' });
    const message = sentenceOf(why);
    const host = badge(finished({ outcome: 'died', why }));
    expect(host.textContent).toContain('kernel died');
    expect(host.querySelector('.cg-Badge-text')!.textContent).toContain(message);
    const refused = badge(finished({ outcome: 'refused', why }));
    expect(refused.textContent).not.toContain(message);
  });

  it('[UI1] names no peak of a run too short for its memory to be measured', () => {
    const short = done({ grantedMs: NOW_MS - 160, endedMs: NOW_MS, memoryPeakBytes: 39e6 });
    expect(badge(finished(short)).textContent).not.toContain('peak');
    const long = done({ grantedMs: NOW_MS - 1600, endedMs: NOW_MS, memoryPeakBytes: 39e6 });
    expect(badge(finished(long)).textContent).toContain('peak');
  });

  it('[MEM3] [MEM6] says why a cell was interrupted, with its use in the unit of its hint', () => {
    const why = refusal('MEMORY_NEAR_LIMIT', {
      used: '440 MB',
      limit: '500 MB',
      at: '438 MB',
      kept: ''
    });
    const claim = done({
      outcome: 'interrupted',
      why,
      ask: { ...NOTHING_ASKED, memoryBytes: 500e6 },
      memoryPeakBytes: 440.2e6
    });
    const its = finished(claim);
    const host = badge(its);
    expect(host.querySelector('[role="status"]')!.textContent).toContain(
      'interrupted near its memory limit'
    );
    expect(host.querySelector('.cg-Badge-text')!.textContent).toContain(
      `${sentenceOf(why)}\nasked for 500 MB · `
    );
    expect(host.textContent).toContain('peak 440 MB');
    expect(placeOf(its, null)).toBe('row');
  });

  it('[UI5] says that the server does not answer, and counts nothing', () => {
    const message = 'The Jupyter server does not answer.';
    for (const last of [waiting(), running()]) {
      const host = badge({ kind: 'lost', last, message });
      expect(host.textContent).toContain('the server does not answer');
      expect(host.textContent).toContain(last.state === 'waiting' ? 'waited' : 'ran');
      expect(host.querySelector('.cg-Clock')).toBeNull();
    }
  });

  it('[UI3] reads out the state and not its clock', () => {
    const host = badge(EVERY[2]!);
    expect(host.querySelector('[role="status"]')!.textContent).not.toMatch(/\d:\d\d/);
    expect(host.querySelector('.cg-Clock')!.getAttribute('aria-hidden')).toBe('true');
  });

  it('keeps all words within reach where there is little room', () => {
    const chip = badge(EVERY[5]!, { place: 'corner' }).querySelector('.cg-Chip')!;
    expect(chip.textContent).toBe('4 s');
    expect(chip.getAttribute('title')).toContain('2.0 CPUs used');
  });
});
