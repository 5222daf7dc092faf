import {
  chmodSync,
  linkSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs';
import { dirname, join } from 'node:path';

import { OwnDirectory } from '../host/ownDirectory';
import type { Execution } from '../protocol/execution';
import type { HistoryPage } from '../protocol/history';
import { ALL, executionAt, NEW_YEAR_MS } from '../testing/executions';
import { bundled, shortDirectory } from '../testing/sidecar';
import { sqlite } from '../testing/withSqlite';
import { History } from './history';
import { APPLICATION_ID, VERSION } from './schema';
import { loadSqlite } from './sqlite';

sqlite.describe('a file of history that cannot be used (needs node:sqlite)', () => {
  let dir: string;
  let path: string;
  let notices: readonly string[];
  let log: string[];
  let days: number;
  let all: History[];

  beforeEach(() => {
    dir = shortDirectory();
    path = join(dir, 'history.db');
    [notices, log, days, all] = [[], [], 90, []];
  });

  afterEach(async () => {
    await Promise.all(all.map(it => it.end()));
    rmSync(dir, { recursive: true });
  });

  function begin(): History {
    const history = new History({
      directory: OwnDirectory.open(dir, it => log.push(it)),
      program: join(dirname(bundled()), 'history.cjs'),
      limits: () => ({ days, bytes: 1e9 }),
      nowMs: () => NEW_YEAR_MS,
      log: (_, sentence) => log.push(sentence),
      key: it => it,
      onAdded: () => undefined,
      notice: it => (notices = it)
    });
    all.push(history);
    return history;
  }

  function end(history: History, execution: Execution): void {
    const effect = { type: 'executed', holderId: execution.holderId, execution } as const;
    history.observe({ type: 'ticked', atMs: NEW_YEAR_MS }, [effect]);
  }

  /** What a question is answered: ids, or the sentence of a refusal. */
  async function told(history: History): Promise<unknown> {
    const found = await history.page(ALL);
    return 'code' in found
      ? found.details['why']
      : (found as HistoryPage).executions.map(it => it.claimId);
  }

  /** Record something, and wait until it is known whether it could be. */
  async function tryOn(history: History): Promise<unknown> {
    end(history, executionAt(NEW_YEAR_MS, { claimId: 'a' }));
    await told(history);
    return told(history);
  }

  it.each([
    ['a link', () => symlinkSync('/etc/passwd', path), /is not used: it is a link/],
    [
      'a second name',
      () => (writeFileSync(path, ''), linkSync(path, join(dir, 'x'))),
      /another name/
    ],
    [
      'open to others',
      () => (writeFileSync(path, ''), chmodSync(path, 0o644)),
      /others may open it/
    ],
    ['another program’s', () => make('CREATE TABLE x (y)'), /is the database of another program/],
    [
      'a newer version’s',
      () => make(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${VERSION + 1}`),
      /was written by a newer Cellgrant: it has version/
    ]
  ])('[HIST7] is left as it is and named: %s', async (_, prepare, sentence) => {
    prepare();
    const before = readFileSync(path);
    expect(await tryOn(begin())).toMatch(sentence);
    expect(notices).toEqual([expect.stringMatching(sentence)]);
    expect(readFileSync(path)).toEqual(before);
  });

  function make(sql: string): void {
    const { DatabaseSync } = loadSqlite();
    const db = new DatabaseSync(path);
    db.exec(sql);
    db.close();
    chmodSync(path, 0o600);
  }

  it('[HIST7] is kept under another name if it is damaged, and a new one begins', async () => {
    const first = begin();
    for (let at = 0; at < 400; at += 1) {
      end(first, executionAt(NEW_YEAR_MS + at));
    }
    await first.end();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 4096);
    writeFileSync(path, bytes);

    expect(await tryOn(begin())).toEqual(['a']);
    expect(notices).toEqual([
      expect.stringMatching(/was damaged: it is kept as .*, and a new one/)
    ]);
    const kept = readdirSync(dir).find(it => it.startsWith('history.db.damaged-'))!;
    expect(readFileSync(join(dir, kept))).toEqual(bytes);
  });

  it('[HIST2] a thread that dies is started again, is told of once, and loses nothing', async () => {
    const history = begin();
    expect(await tryOn(history)).toEqual(['a']);
    for (const id of ['b', 'c']) {
      const dying = killThread(history);
      end(history, executionAt(NEW_YEAR_MS + 1, { claimId: id }));
      await dying;
      // The question that comes next starts it.
      await told(history);
    }
    await history.end();
    expect(log.filter(it => it.includes('the thread of history ended'))).toHaveLength(1);
    expect(await told(begin())).toEqual(['a', 'b', 'c']);
  });

  /** End the worker as running out of its memory would. */
  function killThread(history: History): Promise<unknown> {
    const { thread } = history as unknown as {
      thread: { worker: { terminate(): Promise<unknown> } };
    };
    return thread.worker.terminate();
  }

  it('[HIST2] nothing is started or written before the first execution', async () => {
    const history = begin();
    history.observe({ type: 'ticked', atMs: NEW_YEAR_MS }, []);
    history.observe({ type: 'ticked', atMs: NEW_YEAR_MS + 60_000 }, []);
    expect(await history.recent(10)).toEqual([]);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('[HIST4] nothing is recorded or removed where history is off', async () => {
    expect(await tryOn(begin())).toEqual(['a']);
    await all[0]!.end();
    days = 0;
    const history = begin();
    end(history, executionAt(NEW_YEAR_MS + 1));
    expect(await told(history)).toMatch(/history: false/);
    await history.end();
    days = 90;
    expect(await told(begin())).toEqual(['a']);
  });

  it('[HIST5] only so many questions wait', async () => {
    const history = begin();
    end(history, executionAt(NEW_YEAR_MS));
    const answers = await Promise.all(Array.from({ length: 40 }, () => history.page(ALL)));
    const refused = answers.filter(it => 'code' in it);
    expect(refused.length).toBeGreaterThan(20);
    expect(refused[0]).toMatchObject({ code: 'TOO_MANY' });
    expect(answers.filter(it => !('code' in it)).length).toBeGreaterThan(10);
  });
});
