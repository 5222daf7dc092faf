import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { test as base } from '@jupyterlab/galata';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Locator, Page } from '@playwright/test';

import type { ClaimView, Snapshot } from '../server/protocol/view';

export { expect } from '@jupyterlab/galata';

const SCRATCH = process.env['CELLGRANT_UI_SCRATCH']!;
const NOTEBOOKS = path.join(SCRATCH, 'notebooks');

/** More than half of the node's memory: two cells that ask for it cannot run at once. */
export const MOST = '1200 MiB';

/** The code of a cell that runs until {@link Journey.letGo}. */
export const HOLD = 'import os, time\nwhile not os.path.exists("go"):\n    time.sleep(0.05)';

/** The beginning of a cell that uses the stand-in for CUDA's driver, as `cuda`. */
export const STANDIN_CELL =
  'import os, sys\nsys.path.insert(0, os.environ["CELLGRANT_UI_CUDA"])\n' +
  'from cuda_driver import Cuda\ncuda = Cuda()';

/** Let a process hold so many MiB of the stand-in GPU, for as long as it lives. */
export function holdGpu(pid: number, mebibytes: number): void {
  const uuid = 'GPU-dddddddd-0000-1111-2222-333333333333';
  writeFileSync(path.join(SCRATCH, 'gpus', 'contexts', `${pid}.mib`), `${uuid} ${mebibytes}\n`);
}

/** One code cell of a notebook to write. */
export type WrittenCell = {
  readonly code: string;
  readonly hints?: Readonly<Record<string, unknown>>;
  readonly tags?: readonly string[];
};

/** One journey through a lab: a folder of notebooks, and the page that shows them. */
export class Journey {
  constructor(
    readonly page: Page,
    /** The folder of the journey, below the server's root. */
    readonly folder: string
  ) {}

  /** Write a notebook. */
  write(name: string, cells: readonly WrittenCell[], hints?: object): void {
    const notebook = {
      nbformat: 4,
      nbformat_minor: 5,
      metadata: {
        kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' },
        ...(hints ? { cellgrant: hints } : {})
      },
      cells: cells.map(({ code, hints: own, tags }, i) => ({
        cell_type: 'code',
        id: `cell-${i}`,
        source: code,
        metadata: { ...(own ? { cellgrant: own } : {}), ...(tags ? { tags } : {}) },
        outputs: [],
        execution_count: null
      }))
    };
    mkdirSync(path.join(NOTEBOOKS, this.folder), { recursive: true });
    writeFileSync(path.join(NOTEBOOKS, this.folder, name), JSON.stringify(notebook));
  }

  /** Let the cells with {@link HOLD} end. */
  letGo(): void {
    writeFileSync(path.join(NOTEBOOKS, this.folder, 'go'), '');
  }

  /** Execute a command without waiting for its end. */
  async start(id: string, args: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.page.evaluate(
      ([command, its]) => void window.jupyterapp.commands.execute(command, its),
      [id, args] as const
    );
  }

  /** Show a notebook, whatever its kernel does. */
  async show(name: string): Promise<void> {
    await this.start('docmanager:open', { path: `${this.folder}/${name}` });
    await this.notebook.locator('.jp-Notebook .jp-Cell').first().waitFor();
  }

  /** Show a notebook and wait for its kernel. */
  async open(name: string): Promise<void> {
    await this.show(name);
    await this.kernelAnswers();
  }

  /**
   * Wait until the notebook in sight has a kernel that answers.
   *
   * #### Notes
   * Jupyter drops cells that are run before that, and its indicator says idle too early. A
   * kernel whose cell waits or runs does not answer a new page before the end of it.
   */
  async kernelAnswers(): Promise<void> {
    await this.page.waitForFunction(() => {
      const panel = window.jupyterapp.shell.currentWidget as NotebookPanel | null;
      const kernel = panel?.sessionContext?.session?.kernel;
      return kernel?.status === 'idle';
    });
  }

  /** The notebook in sight. */
  get notebook(): Locator {
    return this.page.locator('.jp-NotebookPanel:not(.lm-mod-hidden)');
  }

  cell(index: number): Locator {
    return this.notebook.locator('.jp-Cell').nth(index);
  }

  /** What a cell printed, without its code. */
  output(index: number): Locator {
    return this.cell(index).locator('.jp-OutputArea');
  }

  /** What a cell shows of its resources. */
  badge(index: number): Locator {
    return this.cell(index).locator('.cg-Badge');
  }

  /** A field of the editor of the active cell's hints. */
  field(name: string): Locator {
    return this.panel.locator('.cg-ThisCell > .cg-HintForm').getByLabel(name, { exact: true });
  }

  get panel(): Locator {
    return this.page.locator('.cg-ResourcesPanel');
  }

  /** Make a cell the active one. */
  async select(index: number): Promise<void> {
    await this.cell(index).locator('.jp-InputPrompt').click();
  }

  async run(index: number): Promise<void> {
    await this.select(index);
    await this.start('notebook:run-cell');
  }

  /** The newest snapshot, asked for directly. */
  async snapshot(): Promise<Snapshot> {
    return (await this.page.request.get('/cellgrant/api/v1/snapshot')).json();
  }

  /** The newest claim of a cell of {@link write}. */
  async claim(index: number): Promise<ClaimView | undefined> {
    const { claims } = await this.snapshot();
    const own = claims.filter(claim => claim.cellId === `cell-${index}`);
    return own.sort((a, b) => b.arrivedMs - a.arrivedMs)[0];
  }

  /** Keep a picture: beside the journeys where that is asked for, else among the results. */
  async picture(name: string): Promise<void> {
    const folder = process.env['CELLGRANT_SCREENSHOTS'] ?? path.join(__dirname, 'test-results');
    await this.page.screenshot({ path: path.join(folder, `${name}.png`), animations: 'disabled' });
  }

  async useTheme(name: 'JupyterLab Light' | 'JupyterLab Dark'): Promise<void> {
    const light = name === 'JupyterLab Light';
    await this.start('apputils:change-theme', { theme: name });
    // The body has no height of its own, so it never counts as visible.
    await this.page.locator(`body[data-jp-theme-light="${light}"]`).waitFor({ state: 'attached' });
  }
}

/** The process of the sidecar; every process is asked, for its parent may have changed. */
export function sidecarPid(): number {
  const own = path.join(SCRATCH, 'lab', 'cg');
  const found = readdirSync('/proc').filter(pid => {
    if (!/^\d+$/.test(pid)) {
      return false;
    }
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return line.some(word => word.endsWith('main.cjs')) && line.includes(own);
    } catch {
      return false; // ended since it was listed
    }
  });
  if (found.length !== 1) {
    throw new Error(`expected one sidecar of ${own}, found ${found.length}`);
  }
  return Number(found[0]);
}

/** Galata's test with a journey; every kernel is ended after it, so that the node is free. */
export const test = base.extend<{ journey: Journey }>({
  // Galata's route for kernels does not understand the empty answer to an interrupt.
  kernels: async ({}, use) => use(null),
  sessions: async ({}, use) => use(null),
  journey: async ({ page, tmpPath }, use) => {
    const journey = new Journey(page, tmpPath);
    await use(journey);
    journey.letGo();
    await page.evaluate(() => window.jupyterapp.serviceManager.sessions.shutdownAll());
  }
});
