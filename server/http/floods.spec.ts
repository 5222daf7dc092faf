import { connect, type Socket } from 'node:net';

import type { ErrorBody } from '../protocol/view';
import { EventStream } from '../testing/eventStream';
import { TestSidecar, type Answer } from '../testing/sidecar';
import { Stage } from '../testing/stage';
import { READERS_MAX } from './feed';

/** With so many descriptors there are 118 connections of the API. */
const DESCRIPTORS = 600;
const CONNECTIONS_MAX = 118;
const FOREVER = 1e12;

/** A request, or the beginning of one whose body is not sent whole. */
const requestOf = (method: string, path: string, length = 0, body = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n${body}`;

const CHUNKED = 'PUT /api/v1/defaults HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('floods of the API of a real sidecar', () => {
  const stage = new Stage();
  const sockets: Socket[] = [];
  let sidecar: TestSidecar;

  beforeAll(async () => {
    sidecar = await stage.sidecar();
  });

  afterEach(() => sockets.splice(0).forEach(it => it.destroy()));
  afterAll(() => stage.clear());

  /** A connection that says this; what it is answered until it is closed comes with `text`. */
  async function say(said: string | Buffer, to = sidecar) {
    const socket = connect(to.apiPath);
    sockets.push(socket);
    let text = '';
    socket.on('data', chunk => (text += String(chunk)));
    socket.on('error', () => undefined); // closed is closed
    const closed = new Promise<void>(resolve => socket.on('close', () => resolve()));
    await new Promise<void>(resolve => socket.once('connect', resolve));
    socket.write(said);
    return {
      socket,
      text: async () => {
        await closed;
        return text;
      }
    };
  }

  it.each([
    ['that says so', requestOf('PUT', '/api/v1/defaults', FOREVER, '{')],
    ['that turns out to be', `${CHUNKED}${`1000\r\n${'x'.repeat(0x1000)}\r\n`.repeat(17)}`]
  ])('[API5] refuses a body %s too large without waiting for its end', async (_, said) => {
    const text = await (await say(said)).text();
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toContain('"code":"BODY_TOO_LARGE"');
  });

  it('[API5] answers one request of a connection, and hears none behind it', async () => {
    const first = requestOf('GET', '/api/v1/policy');
    const hints = '{"cpus":1}';
    const behind = requestOf('PUT', '/api/v1/defaults', hints.length, hints);
    const text = await (await say(`${first}${behind}${first.repeat(500)}`)).text();
    expect((await sidecar.ask('GET', '/api/v1/defaults')).body).toEqual({});
    expect(text.match(/HTTP\/1\.1 200 /g)).toHaveLength(1);
    expect(text.length).toBeLessThan(5000);
    expect((await sidecar.ask('GET', '/api/v1/policy')).status).toBe(200);
  });

  it('[API5] bounds how many read events', async () => {
    const streams: EventStream[] = [];
    for (let n = 0; n < READERS_MAX; n += 1) {
      streams.push(await EventStream.open(sidecar));
      await streams.at(-1)!.next();
    }
    const late: Answer = await sidecar.ask('GET', '/api/v1/events');
    expect(late.status).toBe(429);
    expect((late.body as ErrorBody).message).toContain(`${READERS_MAX} readers of events`);
    streams.forEach(it => it.close());
  });

  it('[API6] tells its health while no connection is left but to those who say nothing whole', async () => {
    const through = ['prlimit', `--nofile=${DESCRIPTORS}`];
    const narrow = stage.adopt(await TestSidecar.startIn({ dir: stage.directory(), through }));
    const reader = await EventStream.open(narrow);
    expect((await reader.next()).holders).toEqual([]);
    for (let n = 0; n < 2 * CONNECTIONS_MAX; n += 1) {
      // A head without its end, a body without its end, or nothing at all.
      await say(
        ['GET /x HTTP/1.1\r\nX: ', requestOf('PUT', '/api/v1/defaults', 9), ''][n % 3]!,
        narrow
      );
    }
    expect(await narrow.ask('GET', '/healthz')).toEqual({ status: 200, body: { ok: true } });
    // Whoever is being served has kept its place.
    await stage.connected(narrow);
    await reader.until(it => it.holders.length === 1);
    reader.close();
  });
});
