import type { Mutator } from './mutate';

/** A process as messages name it. */
export type Named = { readonly pid: number; readonly startTicks: number };

const HINTS = {
  cpus: 1,
  memory: '1 MiB',
  gpus: 0,
  exclusive: false,
  time: '1 s',
  priority: 1,
  maxWait: '1 s',
  hold: false
};

const GRANT = {
  cpus: '0',
  threads: 1,
  memoryBytes: null,
  gpus: [],
  affinity: null,
  cpuset: null,
  env: { OMP_NUM_THREADS: '1' }
};

const ASK = {
  cpus: { kind: 'fixed', n: 1 },
  exclusive: false,
  memoryBytes: 1024,
  gpus: 0,
  gpuMemoryBytes: null,
  gpuModel: null,
  timeMs: null,
  priority: 0,
  maxWaitMs: null,
  hold: true
};

function claimOf(id: string): object {
  return {
    id,
    cellId: 'cell',
    label: '[1]',
    sourceHash: 'ab',
    outerId: null,
    sources: { metadata: HINTS, tags: ['cpus=1', 'draft'], directive: '#| cpus: 1\n#| echo: false' }
  };
}

/** A line of the gate's protocol that one of these processes could say. */
export function gateLine(it: Mutator, holderId: string, known: Named): string {
  const { random } = it;
  const id = `claim-${random.whole(0, 9)}`;
  const process = { holderId, ...known, name: 'a.ipynb', notebook: 'a.ipynb' };
  const holding = { ...claimOf(id), granted: GRANT, agoMs: 5, waitedMs: 1 };
  return it.json(
    random.pick<object>([
      { type: 'prepare', holderId },
      { type: 'register', ...process },
      { type: 'ended', holderId },
      { type: 'hello', protocol: 2, holdings: [holding, holding], saidMs: 1, ...process },
      { type: 'claim', started: false, ...claimOf(id) },
      { type: 'claim', started: true, ...claimOf(id) },
      { type: 'cancel', id },
      { type: 'release', id, outcome: 'ok', cpuSeconds: 0.1 }
    ])
  );
}

const ROUTES = [
  'GET /healthz',
  'GET /api/v1/snapshot',
  'GET /api/v1/node',
  'GET /api/v1/holders',
  'GET /api/v1/claims',
  'GET /api/v1/claims/ID',
  'DELETE /api/v1/claims/ID',
  'GET /api/v1/configuration',
  'GET /api/v1/policy',
  'PUT /api/v1/policy',
  'GET /api/v1/defaults',
  'PUT /api/v1/defaults',
  'GET /api/v1/holders/ID/defaults',
  'PUT /api/v1/holders/ID/defaults',
  'POST /api/v1/holders/ID/fits',
  'DELETE /api/v1/holders/ID/hold',
  'POST /api/v1/holders/ID/free',
  'PUT /api/v1/holders/ID/restart-request',
  'DELETE /api/v1/holders/ID/restart-request',
  'GET /api/v1/users/ID/hub-groups',
  'PUT /api/v1/users/ID/hub-groups'
];

const BODIES: readonly unknown[] = [
  { policy: 'dynamic' },
  HINTS,
  { claim: 'claim-1' },
  { groups: ['physics', ''] },
  [{ metadata: HINTS, tags: ['gpus=1'], directive: '#| cpus: 1' }, {}],
  {}
];

const HEADERS = [
  'Content-Type: application/json',
  'Content-Type: text/plain; charset=utf-7',
  'Content-Encoding: gzip',
  'Content-Length: 99999999999',
  'Content-Length: -1',
  'Content-Length: 5, 6',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Expect: 100-continue',
  'Expect: nothing',
  'Upgrade: websocket\r\nConnection: upgrade',
  'Connection: keep-alive',
  'Host: a\r\nHost: b',
  `X-Long: ${'x'.repeat(20_000)}`,
  'X-Bare: a\rb',
  ': nothing',
  'Range: bytes=0-'
];

/** A request as bytes; `isWhole` where it will be answered without more. */
export function httpRequest(
  it: Mutator,
  holderId: string
): { readonly bytes: Buffer; readonly isWhole: boolean } {
  const { random } = it;
  const id = random.pick([holderId, 'claim-1', '__proto__', '%ff', '..%2f..', 'x'.repeat(9000)]);
  const route = random.pick(ROUTES).replace('ID', id);
  const body = route.startsWith('GET') ? Buffer.alloc(0) : it.bytes(it.json(random.pick(BODIES)));
  const head = `${route} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n`;
  if (random.chance(0.6) && id.length < 100) {
    return { bytes: Buffer.concat([Buffer.from(`${head}\r\n`), body]), isWhole: true };
  }
  const headers = Array.from({ length: random.whole(0, 3) }, () => random.pick(HEADERS));
  const odd = it.bytes(`${head}${headers.map(line => `${line}\r\n`).join('')}\r\n`);
  return { bytes: Buffer.concat([odd, body]), isWhole: false };
}

/** What the files of a sidecar's directory hold, before some of it is changed. */
export function stateFiles(known: Named): Readonly<Record<string, unknown>> {
  const claim = { holderId: 'kept', ...claimOf('kept-claim'), sources: undefined, ask: ASK };
  const kept = { claim, grant: GRANT, sinceMs: 1 };
  const kernel = { holderId: 'kept', ...known, name: 'a', notebook: null, gated: true };
  return {
    'kernels.json': [{ ...kernel, boundGpus: [], kept, ancestors: [1] }],
    'masks.json': [{ holderId: 'kept', ...known, original: '0' }],
    'defaults.json': HINTS,
    'notebooks.json': { kept: HINTS, other: { gpus: 0 } }
  };
}

/** A configuration with something of everything; YAML reads JSON, too. */
const CONFIGURATION = {
  groups: {
    atlas: {
      quota: '50%',
      surplus: false,
      users: { ann: 2 },
      notebooks: ['atlas/**'],
      limits: { memory: '1 GiB', gpus: 1 },
      groups: { prod: { weight: 2, latency: '1 s', users: ['bob'] } }
    }
  },
  preemption: { victims: 'leastLostWork', grace: '5 s' },
  hold: { idle: '10 min', safe: '1 min' },
  reserve: { memory: '1 MiB', cpus: 0 },
  gpus: { fence: false },
  limits: { memory: '64 GiB', gpus: 2, exclusive: 0 },
  policy: 'dynamic',
  defaults: HINTS
};

/** An order to serve a user, on a shared sidecar. */
export function userLine(it: Mutator): string {
  const uid = 64_200 + it.random.whole(0, 9);
  return it.json({ uid, gid: uid, name: `user-${uid}`, groups: ['staff', 'atlas'] });
}

const YAML = ['&a ', '*a', '<<: ', ': ', '\n', '\n  ', '- ', '? ', '|\n', '---\n', '!!set ', '\t'];

/** A configuration, changed as JSON, and with signs of YAML anywhere in it. */
export function configurationText(it: Mutator): Buffer {
  let text = it.json(CONFIGURATION);
  for (let count = it.random.whole(0, 4); count > 0; count -= 1) {
    const at = it.random.whole(0, text.length);
    text = `${text.slice(0, at)}${it.random.pick(YAML)}${text.slice(at)}`;
  }
  return it.bytes(text);
}
