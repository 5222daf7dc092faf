import { spawn, type ChildProcess } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

import type { GateClaim, GateGrant, GateHolding, SidecarMessage } from '../protocol/gate';
import { exitOf, startTicksOf } from './sidecar';

/** How a claim was answered, as its gate heard it. */
export type Outcome = 'granted' | 'refused' | 'died';

/** Hears of grants for as long as they are in force. */
export interface ILedger {
  enter(claimId: string, grant: GateGrant, claim: GateClaim): void;
  leave(claimId: string): void;
}

type Cell = {
  readonly claim: GateClaim;
  granted: GateGrant | null;
  /** Whether a connection has told of it. */
  readonly answer: (outcome: Outcome) => void;
};

/**
 * A real process with a gate that behaves as the product's gates do: it comes
 * back whenever its connection is lost, and tells what it holds.
 */
export class LivingKernel {
  readonly child: ChildProcess = spawn('sleep', ['600'], { stdio: 'ignore' });
  readonly pid = this.child.pid!;
  private readonly startTicks = startTicksOf(this.pid);
  private readonly cells = new Map<string, Cell>();
  private socket: Socket | null = null;
  private isWelcome = false;
  private isDead = false;
  private count = 0;

  constructor(
    readonly id: string,
    private readonly gatePath: string,
    private readonly ledger: ILedger,
    /** How long it takes to come back after a lost connection. */
    private readonly reconnectMs: () => number
  ) {
    this.connect();
  }

  /** Run a cell; resolves when it was answered and, if granted, has ended. */
  async run(hints: object | null, holdMs: number): Promise<Outcome> {
    const id = `${this.id}.${this.pid}.${(this.count += 1)}`;
    const claim: GateClaim = { id, sources: hints ? { metadata: hints } : {} };
    const outcome = await new Promise<Outcome>(answer => {
      if (this.isDead) {
        answer('died');
        return;
      }
      this.cells.set(id, { claim, granted: null, answer });
      this.say({ type: 'claim', ...claim });
    });
    if (outcome === 'granted') {
      await new Promise(resolve => setTimeout(resolve, holdMs));
      this.ledger.leave(id);
      this.cells.delete(id);
      this.say({ type: 'release', id, outcome: 'ok' });
    }
    return outcome;
  }

  /** Claims that nobody has answered yet. */
  unanswered(): readonly string[] {
    return [...this.cells.values()].filter(it => !it.granted).map(it => it.claim.id);
  }

  /** Lose the connection, with the beginning of a line on it. */
  breakConnection(): void {
    this.socket?.write('{"type":"release","id":"');
    this.socket?.destroy();
  }

  /** Send bytes as they are. */
  babble(text: string): void {
    this.socket?.write(text);
  }

  /** Kill the process; its grants are in force no more. */
  async kill(): Promise<void> {
    this.isDead = true;
    for (const [id, cell] of this.cells) {
      this.ledger.leave(id);
      cell.answer('died');
    }
    this.cells.clear();
    this.child.kill('SIGKILL');
    await exitOf(this.child);
    this.socket?.destroy();
  }

  private connect(): void {
    const socket = connect(this.gatePath);
    this.socket = socket;
    this.isWelcome = false;
    socket.on('connect', () => {
      const { id: kernelId, pid, startTicks } = this;
      const process = { kernelId, pid, startTicks, name: kernelId, gated: true };
      const hello = { type: 'hello', protocol: 1, ...process, holdings: this.holdings() };
      socket.write(`${JSON.stringify(hello)}\n`);
      // What is said from now on comes after the hello, which did not hold it.
      this.isWelcome = true;
    });
    const lines = createInterface({ input: socket });
    lines.on('line', line => {
      if (socket === this.socket) {
        this.hear(JSON.parse(line) as SidecarMessage);
      }
    });
    // Both are told by the close that follows.
    lines.on('error', () => undefined);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (socket === this.socket && !this.isDead) {
        this.isWelcome = false;
        setTimeout(() => this.isDead || this.connect(), this.reconnectMs());
      }
    });
  }

  private holdings(): readonly GateHolding[] {
    return [...this.cells.values()].map(it => ({ ...it.claim, granted: it.granted, agoMs: 1 }));
  }

  private say(message: object): void {
    if (this.isWelcome) {
      this.socket?.write(`${JSON.stringify(message)}\n`);
    }
  }

  private hear(message: SidecarMessage): void {
    const cell = 'id' in message ? this.cells.get(message.id) : undefined;
    if (!cell) {
      return;
    }
    if (message.type === 'granted' && !cell.granted) {
      cell.granted = message.grant;
      this.ledger.enter(message.id, message.grant, cell.claim);
      cell.answer('granted');
    } else if (message.type === 'changed') {
      cell.granted = message.grant;
    } else if (message.type === 'refused') {
      this.cells.delete(message.id);
      cell.answer('refused');
    }
  }
}
