import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';

import { TestKernel } from './gate';
import { TestSidecar, exitOf, shortDirectory } from './sidecar';

/** How a sidecar may end: when it is asked, killed, not the first, or its directory is gone. */
const WELL: readonly (number | string | null)[] = [0, 'SIGKILL', 3, 75];

/**
 * What one test starts: ended after it, and checked to have left nothing.
 *
 * #### Notes
 * On the real tier of this machine.
 */
export class Stage {
  private readonly sidecars: TestSidecar[] = [];
  private readonly children: ChildProcess[] = [];
  private readonly directories: string[] = [];

  /** An empty directory, removed after the test. */
  directory(): string {
    const dir = shortDirectory();
    this.directories.push(dir);
    return dir;
  }

  /** A sidecar with 4 GiB to hand out, of which two claims of 3 GiB cannot run at once. */
  async sidecar(...args: readonly string[]): Promise<TestSidecar> {
    return this.sidecarIn(this.directory(), '--memory', '4 GiB', ...args);
  }

  /** A sidecar in a directory that another one had. */
  async sidecarIn(dir: string, ...args: readonly string[]): Promise<TestSidecar> {
    return this.adopt(await TestSidecar.start(dir, ...args));
  }

  /** See to a sidecar that the test started itself. */
  adopt(sidecar: TestSidecar): TestSidecar {
    this.sidecars.push(sidecar);
    return sidecar;
  }

  /** A process that does nothing until it is killed, here or by the test. */
  process(command = 'sleep', ...args: readonly string[]): ChildProcess {
    const child = spawn(command, args.length ? args : ['3600'], { stdio: 'ignore' });
    this.children.push(child);
    return child;
  }

  /** See to the process of something that the test made itself. */
  keep<T extends { readonly child: ChildProcess }>(it: T): T {
    this.children.push(it.child);
    return it;
  }

  /** A kernel that has not said anything. */
  kernel(): TestKernel {
    return this.kernelOf(this.process());
  }

  /** A process of the test's own making as a kernel. */
  kernelOf(child: ChildProcess): TestKernel {
    return new TestKernel(child);
  }

  /** A kernel whose gate has been welcomed. */
  async connected(sidecar: TestSidecar): Promise<TestKernel> {
    const kernel = this.kernel();
    await kernel.connect(sidecar);
    return kernel;
  }

  /** End everything; throws where a sidecar did not stop well or left something (ENF2). */
  async clear(): Promise<void> {
    const problems: string[] = [];
    for (const sidecar of this.sidecars) {
      const code = await sidecar.stop();
      if (!WELL.includes(code)) {
        problems.push(`exit ${code}: ${sidecar.log}`);
      }
    }
    for (const child of this.children) {
      child.kill('SIGKILL');
      await exitOf(child);
    }
    for (const sidecar of this.sidecars) {
      problems.push(...sidecar.places().map(path => `left behind: ${path}`));
    }
    this.directories.forEach(dir => rmSync(dir, { recursive: true, force: true }));
    if (problems.length) {
      throw new Error(problems.join('\n'));
    }
  }
}
