import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { AuditView } from '../protocol/audit';
import type { ErrorBody, Snapshot } from '../protocol/view';
import { SmallDisk } from '../testing/faults/smallDisk';
import type { TestKernel } from '../testing/gate';
import { TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';

const GROUPS = 'groups: {atlas: {groups: {prod: {weight: 2}}}, phenix: {weight: 1}}\n';
const HALF = { memory: '3 GiB' };

describe('the orders of an administrator', () => {
  let stage: Stage;
  let sidecar: TestSidecar;
  let dir: string;
  let config: string;
  let kernel: TestKernel;

  beforeEach(async () => {
    stage = new Stage();
    dir = stage.directory();
    config = join(stage.directory(), 'cellgrant.yaml');
    writeFileSync(config, GROUPS);
    sidecar = await start();
    kernel = await stage.connected(sidecar);
  });

  afterEach(() => stage.clear());

  const start = () => stage.sidecarIn(dir, '--memory', '4 GiB', '--config', config);
  const order = (method: string, path: string, body?: object) =>
    sidecar.ask(method, `/api/v1/admin/${path}`, body && JSON.stringify(body));
  const snapshot = async () => (await sidecar.ask('GET', '/api/v1/snapshot')).body as Snapshot;
  const log = async (query = '') => (await order('GET', `log${query}`)).body as AuditView;
  const refused = ({ status, body }: { status: number; body: unknown }) => {
    const { code, message } = body as ErrorBody;
    return [status, code, message];
  };

  async function reloaded(): Promise<void> {
    const read = async () => (await sidecar.ask('GET', '/api/v1/configuration')).body;
    const before = JSON.stringify(await read());
    process.kill(sidecar.pid, 'SIGHUP');
    while (JSON.stringify(await read()) === before) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  }

  async function restart(): Promise<void> {
    await sidecar.kill();
    sidecar = await start();
    await kernel.connect(sidecar);
  }

  it('[ADMIN2] drain the node, also across a restart, until it is undrained', async () => {
    expect((await order('PUT', 'drain', { why: ' a reboot\n' })).status).toBe(204);
    kernel.claim('a', {});
    expect((await kernel.gate.hear('waiting', 'a')).sentence).toMatch(
      /^because the node is being drained by \S+: a reboot$/
    );
    const { drain } = (await snapshot()).node;
    expect(drain).toMatchObject({ why: 'a reboot', sentence: expect.stringMatching('draining') });
    expect((await sidecar.ask('GET', '/readyz')).status).toBe(200);
    kernel.gate.say({ type: 'cancel', id: 'a' });
    await restart();
    expect((await snapshot()).node.drain).toMatchObject({ why: 'a reboot' });
    kernel.claim('b', {});
    await kernel.gate.hear('waiting', 'b');
    expect((await order('DELETE', 'drain')).status).toBe(204);
    await kernel.gate.hear('granted', 'b');
    kernel.claim('c', {});
    await kernel.gate.hear('granted', 'c');
    await restart();
    expect((await snapshot()).node.drain).toBeNull();
  });

  it('[ADMIN4] take back what a claim has, or a holder keeps', async () => {
    kernel.claim('a', HALF);
    await kernel.gate.hear('granted', 'a');
    const why = 'a reboot';
    expect((await order('POST', 'evict', { claim: 'a', grace: '0 s', why })).status).toBe(204);
    const { message } = await kernel.gate.hear('interrupt', 'a');
    expect(message).toMatch(/^The grant of this cell was taken back: .*ordered it \(a reboot\)\.$/);
    kernel.release('a');
    kernel.claim('kept', { ...HALF, hold: true });
    await kernel.gate.hear('granted', 'kept');
    kernel.release('kept');
    await kernel.gate.settled();
    expect((await order('POST', 'evict', { holder: kernel.id })).status).toBe(204);
    expect((await snapshot()).holders[0]!.grant).toBeNull();
    expect(refused(await order('POST', 'evict', { holder: kernel.id }))).toEqual([
      409,
      'NOTHING_HELD',
      expect.stringContaining('it neither runs anything nor keeps a grant')
    ]);
  });

  it('[ADMIN5] put a holder into a group, also across a restart', async () => {
    const groupOf = async () => (await snapshot()).holders[0]!.group;
    const move = (group: string | null) => order('POST', 'move', { holder: kernel.id, group });
    expect((await move('atlas/prod')).status).toBe(204);
    expect(await groupOf()).toBe('atlas/prod');
    await restart();
    expect(await groupOf()).toBe('atlas/prod');
    expect(refused(await move('none'))).toEqual([
      404,
      'GROUP_UNKNOWN',
      'There is no group "none". The configuration has these: all, atlas, atlas/prod, phenix.'
    ]);
    expect((await move(null)).status).toBe(204);
    expect(await groupOf()).toBe('all');
    await restart();
    expect(await groupOf()).toBe('all');
  });

  it('[ADMIN7] cap a user or a group, also across a restart, until that is taken back', async () => {
    const cap = (body: object) => order('POST', 'cap', body);
    const capped = async () =>
      (await snapshot()).caps.map(({ group, user, caps: its, order: its_ }) => [
        user ?? group,
        its.map(({ what, most }) => `${what} ${most}`).join(),
        its_?.why
      ]);
    const ofDan = { user: 'dan', caps: { gpus: 2, cpus: '50%' }, why: 'a course' };
    expect((await cap(ofDan)).status).toBe(204);
    expect((await cap({ user: 'dan', caps: { memory: '1 GiB' } })).status).toBe(204);
    expect((await cap({ group: 'atlas', caps: { cells: 1 } })).status).toBe(204);
    const [dan] = (await snapshot()).caps.filter(it => it.user === 'dan');
    expect(dan!.caps.map(it => it.what)).toEqual(['memory', 'gpus', 'cpus']);
    const before = await capped();
    expect(before.map(([whose]) => whose)).toEqual(['dan', 'atlas']);
    await restart();
    expect(await capped()).toEqual(before);
    expect((await cap({ group: 'atlas', caps: null })).status).toBe(204);
    expect((await cap({ user: 'dan', caps: null })).status).toBe(204);
    expect(await capped()).toEqual([]);
    expect(refused(await cap({ group: 'none', caps: null })).slice(0, 2)).toEqual([
      404,
      'GROUP_UNKNOWN'
    ]);
    const { records } = await log();
    expect(records.map(it => [it.action, it.on, it.outcome])).toEqual([
      ['cap', { user: 'dan', gpus: 2, cpus: '50%' }, 'done'],
      ['cap', { user: 'dan', memoryBytes: 2 ** 30 }, 'done'],
      ['cap', { group: 'atlas', cells: 1 }, 'done'],
      ['uncap', { group: 'atlas' }, 'done'],
      ['uncap', { user: 'dan' }, 'done'],
      ['uncap', { group: 'none' }, 'GROUP_UNKNOWN']
    ]);
    await restart();
    expect(await capped()).toEqual([]);
  });

  it('[ADMIN7] take back what stands for a group that is gone', async () => {
    expect((await order('POST', 'cap', { group: 'atlas', caps: { gpus: 1 } })).status).toBe(204);
    writeFileSync(config, 'groups: {phenix: {weight: 1}}\n');
    await reloaded();
    expect((await snapshot()).caps).toEqual([]);
    expect((await order('POST', 'cap', { group: 'atlas', caps: null })).status).toBe(204);
    writeFileSync(config, GROUPS);
    await reloaded();
    expect((await snapshot()).caps).toEqual([]);
  });

  it.each([
    ['POST', 'evict', { claim: 'none' }, [404, 'CLAIM_UNKNOWN']],
    ['POST', 'evict', { holder: 'none' }, [404, 'HOLDER_UNKNOWN']],
    ['POST', 'evict', { holder: 'k', claim: 'c' }, [400, 'BODY_INVALID', /either/]],
    ['POST', 'evict', {}, [400, 'BODY_INVALID', /either/]],
    ['POST', 'evict', { claim: 'c', grace: 'soon' }, [400, 'BODY_INVALID', /"grace": .*30 s/]],
    ['POST', 'evict', { claim: 'c', why: 'x'.repeat(201) }, [400, 'BODY_INVALID', /200/]],
    ['POST', 'evict', { claim: 'c', reason: 'x' }, [400, 'BODY_INVALID', /JSON object/]],
    ['POST', 'move', { holder: 'none', group: 'atlas' }, [404, 'HOLDER_UNKNOWN']],
    ['POST', 'move', { holder: 'none' }, [400, 'BODY_INVALID', /"group"/]],
    ['POST', 'cap', { caps: { gpus: 1 } }, [400, 'BODY_INVALID', /either "user" or "group"/]],
    ['POST', 'cap', { user: 'ann', group: 'atlas', caps: null }, [400, 'BODY_INVALID', /either/]],
    ['POST', 'cap', { user: 'ann', caps: {} }, [400, 'BODY_INVALID', /"caps": .*at least one/]],
    ['POST', 'cap', { user: '@staff', caps: null }, [400, 'BODY_INVALID', /"user": .*of a user/]],
    ['POST', 'cap', { user: 'ann', caps: { gpus: -1 } }, [400, 'BODY_INVALID', /"caps.gpus": .*0/]],
    ['POST', 'cap', { user: 'ann', caps: { cells: 0 } }, [400, 'BODY_INVALID', /from 1 to/]],
    ['POST', 'cap', { user: 'ann', caps: { memory: 'x' } }, [400, 'BODY_INVALID', /"4 GiB"/]],
    ['POST', 'cap', { user: 'ann', caps: { cpus: '150%' } }, [400, 'BODY_INVALID', /"100%"/]],
    ['POST', 'cap', { user: 'ann', caps: { disks: 1 } }, [400, 'BODY_INVALID', /kernels, cells/]],
    ['POST', 'cap', { group: 'none', caps: { gpus: 1 } }, [404, 'GROUP_UNKNOWN']],
    ['PUT', 'drain', { why: 1 }, [400, 'BODY_INVALID', /"why": expected a text/]],
    ['GET', 'log?since=soon', undefined, [400, 'BODY_INVALID', /"since"/]]
  ])(
    '[ADMIN6] refuse by name what makes no sense: %s %s %j',
    async (method, path, body, answer) => {
      const [status, code, words = /./] = answer;
      const said = refused(await order(method, path, body));
      expect(said).toEqual([status, code, expect.stringMatching(words as RegExp)]);
    }
  );

  it('[ADMIN4] do not take back what waits', async () => {
    kernel.claim('a', HALF);
    await kernel.gate.hear('granted', 'a');
    const other = await stage.connected(sidecar);
    other.claim('b', HALF);
    await other.gate.hear('waiting', 'b');
    expect(refused(await order('POST', 'evict', { claim: 'b' })).slice(0, 2)).toEqual([
      409,
      'CLAIM_WAITING'
    ]);
  });

  it('[ADMIN6] are recorded before they are answered, with what was refused, and survive a restart', async () => {
    await order('PUT', 'drain', { why: 'a reboot' });
    await order('DELETE', 'drain');
    await sidecar.ask('PUT', '/api/v1/policy', '{"policy": "naive"}');
    await order('POST', 'move', { holder: kernel.id, group: 'none', why: 'a mistake' });
    const { length } = readFileSync(join(dir, 'audit.jsonl'), 'utf8').trim().split('\n');
    expect(length).toBe(4);
    await restart();
    const { records, unreadable } = await log();
    expect(records.map(it => [it.action, it.on, it.why, it.outcome])).toEqual([
      ['drain', {}, 'a reboot', 'done'],
      ['undrain', {}, null, 'done'],
      ['policy', { policy: 'naive' }, null, 'done'],
      [
        'move',
        { holder: kernel.id, name: `${kernel.id}.ipynb`, owner: records[0]!.user, group: 'none' },
        'a mistake',
        'GROUP_UNKNOWN'
      ]
    ]);
    expect(records.every(it => it.uid === process.getuid!())).toBe(true);
    expect(unreadable).toBe(0);
    expect((await log('?since=1%20h')).records).toHaveLength(4);
    expect((await log('?since=2999-01-01')).records).toHaveLength(0);
  });

  it('[ADMIN6] are not carried out where something else is in the place of the log', async () => {
    const path = join(dir, 'audit.jsonl');
    const victim = join(stage.directory(), 'victim');
    writeFileSync(victim, '');
    symlinkSync(victim, path);
    expect(refused(await order('PUT', 'drain'))).toEqual([
      507,
      'NOT_AUDITED',
      expect.stringContaining(`The audit log ${path} cannot be used (ELOOP)`)
    ]);
    expect((await snapshot()).node.drain).toBeNull();
    expect((await order('GET', 'log')).status).toBe(507);
    expect(readFileSync(victim, 'utf8')).toBe('');
    rmSync(path);
    expect((await order('PUT', 'drain')).status).toBe(204);
  });
});

describe('the orders of an administrator on a full disk', () => {
  it('[ADMIN6] are not carried out before there is room to record them', async () => {
    const stage = new Stage();
    const dir = stage.directory();
    const disk = await SmallDisk.over(dir);
    if (!disk) {
      return stage.clear();
    }
    stage.keep(disk);
    const { root, through } = disk;
    const sidecar = stage.adopt(await TestSidecar.startIn({ dir, root, through }));
    const drain = () => sidecar.ask('PUT', '/api/v1/admin/drain');
    disk.fill();
    const { status, body } = await drain();
    expect([status, (body as ErrorBody).message]).toEqual([
      507,
      expect.stringMatching(/audit\.jsonl cannot be used \(ENOSPC\), so nothing was done/)
    ]);
    disk.free();
    expect((await drain()).status).toBe(204);
    const log = (await sidecar.ask('GET', '/api/v1/admin/log')).body as AuditView;
    expect([log.records.map(it => it.outcome), log.unreadable]).toEqual([['done'], 0]);
    await stage.clear();
  });
});
