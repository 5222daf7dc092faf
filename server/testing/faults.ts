import type { GateClaim, GateGrant } from '../protocol/gate';
import type { Snapshot } from '../protocol/view';
import { LivingKernel, type ILedger, type Outcome } from './livingKernel';
import { removePlace } from './places';
import type { RandomSource } from './randomSource';
import type { TestSidecar } from './sidecar';
import type { Stage } from './stage';

/** What the sidecar may promise: `--memory` less the reserve. */
const MEMORY_BYTES = 3.5 * 1024 ** 3;
const OPTIONS = ['--memory', '4 GiB'];
/** Most cells are short; some outlast a restart of the sidecar. */
const SHORT_HOLD_MS_MAX = 20;
const LONG_HOLD_MS_MAX = 1200;
const RECONNECT_MS_MAX = 300;
const PATIENCE_MS = 20_000;

/** What a fault run found; `problems` empty where everything held. */
export type FaultReport = {
  readonly faults: Record<string, number>;
  readonly answered: Record<Outcome, number>;
  readonly problems: readonly string[];
};

/** The grants in force, as the gates know them: what they ask for together must be there. */
class Ledger implements ILedger {
  readonly problems: string[] = [];
  private readonly memory = new Map<string, number>();
  private readonly exclusive = new Map<string, string>();

  enter(claimId: string, grant: GateGrant, claim: GateClaim): void {
    this.memory.set(claimId, grant.memoryBytes ?? 0);
    const sum = [...this.memory.values()].reduce((a, b) => a + b, 0);
    if (sum > MEMORY_BYTES) {
      this.problems.push(`${sum} bytes granted at once: ${[...this.memory.keys()].join(', ')}`);
    }
    if ((claim.sources.metadata as { exclusive?: boolean } | undefined)?.exclusive) {
      const other = [...this.exclusive].find(([, cpus]) => cpus === grant.cpus);
      if (other) {
        this.problems.push(`CPU ${grant.cpus} is exclusive to ${other[0]} and to ${claimId}`);
      }
      this.exclusive.set(claimId, String(grant.cpus));
    }
  }

  leave(claimId: string): void {
    this.memory.delete(claimId);
    this.exclusive.delete(claimId);
  }
}

/**
 * Kernels that run cells without pause on a real sidecar, while things break.
 *
 * #### Notes
 * After each fault the cells are let run out: by then each claim must have been
 * answered, the sidecar must know exactly the kernels that live, all of them
 * idle, and no two grants in force at once may have exceeded the node.
 */
export class FaultRun {
  private readonly ledger = new Ledger();
  private readonly kernels: LivingKernel[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly faults: Record<string, number> = {};
  private readonly answered = { granted: 0, refused: 0, died: 0 };
  private readonly problems: string[] = [];
  private born = 0;
  private isQuiet = true;
  private sidecar!: TestSidecar;

  constructor(
    private readonly stage: Stage,
    private readonly random: RandomSource
  ) {}

  /** Start, let so many things break, and end; never rejects for what the sidecar does wrong. */
  async run(kernelCount: number, faultCount: number): Promise<FaultReport> {
    this.sidecar = await this.stage.sidecarIn(this.stage.directory(), ...OPTIONS);
    for (let n = 0; n < kernelCount; n += 1) {
      this.kernels.push(this.birth());
    }
    for (let n = 0; n < faultCount && this.problems.length === 0; n += 1) {
      this.wake();
      await this.pause();
      const [name, fault] = this.random.pick(Object.entries(this.faultsByName));
      this.faults[name] = (this.faults[name] ?? 0) + 1;
      await fault();
      await this.pause();
      await this.settle(`after fault ${n + 1}, ${name}`);
    }
    this.isQuiet = true;
    await Promise.all(this.kernels.map(it => it.kill()));
    this.kernels.length = 0;
    await this.settle('after all kernels were killed');
    const { faults, answered } = this;
    return { faults, answered, problems: [...this.ledger.problems, ...this.problems] };
  }

  private readonly faultsByName: Readonly<Record<string, () => void | Promise<void>>> = {
    'sidecar killed': () => this.restart(() => this.sidecar.kill()),
    'sidecar stopped': () => this.restart(() => this.sidecar.stop()),
    'kernel killed': async () => {
      await this.any().kill();
      this.replaceDead();
    },
    'kernel restarted': async () => {
      const kernel = this.any();
      const again = this.birth(kernel.id);
      this.kernels[this.kernels.indexOf(kernel)] = again;
      await kernel.kill();
    },
    'kernel and sidecar killed': async () => {
      const kernel = this.any();
      await this.restart(() => Promise.all([this.sidecar.kill(), kernel.kill()]));
      this.replaceDead();
    },
    'connection broken mid-line': () => this.any().breakConnection(),
    'all connections broken': () => this.kernels.forEach(it => it.breakConnection()),
    'garbage said': () => this.any().babble('{"type":"claim","id":5}\n[]\n\u0000\n'),
    'endless line said': () => this.any().babble('x'.repeat(300_000)),
    'place removed': () => void removePlace(this.sidecar, this.any())
  };

  private birth(id = `kernel-${(this.born += 1)}`): LivingKernel {
    const reconnectMs = () => this.random.whole(1, RECONNECT_MS_MAX);
    return this.stage.keep(new LivingKernel(id, this.sidecar.gatePath, this.ledger, reconnectMs));
  }

  private any(): LivingKernel {
    return this.random.pick(this.kernels);
  }

  private replaceDead(): void {
    this.kernels.forEach((kernel, at) => {
      if (kernel.child.exitCode !== null || kernel.child.signalCode !== null) {
        this.kernels[at] = this.birth();
        this.work(this.kernels[at]!);
      }
    });
  }

  private async restart(end: () => Promise<unknown>): Promise<void> {
    await end();
    this.sidecar = await this.stage.sidecarIn(this.sidecar.dir, ...OPTIONS);
  }

  /** Let all kernels run cells, one after the other. */
  private wake(): void {
    this.isQuiet = false;
    this.kernels.forEach(it => this.work(it));
  }

  private work(kernel: LivingKernel): void {
    const working = (async () => {
      while (!this.isQuiet) {
        const outcome = await kernel.run(this.hints(), this.holdMs());
        this.answered[outcome] += 1;
        if (outcome === 'died') {
          return;
        }
      }
    })();
    this.running.add(working);
    void working.finally(() => this.running.delete(working));
  }

  private holdMs(): number {
    const mostMs = this.random.chance(0.35) ? LONG_HOLD_MS_MAX : SHORT_HOLD_MS_MAX;
    return this.random.whole(0, mostMs);
  }

  private hints(): object | null {
    return this.random.pick([
      null,
      null,
      { cpus: 1 },
      { memory: '3 GiB' },
      { memory: '1 GiB', cpus: 'auto' },
      { exclusive: true, cpus: 1 },
      { memory: '3 GiB', exclusive: true, cpus: 1, priority: 5 },
      { cpus: -1 },
      { memory: '900 GiB' }
    ]);
  }

  private pause(): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, this.random.whole(0, 60)));
  }

  /** Let the cells run out, and compare what the sidecar knows with what is. */
  private async settle(when: string): Promise<void> {
    this.isQuiet = true;
    const isOver = await within(PATIENCE_MS, Promise.all(this.running));
    if (!isOver) {
      const open = this.kernels.flatMap(it => it.unanswered());
      this.problems.push(`${when}: never answered: ${open.join(', ')}\n${this.sidecar.log}`);
      return;
    }
    let difference = await this.difference();
    for (const end = Date.now() + PATIENCE_MS; difference && Date.now() < end;) {
      await new Promise(resolve => setTimeout(resolve, 10));
      difference = await this.difference();
    }
    if (difference) {
      this.problems.push(`${when}: ${difference}\n${this.sidecar.log}`);
    }
  }

  private async difference(): Promise<string | null> {
    const { kernels, claims } = (await this.sidecar.ask('GET', '/api/v1/snapshot'))
      .body as Snapshot;
    const known = kernels.map(it => `${it.id} ${it.pid} ${it.state}`).sort();
    const real = this.kernels.map(it => `${it.id} ${it.pid} idle`).sort();
    if (known.join() !== real.join()) {
      return `the sidecar knows [${known.join(', ')}], there are [${real.join(', ')}]`;
    }
    const open = claims.filter(it => it.state !== 'done').map(it => `${it.id} ${it.state}`);
    return open.length ? `nobody has these claims: ${open.join(', ')}` : null;
  }
}

async function within(ms: number, it: Promise<unknown>): Promise<boolean> {
  let timer!: NodeJS.Timeout;
  const late = new Promise<boolean>(resolve => (timer = setTimeout(() => resolve(false), ms)));
  const outcome = await Promise.race([it.then(() => true), late]);
  clearTimeout(timer);
  return outcome;
}
