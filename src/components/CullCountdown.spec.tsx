import * as React from 'react';

import { button, click, draw, erase, redraw, trans } from '../testing/draw';
import { GIB, kernel, NOW_MS } from '../testing/facts';
import { CullCountdown } from './CullCountdown';
import { CulledNotice } from './CulledNotice';

const HOUR = 3_600_000;
const cull = { usedMs: NOW_MS - 2 * HOUR, atMs: NOW_MS + 61_000, keptUntilMs: null, keepMs: HOUR };
const idle = kernel({ memoryBytes: 3 * GIB, gpuMemoryBytes: GIB, cull });
const paths = new Map([['k1', 'a/work.ipynb']]);

describe('the countdown of an idle kernel', () => {
  let kept: string[];
  const countdown = (its = {}, nowMs = NOW_MS) => (
    <CullCountdown
      trans={trans}
      nowMs={nowMs}
      kernel={{ ...idle, ...its }}
      paths={paths}
      onKeep={id => kept.push(id)}
    />
  );

  // Times of another day are written with their date.
  const at = (hour: number) => jest.useFakeTimers({ now: new Date(2030, 0, 1, hour) });
  beforeEach(() => {
    kept = [];
    at(12);
  });
  afterEach(erase);
  afterEach(() => jest.useRealTimers());

  it('[CULL4] says when, and what will be lost', () => {
    const host = draw(countdown());
    expect(host.textContent).toMatch(/Idle: will be shut down at \d+:\d+.* \(in 1:01\)/);
    expect(host.textContent).toContain('Its variables (3 GiB of memory, 1 GiB of GPU memory)');
    expect(host.textContent).toContain('the notebook file stays as it is');
  });

  it('[CULL4] keeps it by a button with a name of its own', () => {
    const host = draw(countdown());
    const keep = button(host, 'Keep');
    expect(keep!.getAttribute('aria-label')).toBe('Keep the kernel of work.ipynb');
    expect(keep!.title).toContain('1 h');
    click(keep);
    expect(kept).toEqual(['k1']);
  });

  it('is read once, not every second', async () => {
    const host = draw(countdown());
    const read = () =>
      [...host.querySelectorAll('[role=status] > span')].map(it => {
        const copy = it.cloneNode(true) as HTMLElement;
        copy.querySelectorAll('[aria-hidden=true]').forEach(hidden => hidden.remove());
        return copy.textContent;
      });
    const before = read();
    const clock = host.querySelector('.cg-Clock')!.textContent;
    await redraw(host, countdown({}, NOW_MS + 1000));
    expect(read()).toEqual(before);
    expect(host.querySelector('.cg-Clock')!.textContent).not.toBe(clock);
  });

  it('[CULL4] offers nothing to others, nor where the configuration does not', () => {
    expect(button(draw(countdown({ id: 'k9' })), 'Keep')).toBeNull();
    expect(button(draw(countdown({ cull: { ...cull, keepMs: 0 } })), 'Keep')).toBeNull();
  });

  it('[CULL4] is over when the kernel is kept, runs, or is not to end', () => {
    const keptUntilMs = NOW_MS + HOUR;
    const host = draw(countdown({ cull: { ...cull, atMs: null, keptUntilMs } }));
    expect(host.textContent).toMatch(/^idle, kept until \d+:\d+/);
    at(23);
    expect(draw(countdown({ cull: { ...cull, atMs: null, keptUntilMs } })).textContent).toMatch(
      /^idle, kept until Jan 2, 2030, 12:00/
    );
    expect(draw(countdown({ state: 'running' })).textContent).toBe('');
    expect(draw(countdown({ cull: undefined })).textContent).toBe('');
  });
});

describe('the notice of a kernel that was shut down', () => {
  afterEach(erase);

  it('[CULL7] says when, why and what it kept, and offers a new kernel', () => {
    const calls: string[] = [];
    const culled = {
      holderId: 'k1',
      holderName: 'work.ipynb',
      owner: 'ana',
      notebook: '/srv/a/work.ipynb',
      atMs: NOW_MS,
      usedMs: NOW_MS - 2 * HOUR,
      memoryBytes: 3 * GIB,
      gpuMemoryBytes: null
    };
    const host = draw(
      <CulledNotice
        trans={trans}
        culled={culled}
        nowMs={NOW_MS}
        onStart={() => calls.push('start')}
        onDismiss={() => calls.push('dismiss')}
      />
    );
    expect(host.textContent).toMatch(
      /was shut down at \d+:\d+.*, because nothing had used it for 2 h\. Its variables are gone \(3 GiB of memory\)/
    );
    click(button(host, 'Start a new kernel'));
    click(button(host, 'Dismiss'));
    expect(calls).toEqual(['start', 'dismiss']);
  });
});
