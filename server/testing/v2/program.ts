import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { NodeView } from '../../protocol/view';
import { TestConnection, childOf } from '../gate';
import { askSocket, startTicksOf } from '../sidecar';
import { UNIT } from './readme';
import { scenarioOf } from './scenarios';

/*
 * What runs beside the user's service that README.md tells to write, in which
 * the sidecar's own program stands for Jupyter, and a sleeper for a kernel.
 */

const { finds } = scenarioOf(process.env.SCENARIO);
const DIRECTORY = `${process.env.XDG_RUNTIME_DIR}/cellgrant`;
const API = `${DIRECTORY}/api.sock`;

function systemctl(...args: readonly string[]): string {
  return execFileSync('systemctl', ['--user', ...args], { encoding: 'utf8' }).trim();
}

function property(name: string): string {
  return systemctl('show', '--value', `--property=${name}`, UNIT);
}

function cgroupOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().slice('0::'.length);
}

/** The conductor ends a scenario that waits in vain. */
async function listening(): Promise<void> {
  while (!existsSync(API) || property('ActiveState') !== 'active') {
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

void describe("the sidecar's own program", () => {
  void it('[ENF2] [ENF3] as a service holds kernels, tells its tier, and leaves nothing', async () => {
    systemctl('daemon-reload');
    systemctl('start', UNIT);
    await listening();
    const unit = property('ControlGroup');
    const pid = await childOf(Number(property('MainPID')));

    const { tier } = (await askSocket(API, 'GET', '/api/v1/node')).body as NodeView;
    assert.equal(tier.name, finds.tier);
    assert.deepEqual(tier.enforced, finds.enforced);

    const gate = await TestConnection.open({ gatePath: `${DIRECTORY}/gate.sock` });
    const kernel = { holderId: 'k1', pid, startTicks: startTicksOf(pid), name: 'k1' };
    gate.say({ type: 'hello', protocol: 2, ...kernel, holdings: [] });
    await gate.hear('welcome');
    gate.say({ type: 'claim', id: 'c1', sources: { metadata: { cpus: 1 } } });
    const { grant } = await gate.hear('granted', 'c1');
    const place = cgroupOf(pid);
    assert.match(place, new RegExp(`^${unit}/cellgrant(-[0-9a-f]{8}){2}/kernel-k1$`));
    assert.equal(readFileSync(`/sys/fs/cgroup${place}/cpuset.cpus`, 'utf8').trim(), grant.cpus);

    systemctl('stop', UNIT);
    assert.equal(property('Result'), 'success');
    assert.equal(property('ActiveState'), 'inactive');
    assert.ok(!existsSync(`/sys/fs/cgroup${unit}`), 'its cgroup was left');
    assert.ok(!existsSync(API), 'its socket was left');
  });
});
