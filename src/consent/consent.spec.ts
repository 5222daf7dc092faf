import { Notification } from '@jupyterlab/apputils';
import { ServerConnection } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { TestArbiter } from '../testing/arbiter';
import { trans } from '../testing/draw';
import { GIB, gpu, kernel, node, snapshot, waiting } from '../testing/facts';
import { Consent } from './consent';
import { RestartRequests } from './requests';

// JupyterLab draws its dialogs by itself.
(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = false;

const held = { pid: 7, name: 'python', memoryBytes: 60 * GIB, owner: 'bo', leased: false };
const [blocker] = waiting().reason.blockers;
const reason = {
  ...waiting().reason,
  blockers: [{ ...blocker!, holderId: 'k2', keepsGpuBytes: 60 * GIB }]
} as const;
const idle = kernel({ id: 'k2', name: 'explore.ipynb', owner: 'bo' });
const shown = snapshot({
  node: node({ gpus: [gpu({ processes: [{ ...held, holderId: 'k2' }] })] }),
  holders: [idle],
  claims: [waiting({ reason })]
});

/** The dialog in sight, once there is one. */
async function dialog(): Promise<HTMLElement> {
  for (;;) {
    const found = document.querySelector<HTMLElement>('.jp-Dialog');
    // Its header is drawn a moment later, by React.
    if (found?.querySelector('.jp-Dialog-header')?.textContent) {
      return found;
    }
    await new Promise(resolve => setTimeout(resolve, 1));
  }
}

function press(host: HTMLElement, label: string): void {
  [...host.querySelectorAll('button')].find(it => it.textContent === label)!.click();
}

describe('consent', () => {
  let test: TestArbiter;
  let requests: string[];
  let consent: Consent;
  const paths = new Map([['k2', 'a/explore.ipynb']]);
  const kernelPaths = {
    paths,
    changed: new Signal<never, void>({} as never),
    reveal: async () => undefined
  };

  beforeEach(() => {
    test = new TestArbiter();
    requests = [];
    const fetch = async (request: Request): Promise<Response> => {
      requests.push(`${request.method} ${request.url.replace(/\?.*/, '')}`);
      const status = request.method === 'DELETE' ? 204 : 200;
      return { status, ok: true, json: async () => ({ id: 'k2', name: 'py' }) } as Response;
    };
    const serverSettings = ServerConnection.makeSettings({
      baseUrl: 'http://localhost/',
      fetch: fetch as never
    });
    consent = new Consent({
      arbiter: test.model,
      kernelPaths: kernelPaths as never,
      tracker: null,
      trans,
      serverSettings
    });
    test.push(shown);
  });

  afterEach(() => {
    test.model.dispose();
    Notification.dismiss();
  });

  it('[GPU5] restarts through Jupyter, once its owner has agreed', async () => {
    const restarted = consent.restart('k2');
    const host = await dialog();
    expect(host.textContent).toContain('Restart the kernel of explore.ipynb?');
    expect(host.textContent).toContain('keeps 60 GiB of GPU memory');
    expect(host.textContent).toContain('Waiting for it: work.ipynb ▸ [1].');
    expect(host.textContent).toContain('Its variables will be lost');
    expect(requests).toEqual([]);
    press(host, 'Restart');
    expect(await restarted).toBe(true);
    expect(requests).toEqual(['POST http://localhost/api/kernels/k2/restart']);
  });

  it('[GPU5] leaves the kernel alone where its owner says no', async () => {
    const restarted = consent.restart('k2');
    press(await dialog(), 'Keep it');
    expect(await restarted).toBe(false);
    expect(requests).toEqual([]);
  });

  it('[GPU5] leaves a kernel alone that runs a cell by then', async () => {
    const restarted = consent.restart('k2');
    const host = await dialog();
    test.push({ ...shown, revision: 2, holders: [{ ...idle, state: 'running' }] });
    press(host, 'Restart');
    expect(await restarted).toBe(false);
    expect(requests).toEqual([]);
    expect(Notification.manager.notifications[0]!.message).toContain('runs a cell now');
  });

  it('[UI13] shuts a kernel down, once a person has agreed', async () => {
    test.push({ ...shown, revision: 2, holders: [{ ...idle, state: 'running' }] });
    const ended = consent.shutDown('k2');
    const host = await dialog();
    expect(host.textContent).toContain('Shut down the kernel of explore.ipynb?');
    expect(host.textContent).toContain('It runs a cell now, which will be ended.');
    expect(host.textContent).toContain('This gives back 1 GiB of memory.');
    expect(requests).toEqual([]);
    press(host, 'Shut Down');
    await ended;
    expect(requests).toEqual(['DELETE http://localhost/api/kernels/k2']);
    expect(Notification.manager.notifications).toEqual([]);
  });

  it('[UI13] leaves a kernel alone where the person says no, and one of somebody else', async () => {
    const ended = consent.shutDown('k2');
    press(await dialog(), 'Keep it');
    await ended;
    await consent.shutDown('k9');
    expect(requests).toEqual([]);
  });

  it('[GPU5] never restarts a kernel of somebody else', async () => {
    expect(await consent.restart('k9')).toBe(false);
    expect(document.querySelector('.jp-Dialog')).toBeNull();
  });

  it('[GPU5] shows a request to the owner until it is answered', () => {
    new RestartRequests({
      arbiter: test.model,
      kernelPaths: kernelPaths as never,
      consent,
      trans
    });
    const restartRequest = {
      claimId: 'c1',
      holderName: 'work.ipynb',
      label: '[3]',
      owner: 'ana',
      reason,
      sinceMs: 0,
      declined: false
    };
    const asked = { ...shown, holders: [{ ...idle, restartRequest }] };
    test.push({ ...asked, revision: 2 });
    test.push({ ...asked, revision: 3 });
    const { manager } = Notification;
    expect(manager.notifications.map(it => it.message)).toEqual([
      'May the kernel of explore.ipynb be restarted? ' +
        'work.ipynb ▸ [3] of ana waits for GPU memory that it keeps.'
    ]);
    const [restart, keep] = manager.notifications[0]!.options.actions!;
    expect([restart!.label, keep!.label]).toEqual(['Restart…', 'Keep it']);
    keep!.callback(new MouseEvent('click'));
    expect(test.client.sent).toEqual([['declineRestart', 'k2']]);
    const declined = { ...restartRequest, declined: true };
    test.push({ ...shown, revision: 4, holders: [{ ...idle, restartRequest: declined }] });
    expect(manager.notifications).toEqual([]);
  });

  it('shows a refusal to who asked', async () => {
    test.client.refusal =
      'The holder "explore.ipynb" cannot be asked for GPU memory: it keeps none.';
    await consent.free('k2');
    expect(Notification.manager.notifications[0]!.message).toContain('it keeps none');
    expect(test.client.sent).toEqual([['free', 'k2']]);
  });
});
