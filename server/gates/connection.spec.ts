import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import type { SidecarMessage } from '../protocol/gate';
import { Connection } from './connection';
import { Session } from './session';
import { Turns, type ITurnTaker } from './turns';
import { UNFINISHED_MS_MAX, UnfinishedLines } from './unfinished';

/** What only lines of use would need. */
const UNUSED = {} as never;

/** Turns that nobody has until the test says so, as on a machine that is busy with others. */
class BusyTurns extends Turns {
  private next: (() => void) | null = null;

  override offer(_: ITurnTaker): void {
    this.next?.();
  }

  async offered(): Promise<void> {
    await new Promise<void>(resolve => (this.next = resolve));
  }
}

describe('a connection whose turn does not come', () => {
  let server: Server;
  let peer: Socket;
  let connection: Connection;
  let told: SidecarMessage[] = [];
  const turns = new BusyTurns();
  const unfinished = new UnfinishedLines();

  beforeEach(async () => {
    told = [];
    server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
    peer.resume();
    const [socket] = (await accepted) as [Socket];
    const log = () => undefined;
    const session = new Session({
      services: UNUSED,
      handler: UNUSED,
      caller: UNUSED,
      user: UNUSED,
      channel: { send: message => told.push(message), close: () => socket.destroy() },
      log
    });
    const shared = { turns, unfinished, nowMs: () => 0, log };
    connection = new Connection(socket, session, shared, () => undefined);
  });

  afterEach(async () => {
    peer.destroy();
    server.close();
    await once(server, 'close');
  });

  async function says(text: string): Promise<void> {
    const offered = turns.offered();
    connection.hear(1); // it reads on
    peer.write(text);
    await offered;
  }

  it('[API5] is heard in the end where its line is whole', async () => {
    await says('no message\n');
    unfinished.sweep(UNFINISHED_MS_MAX + 1);
    connection.hear(1);
    expect(told).toMatchObject([{ type: 'problem', code: 'LINE_INVALID' }]);
  });

  it('[API5] is closed where its line does not end', async () => {
    await says('no mess');
    const closed = once(peer, 'close');
    unfinished.sweep(UNFINISHED_MS_MAX + 1);
    await closed;
    expect(told).toEqual([]);
  });
});
