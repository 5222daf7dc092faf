import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { join } from 'node:path';

import type { Snapshot } from '../protocol/view';
import type { UnixUser } from '../users/users';
import { TestConnection, TestKernel } from './gate';
import { groupNameOf, groupsCalled } from './places';
import { askSocket, exitOf, spawnSidecar, type Answer } from './sidecar';

/** Users that need no entry anywhere: nothing is looked up here. */
export const ANN = { uid: 64101, gid: 64101, name: 'ann', groups: ['atlas'] };
export const BOB = { uid: 64102, gid: 64102, name: 'bob', groups: [] };

type User = UnixUser;

/** One user's way to a shared sidecar. */
export class UserSide {
  readonly gatePath: string;
  readonly apiPath: string;
  private readonly children: ChildProcess[] = [];

  constructor(
    readonly user: User,
    readonly directory: string
  ) {
    this.gatePath = join(directory, 'gate.sock');
    this.apiPath = join(directory, 'api.sock');
  }

  /** One request of the API. */
  ask(method: string, path: string, body?: string): Promise<Answer> {
    return askSocket(this.apiPath, method, `/api/v1/${path}`, body);
  }

  async snapshot(): Promise<Snapshot> {
    return (await this.ask('GET', 'snapshot')).body as Snapshot;
  }

  /** A process of this user as a kernel, which has not said anything. */
  kernel(): TestKernel {
    const { uid, gid } = this.user;
    const child = spawn('sleep', ['3600'], { stdio: 'ignore', uid, gid });
    this.children.push(child);
    return new TestKernel(child);
  }

  /** A kernel whose gate has been welcomed. */
  async connected(): Promise<TestKernel> {
    const kernel = this.kernel();
    await kernel.connect(this);
    return kernel;
  }

  /** A connection that has said nothing. */
  open(): Promise<TestConnection> {
    return TestConnection.open(this);
  }

  async end(): Promise<void> {
    this.children.forEach(it => it.kill('SIGKILL'));
    await Promise.all(this.children.map(exitOf));
  }
}

/** A real sidecar of the whole node, with what starts it: root's. */
export class SharedSidecar {
  log = '';
  /** Whom it has asked to look up again. */
  readonly asked: unknown[] = [];
  private readonly answers: ((answer: Record<string, unknown>) => void)[] = [];
  private readonly lines: Interface;
  private readonly sides = new Map<number, UserSide>();

  private constructor(
    private readonly child: ChildProcess,
    private readonly state: string
  ) {
    child.stderr!.on('data', chunk => (this.log += String(chunk)));
    this.lines = createInterface({ input: child.stdout! });
    this.lines.on('line', line => {
      const said = JSON.parse(line) as Record<string, unknown>;
      'lookUp' in said ? this.asked.push(said['lookUp']) : this.answers.shift()?.(said);
    });
  }

  /** Start one that keeps what it knows in one directory, and has users' in another. */
  static async start(
    state: string,
    users: string,
    ...args: readonly string[]
  ): Promise<SharedSidecar> {
    const options = ['--dir', state, '--system', users, '--with-parent', ...args];
    const sidecar = new SharedSidecar(spawnSidecar(options), state);
    const ready = await Promise.race([sidecar.answer(), exitOf(sidecar.child)]);
    if (ready === null || typeof ready !== 'object') {
      throw new Error(`it did not start: ${sidecar.log}`);
    }
    return sidecar;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Let it serve a user, as whoever started it would; throws where it does not. */
  async serve(user: User): Promise<UserSide> {
    const { directory, why } = await this.order(user);
    if (typeof directory !== 'string') {
      throw new Error(String(why));
    }
    const side = this.sides.get(user.uid) ?? new UserSide(user, directory);
    this.sides.set(user.uid, side);
    return side;
  }

  /** Say a line to it; resolves to its answer. */
  order(line: unknown): Promise<Record<string, unknown>> {
    this.child.stdin!.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
    return this.answer();
  }

  /** Kill it as a crash would. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await exitOf(this.child);
  }

  /** Stop it, and all processes of users; resolves to what was left behind, and the exit code. */
  async stop(): Promise<readonly unknown[]> {
    const name = groupNameOf(this.state);
    this.child.stdin!.end();
    const code = await exitOf(this.child);
    this.lines.close();
    await Promise.all([...this.sides.values()].map(it => it.end()));
    return [code, ...groupsCalled(name)];
  }

  private answer(): Promise<Record<string, unknown>> {
    return new Promise(resolve => this.answers.push(resolve));
  }
}
