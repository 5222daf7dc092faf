import { BoxPanel, Widget } from '@lumino/widgets';
import { MessageLoop } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import { TestArbiter } from '../testing/arbiter';
import { button, trans } from '../testing/draw';
import { kernel, NOW_MS, running, snapshot } from '../testing/facts';
import { CullBanner } from './cullBanner';

const cull = { usedMs: 0, atMs: NOW_MS + 60_000, keptUntilMs: null, keepMs: 1000 };
const culled = {
  holderId: 'k1',
  holderName: 'work.ipynb',
  owner: 'ana',
  notebook: '/srv/a/work.ipynb',
  atMs: NOW_MS,
  usedMs: 0,
  memoryBytes: null,
  gpuMemoryBytes: null
};

describe('the banner of a notebook', () => {
  let test: TestArbiter;
  let banner: CullBanner;
  let header: BoxPanel;
  let kept: string[];
  let started: number;
  let session: { kernel: { id: string } } | null;
  let revision: number;

  beforeEach(() => {
    test = new TestArbiter();
    header = new BoxPanel();
    [kept, started, revision] = [[], 0, 1];
    session = { kernel: { id: 'k1' } };
    Widget.attach(header, document.body);
    const sessionContext = {
      path: 'a/work.ipynb',
      get session() {
        return session;
      },
      kernelChanged: new Signal<object, object>({}),
      startKernel: async () => void (started += 1)
    };
    banner = new CullBanner({
      panel: { sessionContext, contentHeader: header, disposed: new Signal({}) } as never,
      arbiter: test.model,
      kernelPaths: { paths: new Map([['k1', 'a/work.ipynb']]) } as never,
      trans,
      onKeep: id => kept.push(id)
    });
  });

  afterEach(() => {
    banner.dispose();
    header.dispose();
    test.model.dispose();
  });

  async function push(its: object): Promise<string> {
    await React.act(async () => {
      test.push({ ...snapshot(its), revision: (revision += 1) });
      header.widgets.forEach(it => MessageLoop.sendMessage(it, Widget.Msg.UpdateRequest));
    });
    return header.node.textContent ?? '';
  }

  const press = (label: string) => React.act(async () => button(header.node, label)!.click());

  it('[CULL4] counts down with a button to keep the kernel, and is gone when it is used', async () => {
    expect(await push({ holders: [kernel()] })).toBe('');
    expect(header.widgets).toEqual([]);
    expect(await push({ holders: [kernel({ cull })] })).toContain('will be shut down at');
    await press('Keep');
    expect(kept).toEqual(['k1']);
    expect(await push({ holders: [kernel({ state: 'running' })] })).toBe('');
    expect(header.widgets).toEqual([]);
  });

  it('[CULL7] says why the kernel is gone, until a cell runs in the next one', async () => {
    session = null;
    expect(await push({ culled: [culled] })).toContain('nothing had used it');
    await press('Start a new kernel');
    expect(started).toBe(1);
    session = { kernel: { id: 'k2' } };
    const next = { culled: [culled], holders: [kernel({ id: 'k2' })] };
    expect(await push(next)).toContain('nothing had used it');
    expect(button(header.node, 'Start a new kernel')).toBeNull();
    expect(await push({ ...next, claims: [running({ holderId: 'k2' })] })).toBe('');
  });

  it('[CULL7] can be dismissed, and says nothing in other notebooks', async () => {
    session = null;
    expect(await push({ culled: [{ ...culled, notebook: '/srv/b/work.ipynb' }] })).toBe('');
    expect(await push({ culled: [culled] })).not.toBe('');
    await press('Dismiss');
    expect(await push({ culled: [culled] })).toBe('');
  });
});
