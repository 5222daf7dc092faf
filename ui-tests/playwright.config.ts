import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { defineConfig } from '@playwright/test';

const project = path.resolve(__dirname, '..');
const port = (process.env['CELLGRANT_UI_PORT'] ??= '8897');

// Workers read this file, too: they have to see the folder that the server was started in.
// Short, because the sockets below it have at most 107 bytes of path.
const scratch = (process.env['CELLGRANT_UI_SCRATCH'] ??= mkdtempSync(
  path.join(tmpdir(), 'cg-ui-')
));

const gpuPort = String(Number(port) + 1);
const standInGpu = path.join(project, 'server', 'testing', 'standin-gpu');

/** A node with one GPU, where nvidia-smi and CUDA's driver are stand-ins. */
const standIns = {
  PATH: `${standInGpu}${path.delimiter}${process.env['PATH']}`,
  STANDIN_LOG: 'h200',
  STANDIN_INTERVAL: '0.5',
  STANDIN_CONTEXTS: path.join(scratch, 'gpus', 'contexts'),
  STANDIN_GPU: standInGpu,
  CELLGRANT_UI_CUDA: path.join(project, 'jupyterlab_cellgrant', 'tests')
};

/** The distribution's Chromium; undefined for the one that Playwright itself installs. */
const chromium = [
  process.env['CELLGRANT_CHROMIUM'] ?? '',
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome'
].find(file => existsSync(file));

const inVenv = path.join(project, '.venv', 'bin', 'python');
const python = (process.env['CELLGRANT_UI_PYTHON'] ??=
  process.env['CELLGRANT_PYTHON'] ?? (existsSync(inVenv) ? inVenv : 'python3'));

/** The journeys share one node, so they run one after another. */
export default defineConfig({
  testDir: 'journeys',
  outputDir: 'test-results',
  reporter: [['list'], ['json', { outputFile: 'test-results/report.json' }]],
  workers: 1,
  fullyParallel: false,
  retries: 0,
  // What hangs is to end some time; a busy machine is not to fail a journey.
  timeout: 240_000,
  expect: { timeout: 60_000 },
  use: {
    // Video needs a download of ffmpeg.
    video: 'off',
    trace: 'retain-on-failure',
    viewport: { width: 1280, height: 900 },
    launchOptions: {
      ...(chromium === undefined ? {} : { executablePath: chromium }),
      // The last four keep a browser from asking the network for anything of its own.
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync'
      ]
    }
  },
  projects: [
    { name: 'lab', testIgnore: 'gpus.spec.ts', use: { baseURL: urlOf(port) } },
    { name: 'gpus', testMatch: 'gpus.spec.ts', use: { baseURL: urlOf(gpuPort) } }
  ],
  webServer: [server(port, 'lab', {}), server(gpuPort, 'gpus', standIns)]
});

function urlOf(at: string): string {
  return `http://127.0.0.1:${at}`;
}

/** A server with a sidecar of its own; all of them show the same notebooks. */
function server(at: string, name: string, env: Readonly<Record<string, string>>) {
  return {
    command: `"${python}" -m jupyterlab --config jupyter_server_test_config.py`,
    cwd: __dirname,
    url: `${urlOf(at)}/lab`,
    timeout: 120_000,
    reuseExistingServer: false,
    gracefulShutdown: { signal: 'SIGTERM' as const, timeout: 15_000 },
    env: {
      CELLGRANT_UI_PORT: at,
      CELLGRANT_UI_NAME: name,
      CELLGRANT_UI_SCRATCH: scratch,
      ...env
    }
  };
}
