import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import * as z from 'zod';

import type { GateProcess } from '../protocol/gate';
import type { Log } from './ports';

const ROSTER = z.array(
  z.object({
    kernelId: z.string(),
    pid: z.number().int().positive(),
    startTicks: z.number().int().nonnegative(),
    name: z.string(),
    gated: z.boolean()
  })
);

/**
 * Remembers which processes are registered, for the sidecar after this one.
 *
 * #### Notes
 * A hint, not the truth: each entry is checked against the live process before
 * it counts. Without it a kernel that has no gate would be lost at a restart,
 * for nobody says hello for it. Written in the background, the newest list only.
 */
export class Roster {
  private next: readonly GateProcess[] | null = null;
  private writing: Promise<void> | null = null;

  constructor(
    private readonly path: string,
    private readonly log: Log
  ) {}

  /** What the sidecar before this one left; empty where nothing can be read. */
  load(): readonly GateProcess[] {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch {
      return []; // the first sidecar in this directory
    }
    try {
      return ROSTER.parse(JSON.parse(text));
    } catch {
      this.log('warning', `${this.path} is passed over: it is no list of kernels`);
      return [];
    }
  }

  /** Keep this list; resolves when the newest one is on the disk. */
  keep(list: readonly GateProcess[]): Promise<void> {
    this.next = list;
    this.writing ??= this.write().finally(() => {
      this.writing = null;
    });
    return this.writing;
  }

  private async write(): Promise<void> {
    while (this.next) {
      const text = JSON.stringify(this.next);
      this.next = null;
      try {
        await writeFile(`${this.path}.new`, text, { mode: 0o600 });
        await rename(`${this.path}.new`, this.path);
      } catch (failure) {
        this.log('warning', `the list of kernels was not kept: ${failure}`);
      }
    }
  }
}
