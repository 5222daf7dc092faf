import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';

import express, { type Response } from 'express';

import { askSocket } from '../testing/sidecar';
import { REQUESTS_MAX, admission } from './admission';

describe('admission', () => {
  const directory = mkdtempSync('/tmp/cg-');
  const path = `${directory}/s`;
  let server: Server;
  /** Those that wait for their answer. */
  let waiting: Response[] = [];

  beforeAll(async () => {
    const app = express().use(
      admission(() => undefined),
      (_, response) => waiting.push(response)
    );
    server = createServer(app);
    await new Promise<void>(resolve => server.listen(path, resolve));
  });

  afterAll(() => {
    server.close();
    server.closeAllConnections();
    rmSync(directory, { recursive: true });
  });

  it('[API5] refuses what comes beyond so many requests at once, until some are answered', async () => {
    const asked = Array.from({ length: REQUESTS_MAX }, () => askSocket(path, 'GET', '/'));
    while (waiting.length < REQUESTS_MAX) {
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(await askSocket(path, 'GET', '/')).toMatchObject({
      status: 429,
      body: { message: `At most ${REQUESTS_MAX} requests are allowed at once.` }
    });
    waiting.forEach(it => it.json({}));
    await Promise.all(asked);
    waiting = [];
    const late = askSocket(path, 'GET', '/');
    while (waiting.length === 0) {
      await new Promise(resolve => setImmediate(resolve));
    }
    waiting[0]!.json({});
    expect((await late).status).toBe(200);
  });
});
