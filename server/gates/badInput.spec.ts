import { LINE_BYTES_MAX } from '../protocol/gate';
import { TestConnection, type TestKernel } from '../testing/gate';
import type { TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';

/** The id of a user that has no processes but ours. */
const NOBODY = '65534';

describe('bad input on the gate socket', () => {
  const stage = new Stage();
  let sidecar: TestSidecar;
  /** Whose cell must not notice anything. */
  let bystander: TestKernel;
  let kernel: TestKernel;
  let count = 0;

  beforeAll(async () => {
    sidecar = await stage.sidecar();
    bystander = await stage.connected(sidecar);
    kernel = await stage.connected(sidecar);
    bystander.claim('bystander', { cpus: 1, memory: '1 GiB' });
    await bystander.gate.hear('granted', 'bystander');
  });

  /** The bystander runs on untouched, a new cell is granted, and the sidecar is the same. */
  afterEach(async () => {
    const { body } = await sidecar.ask('GET', '/api/v1/claims/bystander');
    expect(body).toMatchObject({ state: 'running', grant: { memoryBytes: 1024 ** 3 } });
    bystander.claim(`beside-${(count += 1)}`);
    await bystander.gate.hear('granted', `beside-${count}`);
    bystander.release(`beside-${count}`);
    await bystander.gate.settled();
    const noise = (['problem', 'interrupt', 'changed'] as const).filter(it =>
      bystander.gate.has(it)
    );
    expect(noise).toEqual([]);
    expect(process.kill(sidecar.pid, 0)).toBe(true);
  });

  afterAll(() => stage.clear());

  it.each([
    ['a wrong type', { exclusive: 'yes' }, 'exclusive'],
    ['an unknown key', { speed: 9 }, 'speed'],
    ['a negative number', { cpus: -1 }, 'cpus'],
    ['half a GPU', { gpus: 1.5 }, 'gpus'],
    ['an amount in words', { memory: 'lots' }, 'memory'],
    ['a key of the language', JSON.parse('{"__proto__":{"cpus":1}}'), '__proto__'],
    ['text instead of hints', 'cpus=1', 'cellgrant']
  ])('[ADM4] refuses %s by name', async (_, metadata, path) => {
    const id = `malformed-${(count += 1)}`;
    kernel.claim(id, metadata);
    const refused = await kernel.gate.hear('refused', id);
    expect(refused).toMatchObject({ code: 'HINT_INVALID', details: { path } });
    expect(refused.message).toContain(`"${path}"`);
  });

  it('[ADM4] names every problem of a claim', async () => {
    kernel.claim('several', { cpus: 0, memory: 1 });
    const { details } = await kernel.gate.hear('refused', 'several');
    expect(details).toMatchObject({ path: 'cpus', count: 2 });
    expect(details['problems']).toContain('"memory" is 1; expected an amount');
  });

  it('[ADM3] refuses what this node can never satisfy', async () => {
    kernel.claim('impossible', { memory: '900 GiB' });
    expect(await kernel.gate.hear('refused', 'impossible')).toMatchObject({
      code: 'IMPOSSIBLE',
      details: { path: 'memory' }
    });
  });

  it('refuses hints that are too large', async () => {
    kernel.claim('large', { cpus: 1, note: 'x'.repeat(100_000) });
    expect(await kernel.gate.hear('refused', 'large')).toMatchObject({
      code: 'HINT_TOO_LARGE',
      details: { limit: 16 * 1024 }
    });
  });

  it('refuses 10 MB in one line, and closes only that connection', async () => {
    const connection = await TestConnection.open(sidecar);
    connection.write('x'.repeat(10_000_000));
    expect(await connection.hear('problem')).toMatchObject({
      code: 'LINE_TOO_LONG',
      details: { limit: LINE_BYTES_MAX }
    });
    await connection.closed();
  });

  it.each([
    ['what is not JSON', 'hello?\n', 'LINE_INVALID'],
    ['bytes that are no text', '\u0000\u0001\uFFFD\n', 'LINE_INVALID'],
    ['an unknown message', '{"type":"dance"}\n', 'LINE_INVALID'],
    ['a message without its fields', '{"type":"release"}\n', 'LINE_INVALID'],
    ['a claim before hello', '{"type":"claim","id":"x","sources":{}}\n', 'OUT_OF_ORDER'],
    ['a release before hello', '{"type":"release","id":"x","outcome":"ok"}\n', 'OUT_OF_ORDER']
  ])('refuses %s, and reads on', async (_, line, code) => {
    const connection = await TestConnection.open(sidecar);
    connection.write(line);
    expect(await connection.hear('problem')).toMatchObject({ code });
    await connection.settled();
    connection.close();
  });

  it('passes over a connection that closes in the middle of a line', async () => {
    const connection = await TestConnection.open(sidecar);
    connection.write('{"type":"register","holderId":"half');
    connection.close();
  });

  it('refuses the release of what it does not know, and of what is not this kernel’s', async () => {
    for (const id of ['never', 'bystander']) {
      kernel.release(id);
      expect(await kernel.gate.hear('problem')).toMatchObject({
        code: 'CLAIM_UNKNOWN',
        details: { id }
      });
    }
  });

  it('refuses a claim id that is in use, by this kernel or another', async () => {
    kernel.claim('twice');
    await kernel.gate.hear('granted', 'twice');
    for (const id of ['twice', 'bystander']) {
      kernel.claim(id);
      expect(await kernel.gate.hear('refused', id)).toMatchObject({ code: 'CLAIM_DUPLICATE' });
    }
    kernel.release('twice');
    await kernel.gate.settled();
    expect(kernel.gate.has('problem')).toBe(false);
  });

  it('refuses a process that is not there, or not the one that was meant', async () => {
    const connection = await TestConnection.open(sidecar);
    const process = { holderId: 'ghost', name: 'g.ipynb' };
    connection.say({ type: 'register', ...process, pid: 4194304, startTicks: 1 });
    expect((await connection.hear('problem')).message).toContain('no such process');
    connection.say({ type: 'register', ...process, pid: kernel.pid, startTicks: 1 });
    expect((await connection.hear('problem')).message).toContain('started at another time');
    connection.close();
  });

  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot('refuses a process of another user, at register and at hello', async () => {
    const args = ['--reuid', NOBODY, '--regid', NOBODY, '--clear-groups', 'sleep', '600'];
    const foreign = stage.kernelOf(stage.process('setpriv', ...args));
    await foreign.becomes('sleep');
    const connection = await TestConnection.open(sidecar);
    connection.say({ type: 'register', ...foreign.process });
    expect(await connection.hear('problem')).toMatchObject({
      code: 'FOREIGN_PROCESS',
      details: { pid: foreign.pid, why: 'it belongs to another user' }
    });
    connection.say({ type: 'hello', protocol: 1, ...foreign.process, holdings: [] });
    expect(await connection.hear('problem')).toMatchObject({ code: 'FOREIGN_PROCESS' });
    const { body } = await sidecar.ask('GET', '/api/v1/holders');
    expect(body).not.toContainEqual(expect.objectContaining({ id: foreign.id }));
    connection.close();
  });

  it('refuses a hello of another version, and one for a second kernel', async () => {
    const connection = await TestConnection.open(sidecar);
    const other = stage.kernel();
    connection.say({ type: 'hello', ...other.process, protocol: 3, holdings: [] });
    expect((await connection.hear('problem')).message).toContain('protocol 3');
    kernel.gate.say({ type: 'hello', ...other.process, protocol: 1, holdings: [] });
    expect((await kernel.gate.hear('problem')).message).toContain(
      `already speaks for ${kernel.id}`
    );
    connection.close();
  });
});
