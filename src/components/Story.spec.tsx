import * as React from 'react';

import { refusal } from '../../server/protocol/errors';
import { UNRESTRICTED } from '../../server/protocol/grant';
import type { StoryLine } from '../../server/protocol/view';
import { draw, erase, redraw, trans } from '../testing/draw';
import { done, NOW_MS, running, waiting } from '../testing/facts';
import { Story, type StoryProps } from './Story';

const LINES: StoryLine[] = [
  { atMs: NOW_MS, fact: { kind: 'claimed' } },
  {
    atMs: NOW_MS + 12_000,
    fact: { kind: 'granted', granted: { ...UNRESTRICTED, gpus: [] }, waitedMs: 12_000 }
  }
];

describe('Story', () => {
  afterEach(erase);

  let asked: string[];
  let answer: () => Promise<readonly StoryLine[]>;
  const story = (claim: StoryProps['claim']): React.ReactElement => (
    <Story
      trans={trans}
      claim={claim}
      paths={new Map()}
      storyOf={id => {
        asked.push(id);
        return answer();
      }}
    />
  );

  async function open(host: HTMLElement): Promise<void> {
    await React.act(async () => {
      const details = host.querySelector('details')!;
      details.open = true;
      details.dispatchEvent(new Event('toggle'));
    });
  }

  const lines = (host: HTMLElement): (string | null)[] =>
    [...host.querySelectorAll('li')].map(it => it.textContent);

  let shown: string[];

  beforeEach(() => {
    shown = [];
    // jsdom has no layout.
    Element.prototype.scrollIntoView = function (this: Element): void {
      shown.push(`${this.tagName} with ${this.querySelectorAll('li').length} lines`);
    };
    asked = [];
    answer = async () => LINES;
  });

  it('[API1] speaks of a command as such', async () => {
    const why = { kind: 'runtime', group: 'lab', mostMs: 60_000 } as const;
    const told = refusal('EVICTED', { why });
    answer = async () => [{ atMs: NOW_MS, fact: { kind: 'told', refusal: told } }];
    const host = draw(story(done({ holderKind: 'command' })));
    await open(host);
    expect(lines(host)).toEqual([
      '+0 msThe grant of this command was taken back: commands of group lab may run for at most 60 s.'
    ]);
  });

  it('[API2] is asked for when it is opened, and tells each step with its time', async () => {
    const host = draw(story(done()));
    expect(asked).toEqual([]);
    await open(host);
    expect(asked).toEqual(['c1']);
    expect(lines(host)).toEqual(['+0 msClaimed.', '+12 sGranted all CPUs after 12 s.']);
  });

  it('[UI9] comes into view when it is told, and not again when it goes on', async () => {
    const host = draw(story(waiting()));
    await open(host);
    expect(shown).toEqual(['DETAILS with 2 lines', 'SUMMARY with 0 lines']);
    await redraw(host, story(running()));
    expect(shown).toHaveLength(2);
  });

  it('[API2] follows its claim, but does not ask at every figure', async () => {
    const host = draw(story(waiting()));
    await open(host);
    await redraw(host, story(waiting({ startsIn: { fromMs: 4000, toMs: 6000, runs: 3 } })));
    expect(asked).toEqual(['c1']);
    await redraw(host, story(running()));
    await redraw(host, story(running({ cpusBusy: 2 })));
    expect(asked).toEqual(['c1', 'c1']);
    await redraw(host, story(done({ id: 'c2' })));
    expect(asked).toEqual(['c1', 'c1', 'c2']);
  });

  it('says why there is none', async () => {
    answer = () => Promise.reject(new Error('There is no claim "c1".'));
    const host = draw(story(done()));
    await open(host);
    expect(host.textContent).toContain('There is no claim "c1".');
    expect(lines(host)).toEqual([]);
  });
});
