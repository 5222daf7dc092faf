import { connect, type Socket } from 'node:net';

import { LINE_BYTES_MAX } from '../protocol/gate';
import { TestConnection, type TestKernel } from '../testing/gate';
import { TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';

/** With so many descriptors there are 354 connections of gates and 118 of the API. */
const DESCRIPTORS = 600;
const ALL = 400;

describe('floods on a real sidecar that has few descriptors', () => {
  const stage = new Stage();
  let sidecar: TestSidecar;
  let kernel: TestKernel;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    const through = ['prlimit', `--nofile=${DESCRIPTORS}`];
    sidecar = stage.adopt(await TestSidecar.startIn({ dir: stage.directory(), through }));
    kernel = await stage.connected(sidecar);
  });

  afterEach(() => sockets.splice(0).forEach(it => it.destroy()));
  afterAll(() => stage.clear());

  /** A connection that says this and no more; it may be hung up on. */
  function open(path: string, said: string): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect(path, () => {
        socket.write(said);
        resolve(socket);
      });
      sockets.push(socket);
      socket.on('error', reject);
    });
  }

  /** The kernel of before has its cells granted, a newcomer is served, and the API answers. */
  async function isServed(name: string): Promise<void> {
    kernel.claim(name);
    await kernel.gate.hear('granted', name);
    kernel.release(name);
    const newcomer = await stage.connected(sidecar);
    newcomer.gate.close();
    expect((await sidecar.ask('GET', '/healthz')).status).toBe(200);
  }

  it('serves on while more connect than there may be and say nothing', async () => {
    for (let n = 0; n < ALL; n += 1) {
      await open(sidecar.gatePath, '').catch(() => undefined);
    }
    await isServed('silent');
  });

  it('serves on while more requests are begun than there may be', async () => {
    for (let n = 0; n < ALL; n += 1) {
      await open(sidecar.apiPath, 'GET /api/v1/snapshot HTTP/1.1\r\nX: ').catch(() => undefined);
    }
    await isServed('half requests');
  });

  it('serves on while more lines are begun than may be held', async () => {
    const line = `{"type":"${'x'.repeat(LINE_BYTES_MAX - 100)}`;
    for (let n = 0; n < ALL / 2; n += 1) {
      await open(sidecar.gatePath, line).catch(() => undefined);
    }
    await isServed('half lines');
    const closed = sockets.filter(it => it.readyState !== 'open').length;
    expect(closed).toBeGreaterThan(ALL / 2 - 2 * 64);
  });

  it('refuses a newcomer by name where all connections are of kernels', async () => {
    const narrow = stage.adopt(
      await TestSidecar.startIn({ dir: stage.directory(), through: ['prlimit', '--nofile=144'] })
    );
    // 12 connections of gates, all of which have said hello.
    for (let n = 0; n < 12; n += 1) {
      await stage.connected(narrow);
    }
    const late = await TestConnection.open(narrow);
    expect(await late.hear('problem')).toMatchObject({ code: 'TOO_MANY', details: { limit: 12 } });
  });

  it('hears no more of one that reads no answers, and all of it when it does', async () => {
    const prepare = JSON.stringify({ type: 'prepare', holderId: 'flood' });
    const socket = await open(sidecar.gatePath, `${prepare}\n`.repeat(20_000));
    await isServed('unread');
    // What was not heard is not even read: it fills the socket of whoever said it.
    expect(socket.writableLength).toBeGreaterThan(0);
    let answers = 0;
    await new Promise<void>(resolve =>
      socket.on('data', chunk => {
        answers += String(chunk).split('\n').length - 1;
        answers === 20_000 && resolve();
      })
    );
  });

  it('[API5] hears of one that says only what is refused less than of others', async () => {
    const lines = 2000;
    const answersOf = (socket: Socket) => {
      const heard = { count: 0 };
      socket.on('data', chunk => (heard.count += String(chunk).split('\n').length - 1));
      return heard;
    };
    const refused = answersOf(await open(sidecar.gatePath, '{"type":nonsense}\n'.repeat(lines)));
    const prepare = `${JSON.stringify({ type: 'prepare', holderId: 'flood' })}\n`;
    const other = answersOf(await open(sidecar.gatePath, prepare.repeat(lines)));
    while (other.count < lines) {
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(refused.count).toBeGreaterThan(0);
    expect(refused.count).toBeLessThan(lines);
  });

  it('survives that nobody hears what is said to those who come too late', async () => {
    sidecar.signal('SIGSTOP');
    for (let n = 0; n < 10; n += 1) {
      (await TestConnection.open(sidecar)).close();
    }
    sidecar.signal('SIGCONT');
    await isServed('gone');
  });
});
