import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

import type { GateClaim, GateHolding, GateMessage, SidecarMessage } from '../protocol/gate';
import { exitOf, startTicksOf, type TestSidecar } from './sidecar';

/** A message of one type that a sidecar sends. */
type Heard<T extends SidecarMessage['type']> = Extract<SidecarMessage, { type: T }>;

/** One connection to the gate socket, as a gate or a launcher has it. */
export class TestConnection {
  private readonly messages: SidecarMessage[] = [];
  private readonly listeners = new Set<() => void>();
  private isClosed = false;

  private constructor(private readonly socket: Socket) {
    const lines = createInterface({ input: socket });
    lines.on('line', line => {
      this.messages.push(JSON.parse(line) as SidecarMessage);
      this.listeners.forEach(listener => listener());
    });
    lines.on('error', () => undefined); // told by the close that follows
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      this.listeners.forEach(listener => listener());
    });
  }

  static open(sidecar: Pick<TestSidecar, 'gatePath'>): Promise<TestConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(sidecar.gatePath);
      socket.once('error', reject);
      socket.once('connect', () => resolve(new TestConnection(socket)));
    });
  }

  /** Send a message. */
  say(message: GateMessage): void {
    this.write(`${JSON.stringify(message)}\n`);
  }

  /** Send bytes as they are. */
  write(text: string): void {
    this.socket.write(text);
  }

  close(): void {
    this.socket.destroy();
  }

  /** The next message of a type, taken out of those that came; rejects when it cannot come any more. */
  hear<T extends SidecarMessage['type']>(type: T, id?: string): Promise<Heard<T>> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const at = this.messages.findIndex(
          it => it.type === type && (id === undefined || ('id' in it && it.id === id))
        );
        if (at >= 0) {
          this.listeners.delete(look);
          resolve(this.messages.splice(at, 1)[0] as Heard<T>);
        } else if (this.isClosed) {
          this.listeners.delete(look);
          reject(new Error(`closed before "${type}"; heard ${JSON.stringify(this.messages)}`));
        }
      };
      this.listeners.add(look);
      look();
    });
  }

  /** Whether a message of this type has come, and nobody has taken it. */
  has(type: SidecarMessage['type'], id?: string): boolean {
    return this.messages.some(
      it => it.type === type && (id === undefined || ('id' in it && it.id === id))
    );
  }

  /** Resolves when everything said so far has been read and answered. */
  async settled(): Promise<void> {
    this.say({ type: 'prepare', holderId: 'settled' });
    await this.hear('launch');
  }

  /** Resolves when the other side has closed. */
  closed(): Promise<void> {
    return new Promise(resolve => {
      const look = () => this.isClosed && resolve();
      this.listeners.add(look);
      look();
    });
  }
}

/** `Cpus_allowed_list` of a process. */
export function maskOf(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return /^Cpus_allowed_list:\s+(\S+)/m.exec(status)![1]!;
}

/** The first child of a process, once it has one. */
export async function childOf(pid: number): Promise<number> {
  for (;;) {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    if (child) {
      return Number(child);
    }
    await new Promise(resolve => setImmediate(resolve));
  }
}

let kernelCount = 0;

/** A real process that stands for a kernel, with a gate. */
export class TestKernel {
  readonly id: string;
  readonly pid: number;
  readonly startTicks: number;
  gate!: TestConnection;

  constructor(
    readonly child: ChildProcess,
    id = `kernel-${(kernelCount += 1)}`
  ) {
    this.id = id;
    this.pid = child.pid!;
    this.startTicks = startTicksOf(this.pid);
  }

  /** The process as messages name it. */
  get process() {
    const { id: holderId, pid, startTicks } = this;
    return { holderId, pid, startTicks, name: `${holderId}.ipynb` };
  }

  /** Connect, and say what is held, so long ago. */
  async connect(
    sidecar: Pick<TestSidecar, 'gatePath'>,
    holdings: readonly GateHolding[] = [],
    lateMs = 0
  ): Promise<void> {
    this.gate = await TestConnection.open(sidecar);
    const saidMs = Number(process.hrtime.bigint()) / 1e6 - lateMs;
    this.gate.say({ type: 'hello', protocol: 2, ...this.process, holdings, saidMs });
    await this.gate.hear('welcome');
  }

  /** Claim with hints as cell metadata. */
  claim(id: string, metadata?: unknown): GateClaim {
    const claim = { id, sources: metadata === undefined ? {} : { metadata } };
    this.gate.say({ type: 'claim', ...claim });
    return claim;
  }

  release(id: string): void {
    this.gate.say({ type: 'release', id, outcome: 'ok' });
  }

  /** `Cpus_allowed_list` of the process. */
  mask(): string {
    return maskOf(this.pid);
  }

  /** Resolves when the process runs this program: a launcher has become what it launches. */
  async becomes(program: string): Promise<void> {
    while (readFileSync(`/proc/${this.pid}/comm`, 'utf8').trim() !== program) {
      await new Promise(resolve => setImmediate(resolve));
    }
  }

  /** Kill it as the kernel's out-of-memory killer would. */
  kill(): Promise<unknown> {
    this.child.kill('SIGKILL');
    return exitOf(this.child);
  }
}
