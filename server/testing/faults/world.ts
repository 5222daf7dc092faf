import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { TestConnection, TestKernel, maskOf } from '../gate';
import type { RandomSource } from '../randomSource';
import { TestSidecar, exitOf, type Surroundings } from '../sidecar';
import type { Stage } from '../stage';
import { JumpingClock } from './jumpingClock';
import { Ledger } from './ledger';
import type { Known } from './leftovers';
import { LivingKernel } from './livingKernel';
import { SmallDisk } from './smallDisk';

/** What the sidecar may promise: `--memory` less the reserve. */
const MEMORY_BYTES = 3.5 * 1024 ** 3;
const OPTIONS = ['--memory', '4 GiB', '--with-parent'];
/** The best that works here, and the one that works nearly everywhere. */
const TIERS = ['auto', 'affinity'];
const RECONNECT_MS_MAX = 300;

/** Resolves after so many ms. */
export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

/**
 * What can break: a sidecar with its disk and its clock, the Jupyter server that
 * started it, kernels with gates, and one kernel without.
 *
 * #### Notes
 * All are real processes; the server is one only in that the sidecar's stdin
 * ends with it, and the kernels are `sleep`.
 */
export class FaultWorld {
  readonly ledger = new Ledger(MEMORY_BYTES);
  readonly kernels: LivingKernel[] = [];
  /** What went wrong that no check finds afterwards. */
  readonly wrongs: string[] = [];
  /** The CPUs of a process that is not confined. */
  readonly cpus = maskOf(process.pid);
  sidecar!: TestSidecar;
  silent!: TestKernel;
  server!: ChildProcess;
  private born = 0;

  private constructor(
    readonly stage: Stage,
    readonly random: RandomSource,
    private readonly around: Surroundings,
    private readonly tier: string,
    readonly clock: JumpingClock,
    /** Null where this machine lets nobody have one. */
    readonly disk: SmallDisk | null
  ) {}

  /** Start everything. */
  static async begin(stage: Stage, random: RandomSource, kernels: number): Promise<FaultWorld> {
    const dir = stage.directory();
    const clock = new JumpingClock(`${stage.directory()}/ahead`);
    const disk = await SmallDisk.over(dir);
    disk && stage.keep(disk);
    const { nodeOptions } = clock;
    const around = disk
      ? { dir, nodeOptions, root: disk.root, through: disk.through }
      : { dir, nodeOptions };
    const world = new FaultWorld(stage, random, around, random.pick(TIERS), clock, disk);
    await world.startSidecar();
    await world.registerSilent();
    for (let n = 0; n < kernels; n += 1) {
      world.kernels.push(world.birth());
    }
    return world;
  }

  /** Everybody that the sidecar should know. */
  living(): readonly Known[] {
    return [...this.kernels, this.silent];
  }

  any(): LivingKernel {
    return this.random.pick(this.kernels);
  }

  /** Where and how a sidecar is started here, by a server that lives. */
  surroundings(): Surroundings {
    return { ...this.around, stdin: this.server.stdout! };
  }

  /** What sidecars are started with here, but for the directory. */
  get options(): readonly string[] {
    return [...OPTIONS, '--tier', this.tier];
  }

  async startSidecar(): Promise<void> {
    this.ensureServer();
    this.sidecar = this.stage.adopt(
      await TestSidecar.startIn(this.surroundings(), ...this.options)
    );
  }

  /** Start two at once, of which one must give way. */
  async startTwoSidecars(): Promise<void> {
    this.ensureServer();
    const start = () => TestSidecar.startIn(this.surroundings(), ...this.options);
    const tried = await Promise.allSettled([start(), start()]);
    const started = tried.flatMap(it => (it.status === 'fulfilled' ? [it.value] : []));
    if (started.length !== 1) {
      this.wrongs.push(`${started.length} of two sidecars that were started at once serve`);
    }
    started.forEach(it => this.stage.adopt(it));
    this.sidecar = started[0] ?? this.sidecar;
  }

  /** End the sidecar in this way, and start another one. */
  async restart(end: () => Promise<unknown>): Promise<void> {
    await end();
    await this.startSidecar();
  }

  birth(id = `kernel-${(this.born += 1)}`): LivingKernel {
    const reconnectMs = () => this.random.whole(1, RECONNECT_MS_MAX);
    return this.stage.keep(new LivingKernel(id, this.sidecar.gatePath, this.ledger, reconnectMs));
  }

  /** Kill the kernels that have lost their gates, as a person would who finds them hung. */
  async killMute(): Promise<void> {
    await Promise.all(this.kernels.filter(it => it.isGone).map(it => it.kill()));
  }

  /** Put new kernels in place of those that are dead. */
  async replaceDead(): Promise<void> {
    this.kernels.forEach((kernel, at) => {
      if (kernel.child.signalCode !== null) {
        this.kernels[at] = this.birth();
      }
    });
    if (this.silent.child.signalCode !== null) {
      await this.registerSilent();
    }
  }

  private async registerSilent(): Promise<void> {
    this.silent = new TestKernel(this.stage.process(), `silent-${(this.born += 1)}`);
    const launcher = await TestConnection.open(this.sidecar);
    launcher.say({ type: 'register', ...this.silent.process });
    await launcher.hear('registered');
    launcher.close();
  }

  /** Wait until the disk has it who has no gate: nobody else would tell the next sidecar. */
  async remembered(): Promise<void> {
    const path = `${this.around.root ?? ''}${this.around.dir}/kernels.json`;
    while (!readFileSync(path, 'utf8').includes(`"${this.silent.id}"`)) {
      await pause(10);
    }
  }

  private ensureServer(): void {
    if (!this.server || this.server.signalCode !== null) {
      const server = spawn('sleep', ['86400'], { stdio: ['ignore', 'pipe', 'ignore'] });
      this.server = this.stage.keep({ child: server }).child;
    }
  }

  /** Kill the Jupyter server; resolves when the sidecar has followed. */
  async killServer(): Promise<void> {
    this.server.kill('SIGKILL');
    await exitOf(this.server);
    const code = await this.sidecar.ended();
    if (code !== 0) {
      this.wrongs.push(`the sidecar ended with ${code} when its server was killed`);
    }
  }
}
