import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { readConfig } from '../../daemon/config/config';
import type { TestSidecar } from '../sidecar';
import type { Stage } from '../stage';
import { SharedSidecar } from '../sharedSidecar';
import {
  configurationText,
  gateLine,
  httpRequest,
  stateFiles,
  userLine,
  type Named
} from './messages';
import type { Mutator } from './mutate';

/** Where the messages of a run go, and who they may speak of. */
export type Target = {
  readonly stage: Stage;
  readonly sidecar: TestSidecar;
  /** Processes that live, and are nobody's kernels yet. */
  readonly processes: readonly Named[];
  readonly configPath: string;
  /** How often what was answered: types of messages, statuses, outcomes. */
  readonly answers: Map<string, number>;
};

function count({ answers }: Target, answer: string): void {
  answers.set(answer, (answers.get(answer) ?? 0) + 1);
}

/** Sends so many messages, or as many as are worth that; resolves when they were taken. */
export type Send = (it: Mutator, target: Target, messages: number) => Promise<void>;

/** How many lines one connection says. */
const LINES_PER_CONNECTION = 20;

/** How many requests are under way at once. */
const REQUESTS_AT_ONCE = 8;

/** A start on files that were changed, and a reload, cost as much as so many messages. */
const MESSAGES_PER_START = 100;
const MESSAGES_PER_RELOAD = 100;

/**
 * Say bytes in pieces, and hang up: at once, or when the answer is there. Resolves to what was
 * answered, when it is closed.
 */
function converse(path: string, pieces: readonly Buffer[], isAnswered: boolean): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(path);
    socket.on('error', () => undefined); // hung up on: that is an answer, too
    let text = '';
    socket.on('data', chunk => (text += String(chunk)));
    socket.on('close', () => resolve(text));
    void (async () => {
      for (const piece of pieces) {
        await new Promise<void>(done => socket.write(piece, () => done()));
      }
      isAnswered || socket.end();
    })();
  });
}

const gate: Send = async (it, target, messages) => {
  const { sidecar, processes } = target;
  const { random } = it;
  for (let left = messages; left > 0; left -= LINES_PER_CONNECTION) {
    const known = random.pick(processes);
    const holderId = `fuzz-${known.pid}`;
    const hello = JSON.stringify({ type: 'hello', protocol: 1, holderId, ...known, name: 'a' });
    const greeting = random.chance(0.7) ? `${hello.slice(0, -1)},"holdings":[]}\n` : '';
    const lines = Array.from({ length: Math.min(left, LINES_PER_CONNECTION) }, () =>
      Buffer.concat([it.bytes(gateLine(it, holderId, known)), Buffer.from('\n')])
    );
    const pieces = it.pieces(Buffer.concat([Buffer.from(greeting), ...lines]));
    const answers = await converse(sidecar.gatePath, pieces, false);
    for (const [, type] of answers.matchAll(/^\{"type":"(\w+)"/gm)) {
      count(target, type!);
    }
  }
};

const http: Send = async (it, target, messages) => {
  const { sidecar, processes } = target;
  let left = messages;
  const holderId = `fuzz-${processes[0]!.pid}`;
  const lane = async () => {
    while ((left -= 1) >= 0) {
      const { bytes, isWhole } = httpRequest(it, holderId);
      const answer = await converse(sidecar.apiPath, it.pieces(bytes), isWhole);
      count(target, /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'nothing');
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, lane));
};

const files: Send = async (it, target, messages) => {
  const { stage, processes } = target;
  for (let left = messages; left > 0; left -= MESSAGES_PER_START) {
    const dir = stage.directory();
    const known = it.random.pick(processes);
    for (const [name, value] of Object.entries(stateFiles(known))) {
      writeFileSync(join(dir, name), it.bytes(it.json(value)));
    }
    const sidecar = await stage.sidecarIn(dir);
    const { status } = await sidecar.ask('GET', '/api/v1/snapshot');
    const code = await sidecar.stop();
    if (status !== 200 || code !== 0 || / a mistake/.test(sidecar.log)) {
      throw new Error(`status ${status}, exit ${code}: ${sidecar.log}`);
    }
    count(target, sidecar.log.includes('is ignored') ? 'ignored' : 'read');
  }
};

const configuration: Send = async (it, target, messages) => {
  for (let n = 0; n < messages; n += 1) {
    const text = configurationText(it);
    const { said, problems } = readConfig(text.toString());
    if ((said === null) !== problems.length > 0 || problems.some(({ line }) => !(line >= 1))) {
      throw new Error(`read as ${JSON.stringify({ said, problems })}: ${text}`);
    }
    count(target, said ? 'read' : 'wrong');
    if (n % MESSAGES_PER_RELOAD === 0) {
      await reload(target, text);
    }
  }
  await reload(target, '');
};

/** Resolves when the sidecar has read this. */
async function reload({ sidecar, configPath }: Target, text: string | Buffer): Promise<void> {
  const readMs = async () =>
    ((await sidecar.ask('GET', '/api/v1/configuration')).body as { readMs: number }).readMs;
  const pause = () => new Promise(resolve => setTimeout(resolve, 20));
  writeFileSync(configPath, text);
  for (const before = Date.now(); (await readMs()) < before; await pause()) {
    sidecar.signal('SIGHUP');
  }
}

/** Orders to serve a user, which only root can start such a sidecar to give. */
const users: Send = async (it, target, messages) => {
  const outer = target.stage.directory();
  const sidecar = await SharedSidecar.start(join(outer, 'state'), join(outer, 'run'));
  for (let left = messages; left > 0; left -= 1) {
    const line = it
      .bytes(userLine(it))
      .toString()
      .replaceAll(/[\r\n\u2028\u2029]/g, ' ');
    const { directory } = await sidecar.order(line);
    count(target, directory === undefined ? 'refused' : 'served');
  }
  const left = await sidecar.stop();
  if (left.join() !== '0' || / a mistake/.test(sidecar.log)) {
    throw new Error(`exit and left: ${left.join()}: ${sidecar.log}`);
  }
};

/** Where messages come in, by name. */
export const ENTRIES: Readonly<Record<string, Send>> = {
  gate,
  http,
  files,
  configuration,
  ...(process.getuid?.() === 0 && { users })
};
