import type { RandomSource } from '../randomSource';
import type { Stage } from '../stage';
import { faultsOf } from './kinds';
import { leftoverOf } from './leftovers';
import type { Answer, LivingKernel } from './livingKernel';
import { FaultWorld, pause } from './world';

/** Most cells are short; some outlast a restart of the sidecar, and go on when things calm down. */
const SHORT_HOLD_MS_MAX = 20;
const LONG_HOLD_MS_MAX = 1200;
const SHORT_LAST_MS_MAX = 50;
const LONG_LAST_MS_MAX = 500;
const LONG_CHANCE = 0.4;
const ALONE_CHANCE = 0.2;
const PATIENCE_MS = 20_000;

/** What cells ask for, and the one reason for which each is refused. */
const ASKS: readonly { readonly hints: object | null; readonly refusal?: string }[] = [
  { hints: null },
  { hints: null },
  { hints: { cpus: 1 } },
  { hints: { memory: '3 GiB' } },
  { hints: { memory: '1 GiB', cpus: 'auto', maxWait: '5 min', time: '1 min' } },
  { hints: { exclusive: true, cpus: 1 } },
  { hints: { memory: '3 GiB', exclusive: true, cpus: 1, priority: 5 } },
  { hints: { cpus: -1 }, refusal: 'HINT_INVALID' },
  { hints: { memory: '900 GiB' }, refusal: 'IMPOSSIBLE' }
];

/** What a fault run found; the lists are empty where everything held. */
export type FaultReport = {
  readonly faults: Readonly<Record<string, number>>;
  readonly answered: Readonly<Record<Answer['outcome'], number>>;
  /** Kept, or known, though nobody has it. */
  readonly leaks: readonly string[];
  readonly doubleGrants: readonly string[];
  /** Cells that were never answered, or refused for what is not true; mistakes of the sidecar. */
  readonly unexplained: readonly string[];
};

/**
 * Kernels that run cells without pause on a real sidecar, while things break.
 *
 * #### Notes
 * After each fault the cells are let run out: by then each claim must have been
 * answered, the sidecar must know exactly the kernels that live, all of them
 * idle and unconfined, and no two grants in force at once may have exceeded the
 * node. Ends at the first thing that is wrong, for what follows would follow
 * from it.
 */
export class FaultRun {
  private readonly running = new Set<Promise<void>>();
  private readonly faults: Record<string, number> = {};
  private readonly answered = { granted: 0, refused: 0, died: 0 };
  private readonly leaks: string[] = [];
  private readonly unexplained: string[] = [];
  private calm = Promise.resolve();
  private becomeCalm: (() => void) | null = null;
  private world!: FaultWorld;

  constructor(
    private readonly stage: Stage,
    private readonly random: RandomSource
  ) {}

  /** Start, let so many things break, and end; never rejects for what the sidecar does wrong. */
  async run(kernelCount: number, faultCount: number): Promise<FaultReport> {
    this.world = await FaultWorld.begin(this.stage, this.random, kernelCount);
    const kinds = Object.entries(faultsOf(this.world));
    for (let n = 0; n < faultCount && !this.isBroken(); n += 1) {
      await this.world.killMute();
      await this.world.replaceDead();
      this.wake();
      await this.pause();
      const [name, fault] = this.random.pick(kinds);
      this.faults[name] = (this.faults[name] ?? 0) + 1;
      await fault(this.world);
      await this.pause();
      await this.settle(`after fault ${n + 1}, ${name}`);
    }
    const { kernels, silent, ledger } = this.world;
    await Promise.all([...kernels, silent].map(it => it.kill()));
    const { faults, answered, leaks, unexplained } = this;
    return { faults, answered, leaks, unexplained, doubleGrants: ledger.doubleGrants };
  }

  private isBroken(): boolean {
    const { leaks, unexplained, world } = this;
    return leaks.length + unexplained.length + world.ledger.doubleGrants.length > 0;
  }

  /** Let all kernels run cells, one after the other; sometimes one alone, which then need not ask (GATE6). */
  private wake(): void {
    this.calm = new Promise(resolve => (this.becomeCalm = resolve));
    const isAlone = this.random.chance(ALONE_CHANCE);
    const working = isAlone ? [this.world.any()] : this.world.kernels;
    working.forEach(it => this.work(it));
  }

  private work(kernel: LivingKernel): void {
    const working = (async () => {
      while (this.becomeCalm) {
        const { hints, refusal } = this.random.pick(ASKS);
        const answer = await kernel.run(hints, this.end());
        this.answered[answer.outcome] += 1;
        if (answer.outcome === 'refused' && answer.code !== refusal) {
          this.unexplained.push(`${kernel.id} was refused: ${answer.message}`);
        }
        if (answer.outcome === 'died') {
          return;
        }
      }
    })();
    this.running.add(working);
    void working.finally(() => this.running.delete(working));
  }

  /** When a cell ends that starts then. */
  private end(): () => Promise<void> {
    const [holdMsMax, lastMsMax] = this.random.chance(LONG_CHANCE)
      ? [LONG_HOLD_MS_MAX, LONG_LAST_MS_MAX]
      : [SHORT_HOLD_MS_MAX, SHORT_LAST_MS_MAX];
    const holdMs = this.random.whole(0, holdMsMax);
    const lastMs = this.random.whole(0, lastMsMax);
    return () => Promise.race([pause(holdMs), this.calm.then(() => pause(lastMs))]);
  }

  private pause(): Promise<void> {
    return pause(this.random.whole(0, 60));
  }

  /** Let the cells run out, and compare what the sidecar knows with what is. */
  private async settle(when: string): Promise<void> {
    this.becomeCalm?.();
    this.becomeCalm = null;
    const { world } = this;
    if (!(await within(PATIENCE_MS, Promise.all(this.running)))) {
      const open = world.kernels.flatMap(it => it.unanswered());
      this.unexplained.push(`${when}: never answered: ${open.join(', ')}\n${world.sidecar.log}`);
      return;
    }
    await world.replaceDead();
    const leftover = () => leftoverOf(world.sidecar, world.living(), world.cpus);
    let left = await leftover();
    for (const end = Date.now() + PATIENCE_MS; left && Date.now() < end; left = await leftover()) {
      await pause(10);
    }
    if (left) {
      this.leaks.push(`${when}: ${left}\n${world.sidecar.log}`);
    }
    this.tellMistakes(when);
  }

  /** What gates were told wrongly, and what the sidecar itself calls an error. */
  private tellMistakes(when: string): void {
    const { world } = this;
    const errors = world.sidecar.log.split('\n').filter(line => / cellgrant error: /.test(line));
    const wrongs = [...world.wrongs, ...world.kernels.flatMap(it => it.wrongs), ...errors];
    this.unexplained.push(...wrongs.map(it => `${when}: ${it}`));
  }
}

async function within(ms: number, it: Promise<unknown>): Promise<boolean> {
  let timer!: NodeJS.Timeout;
  const late = new Promise<boolean>(resolve => (timer = setTimeout(() => resolve(false), ms)));
  const outcome = await Promise.race([it.then(() => true), late]);
  clearTimeout(timer);
  return outcome;
}
