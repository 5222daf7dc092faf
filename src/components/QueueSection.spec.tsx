import * as React from 'react';

import { click, draw, erase, keepersTo, trans } from '../testing/draw';
import { NOW_MS, snapshot, waiting } from '../testing/facts';
import { QueueSection } from './QueueSection';

describe('the queue', () => {
  afterEach(erase);

  it('[ADM15] moves a claim up before others of its user, where it may', () => {
    const asking = (id: string, its = {}) => waiting({ id, label: `[${id}]`, ...its });
    const claims = [
      asking('1'),
      asking('2', { owner: 'bo', holderId: 'k9' }),
      asking('3'),
      asking('4', { ask: { ...waiting().ask, priority: 1 } }),
      asking('5', { owner: 'bo', holderId: 'k9' })
    ];
    const calls: string[] = [];
    const host = draw(
      <QueueSection
        trans={trans}
        snapshot={snapshot({ claims })}
        nowMs={NOW_MS}
        marks={new Map()}
        paths={new Map([['k1', 'a/work.ipynb']])}
        onCancel={() => undefined}
        onMoveUp={id => calls.push(id)}
        onReveal={() => undefined}
        keepers={keepersTo([])}
      />
    );
    const buttons = [...host.querySelectorAll('button')].filter(it => it.textContent === 'Move Up');
    expect(buttons.map(it => it.getAttribute('aria-label'))).toEqual(['Move work.ipynb [3] up']);
    click(buttons[0]!);
    expect(calls).toEqual(['3']);
  });
});
