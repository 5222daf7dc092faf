import { spawn, type ChildProcess } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

import { appliedGrant, gateGrant } from '../../gates/answers';
import { UNPINNED, UNRESTRICTED } from '../../protocol/grant';
import type { GateClaim, GateGrant, GateHolding, SidecarMessage } from '../../protocol/gate';
import { exitOf, startTicksOf } from '../sidecar';
import type { ILedger } from './ledger';

/** How a claim was answered, as its gate heard it; `died` where no gate was there to hear. */
export type Answer =
  | { readonly outcome: 'granted' | 'died' }
  | { readonly outcome: 'refused'; readonly code: string; readonly message: string };

type Cell = {
  readonly claim: GateClaim;
  granted: GateGrant | null;
  readonly answer: (answer: Answer) => void;
};

/** What a cell is given that starts before it is heard of (GATE6). */
const AT_ONCE = gateGrant(appliedGrant(UNRESTRICTED, UNPINNED));

/** Objections that a gate which does nothing wrong must never hear: what it holds was lost. */
const UNDESERVED = ['CLAIM_UNKNOWN', 'INTERNAL', 'OUT_OF_ORDER', 'TOO_MANY'];

/**
 * A real process with a gate that behaves as the product's gates do: it comes
 * back whenever its connection is lost, and tells what it holds.
 */
export class LivingKernel {
  readonly child: ChildProcess = spawn('sleep', ['600'], { stdio: 'ignore' });
  readonly pid = this.child.pid!;
  /** What its gate was told and should not have been. */
  readonly wrongs: string[] = [];
  private readonly startTicks = startTicksOf(this.pid);
  private readonly cells = new Map<string, Cell>();
  private socket: Socket | null = null;
  private isWelcome = false;
  /** Whether cells without hints may start before they are heard of (GATE6). */
  private mayStart = false;
  isGone = false;
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

  /** Run a cell; resolves when it was answered and, if granted, has ended, which is when `end` does. */
  async run(hints: object | null, end: () => Promise<void>): Promise<Answer> {
    const id = `${this.id}.${this.pid}.${(this.count += 1)}`;
    const claim: GateClaim = { id, sources: hints ? { metadata: hints } : {} };
    const answered = await new Promise<Answer>(answer => {
      if (this.isGone) {
        answer({ outcome: 'died' });
        return;
      }
      const started = !hints && this.mayStart && this.isWelcome;
      this.cells.set(id, { claim, granted: null, answer });
      this.say({ type: 'claim', started, ...claim });
      started && this.enter(this.cells.get(id)!, AT_ONCE);
    });
    if (answered.outcome === 'granted') {
      await end();
      this.ledger.leave(id);
      if (this.cells.delete(id)) {
        this.say({ type: 'release', id, outcome: 'ok' });
      }
    }
    return answered;
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
    this.endCells();
    this.child.kill('SIGKILL');
    await exitOf(this.child);
    this.socket?.destroy();
  }

  /** Lose the gate for good, while the process lives on. */
  killGate(): void {
    this.endCells();
    this.socket?.destroy();
  }

  private endCells(): void {
    this.isGone = true;
    for (const [id, cell] of this.cells) {
      this.ledger.leave(id);
      cell.answer({ outcome: 'died' });
    }
    this.cells.clear();
  }

  private connect(): void {
    const socket = connect(this.gatePath);
    this.socket = socket;
    this.isWelcome = false;
    this.mayStart = false;
    socket.on('connect', () => {
      const { id: holderId, pid, startTicks } = this;
      const process = { holderId, pid, startTicks, name: holderId };
      const hello = { type: 'hello', protocol: 2, ...process, holdings: this.holdings() };
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
      if (socket === this.socket && !this.isGone) {
        this.isWelcome = false;
        setTimeout(() => this.isGone || this.connect(), this.reconnectMs());
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

  private enter(cell: Cell, grant: GateGrant): void {
    cell.granted = grant;
    this.ledger.enter(cell.claim.id, grant, cell.claim);
    cell.answer({ outcome: 'granted' });
  }

  private hear(message: SidecarMessage): void {
    if (message.type === 'standing') {
      this.mayStart = message.isGiven;
    }
    if (message.type === 'problem' && UNDESERVED.includes(message.code) && !this.isGone) {
      this.wrongs.push(`${this.id}: ${message.message}`);
    }
    const cell = 'id' in message ? this.cells.get(message.id) : undefined;
    if (!cell) {
      return;
    }
    if (message.type === 'granted' && !cell.granted) {
      this.enter(cell, message.grant);
    } else if (message.type === 'changed') {
      cell.granted = message.grant;
    } else if (message.type === 'refused') {
      this.cells.delete(message.id);
      cell.answer({ outcome: 'refused', code: message.code, message: message.message });
    }
  }
}
