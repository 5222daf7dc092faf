import * as React from 'react';

import type { Keeper } from '../arbiter/keeper';
import { button, click, draw, erase, keepersTo, trans } from '../testing/draw';
import { GIB, NOW_MS } from '../testing/facts';
import { KeeperActions } from './KeeperActions';

/** What is offered about a keeper, and what was called when every button was clicked. */
function offered(its: Partial<Keeper>): { said: string; buttons: string[]; calls: string[] } {
  const calls: string[] = [];
  const keeper: Keeper = {
    kernelId: 'k2',
    name: 'a/explore.ipynb',
    bytes: 60 * GIB,
    own: true,
    askedMs: null,
    claimId: 'c1',
    request: 'none',
    ...its
  };
  const host = draw(
    <KeeperActions trans={trans} keeper={keeper} nowMs={NOW_MS} calls={keepersTo(calls)} />
  );
  const buttons = [...host.querySelectorAll('button')];
  buttons.forEach(it => click(it));
  const said = [...host.querySelectorAll('[role="status"]')].map(it => it.textContent).join(' ');
  return { said: said.trim(), buttons: buttons.map(it => it.textContent!), calls };
}

const LONG_AGO = NOW_MS - 60_000;

describe('KeeperActions', () => {
  afterEach(erase);

  it('[GPU5] offers to ask first, and nothing else', () => {
    expect(offered({})).toEqual({ said: '', buttons: ['Ask to free'], calls: ['free k2'] });
  });

  it('[GPU5] waits for the answer', () => {
    expect(offered({ askedMs: NOW_MS - 1000 })).toEqual({
      said: 'was asked to free 60 GiB…',
      buttons: [],
      calls: []
    });
  });

  it('[GPU5] offers a restart to its owner when asking did not help', () => {
    expect(offered({ askedMs: LONG_AGO })).toEqual({
      said: 'was asked, still keeps 60 GiB',
      buttons: ['Ask again', 'Restart that kernel…'],
      calls: ['free k2', 'restart k2']
    });
  });

  it('[GPU5] offers to everybody else to ask its owner', () => {
    const { buttons, calls } = offered({ askedMs: LONG_AGO, own: false });
    expect(buttons).toEqual(['Ask again', 'Request restart']);
    expect(calls).toEqual(['free k2', 'request k2 for c1']);
  });

  it.each([
    ['open', 'its owner was asked to restart it'],
    ['declined', 'its owner keeps it']
  ] as const)('[GPU5] says what became of that request: %s', (request, said) => {
    const shown = offered({ askedMs: LONG_AGO, own: false, request });
    expect(shown.said).toContain(said);
    expect(shown.buttons).toEqual(['Ask again']);
  });

  it('[GPU5] names the kernel where nothing beside it does', () => {
    const keeper = { kernelId: 'k2', name: 'a/explore.ipynb', bytes: 60 * GIB, own: true } as const;
    const host = draw(
      <KeeperActions
        trans={trans}
        keeper={{ ...keeper, askedMs: null, claimId: 'c1', request: 'none' }}
        nowMs={NOW_MS}
        calls={keepersTo([])}
        isNamed
      />
    );
    expect(host.querySelector('[role="status"]')!.textContent).toBe('explore.ipynb keeps 60 GiB');
  });

  it('[UI3] says whose memory its buttons are about', () => {
    const keeper = { kernelId: 'k2', name: 'a/explore.ipynb', bytes: GIB, own: true } as const;
    const host = draw(
      <KeeperActions
        trans={trans}
        keeper={{ ...keeper, askedMs: null, claimId: null, request: 'none' }}
        nowMs={NOW_MS}
        calls={keepersTo([])}
      />
    );
    expect(host.querySelector('[role="group"]')!.getAttribute('aria-label')).toBe(
      'GPU memory kept by explore.ipynb'
    );
    expect(button(host, 'Ask to free')!.title).toContain('its variables stay');
  });
});
