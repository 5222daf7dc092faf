import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/** What one connection of a flood does once it is open. */
export type Attack = {
  /** How many connections there are at once. */
  readonly connections: number;
  /** Which socket they connect to. */
  readonly at: 'gate' | 'api';
  /** Start; what it does goes on until the process is ended. */
  readonly begin: (socket: Socket, index: number) => void;
};

const LINE = 256 * 1024;
const hello = (id: string) =>
  `${JSON.stringify({
    type: 'hello',
    protocol: 2,
    holderId: id,
    pid: process.pid,
    startTicks: 1,
    name: id,
    gated: true,
    holdings: []
  })}\n`;
const REQUEST = (method: string, path: string, body = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** Say something again and again, as fast as it is taken. */
function repeat(socket: Socket, said: string): void {
  const go = () => {
    while (socket.writable && socket.write(said)) {
      // as long as there is room
    }
  };
  socket.on('drain', go);
  go();
}

/** Say something again as soon as something is answered. */
function converse(socket: Socket, said: string): void {
  socket.on('data', () => socket.writable && socket.write(said));
  socket.write(said);
}

/** A gate of this very process, which says hello and then claims and gives up, as fast as it is heard. */
export const GREETED: Attack = {
  connections: 1,
  at: 'gate',
  begin: socket => {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const startTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    const { pid } = process;
    const greeting = { type: 'hello', protocol: 2, holderId: `flood-${pid}`, pid, startTicks };
    socket.write(`${JSON.stringify({ ...greeting, name: 'flood', holdings: [] })}\n`);
    const claims = Array.from({ length: 32 }, (_, nth) => [
      JSON.stringify({ type: 'claim', id: `${pid}-${nth}`, sources: { metadata: { cpus: 1 } } }),
      JSON.stringify({ type: 'cancel', id: `${pid}-${nth}` })
    ]);
    socket.resume();
    repeat(socket, `${claims.flat().join('\n')}\n`);
  }
};

/** No flood: it only works, so what is felt of it is what this machine does to anybody. */
export const YARDSTICK = 'nothing but work';

/** The floods by name. */
export const FLOODS: Readonly<Record<string, Attack>> = {
  [YARDSTICK]: {
    connections: 1,
    at: 'gate',
    begin: () => {
      for (;;) {
        // until this process is ended
      }
    }
  },
  'malformed lines': {
    connections: 20,
    at: 'gate',
    begin: socket => {
      socket.resume();
      repeat(socket, '{"type": nonsense}\n'.repeat(500));
    }
  },
  'bytes one at a time': {
    connections: 50,
    at: 'gate',
    begin: socket => {
      const timer = setInterval(() => socket.writable && socket.write('x'), 1);
      socket.on('close', () => clearInterval(timer));
    }
  },
  'half lines': {
    connections: 1000,
    at: 'gate',
    begin: socket => socket.write('x'.repeat(LINE - 1))
  },
  'half requests': {
    connections: 1024,
    at: 'api',
    begin: socket => socket.write('GET /api/v1/snapshot HTTP/1.1\r\nX: ')
  },
  'answers never read': {
    connections: 150,
    at: 'gate',
    begin: socket => {
      socket.pause();
      repeat(socket, `${'{"type":"prepare","holderId":"flood"}\n'.repeat(200)}`);
    }
  },
  hellos: {
    connections: 3000,
    at: 'gate',
    begin: (socket, index) => converse(socket, hello(`flood-${index}`))
  },
  'connections that come and go': {
    connections: 50,
    at: 'gate',
    begin: socket => socket.destroy()
  },
  'requests that never come': {
    connections: 50,
    at: 'api',
    begin: socket => socket.destroy()
  },
  snapshots: {
    connections: 50,
    at: 'api',
    begin: socket => converse(socket, REQUEST('GET', '/api/v1/snapshot'))
  },
  'readers of events that never read': {
    connections: 200,
    at: 'api',
    begin: socket => {
      socket.write(REQUEST('GET', '/api/v1/events'));
      socket.pause();
    }
  },
  'bodies too large': {
    connections: 20,
    at: 'api',
    begin: socket => {
      socket.resume();
      repeat(socket, REQUEST('PUT', '/api/v1/defaults', 'x'.repeat(100_000)));
    }
  }
};
