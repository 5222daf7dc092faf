import * as React from 'react';

import { PlotsView } from '../history/PlotsView';
import { ReportView } from '../history/ReportView';
import { NOW_MS } from '../testing/facts';
import { button, click, draw, erase, trans } from '../testing/draw';
import { executed, PALETTE, report, series } from '../testing/past';
import type { Choice } from './board';
import { HistoryBar, type HistoryBarProps } from './HistoryBar';
import { rowsOf } from './rows';
import { spanOf } from './spans';
import { TimelineView, type TimelineViewProps } from './TimelineView';

afterEach(erase);

const common = {
  trans,
  range: { fromMs: NOW_MS - 60_000, toMs: NOW_MS },
  palette: PALETTE,
  isTable: true,
  onPicture: () => undefined,
  onProblem: () => undefined
};

function timeline(its: Partial<TimelineViewProps> = {}): HTMLElement {
  return draw(
    <TimelineView
      {...common}
      rows={rowsOf([spanOf(executed())], [], new Map())}
      nowMs={NOW_MS}
      isLoading={false}
      isFull={false}
      canPick={() => true}
      onPick={() => undefined}
      {...its}
    />
  );
}

describe('[UI10] the timeline as a table', () => {
  it('says what the picture shows, and leads to the cells', () => {
    const picked: string[] = [];
    const host = timeline({ onPick: span => picked.push(span.claimId) });
    const cells = [...host.querySelectorAll('tbody th, tbody td')].map(it => it.textContent);
    expect(cells[0]).toBe('work.ipynb ▸ [1]');
    expect(cells.slice(3)).toEqual(['waited 1 s, ran 4 s', '2 CPUs, 3 GiB', 'done']);
    click(button(host, 'work.ipynb'));
    expect(picked).toEqual(['c1']);
  });

  it('has no link to what cannot be shown', () => {
    expect(timeline({ canPick: () => false }).querySelector('button')).toBeNull();
  });

  it('says why it is empty', () => {
    expect(timeline({ rows: [] }).textContent).toContain('No cell ran in this time.');
    expect(timeline({ rows: [], isLoading: true }).textContent).toBe('Loading…');
  });

  it('says where there are too many', () => {
    expect(timeline({ isFull: true }).textContent).toContain('choose a shorter range');
  });
});

describe('[UI11] plots and report', () => {
  it('are a table, too, with the newest figures first', () => {
    const host = draw(
      <PlotsView
        {...common}
        series={series()}
        subjects={[{ word: 'node', name: 'the node' }]}
        subject="node"
        onSubject={() => undefined}
      />
    );
    const rows = [...host.querySelectorAll('tbody tr')].map(row =>
      [...row.querySelectorAll('td')].map(it => it.textContent)
    );
    expect(rows[0]).toEqual(['3', '4', '2 GiB']);
    expect(rows[1]).toEqual(['–', '–', '–']);
  });

  it('say what a notebook waited, ran and used; of GPUs only where there are some', () => {
    const by: string[] = [];
    const host = draw(
      <ReportView
        trans={trans}
        report={report('notebook', 'work.ipynb')}
        by="notebook"
        onBy={it => by.push(it)}
      />
    );
    const cells = [...host.querySelectorAll('tbody th, tbody td')].map(it => it.textContent);
    expect(cells).toEqual([
      ...['work.ipynb', '3', '12 s', '40 s', '1 min 12 s', '1 min 20 s', '1 GiB h', '2 GiB h']
    ]);
    expect(host.textContent).not.toContain('GPU');
    click(host.querySelectorAll('input')[1]!);
    expect(by).toEqual(['day']);
  });
});

describe('[UI3] the bar of the history', () => {
  const choice: Choice = {
    ...{ view: 'timeline', range: 'hour', isTable: false, of: { kind: 'node' }, by: 'notebook' }
  };

  function bar(its: Partial<HistoryBarProps> = {}): HTMLElement {
    return draw(
      <HistoryBar
        trans={trans}
        choice={choice}
        formats={['json']}
        onChoose={() => undefined}
        onExport={() => undefined}
        {...its}
      />
    );
  }

  it('has one tab stop, and arrows between its tabs', () => {
    const chosen: object[] = [];
    const host = bar({ onChoose: it => chosen.push(it) });
    const tabs = [...host.querySelectorAll<HTMLElement>('[role="tab"]')];
    expect(tabs.map(it => it.tabIndex)).toEqual([0, -1, -1]);
    React.act(() => {
      tabs[0]!.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true }));
    });
    expect(chosen).toEqual([{ view: 'report' }]);
    expect(document.activeElement).toBe(tabs[2]);
  });

  it('offers as files what can be had', () => {
    const exported: string[] = [];
    const host = bar({ onExport: it => exported.push(it) });
    expect(button(host, 'PNG')!.disabled).toBe(true);
    click(button(host, 'JSON'));
    expect(exported).toEqual(['json']);
  });
});
