import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { probe, type Probed } from '../../enforce/probe';
import { DiskFiles } from '../../host/files';
import { OwnDirectory } from '../../host/ownDirectory';
import { MemoryPressure } from '../../host/pressure';
import { NodeUsage } from '../../host/usage';
import { formatCpuList } from '../../protocol/cpuset';
import type { NodeFacts } from '../../core/events';
import { MIB, pinned, type ContractRunner } from '../contractRig';
import { RealRig } from '../realRig';
import type { Finding, Scenario } from './scenarios';

const files = new DiskFiles();

/** What a scenario's surroundings must let a sidecar find, and let it keep. */
export function findingRules({ describe, it }: ContractRunner, scenario: Scenario): void {
  const { finds, reloads } = scenario;
  describe(`what is found: ${scenario.name}`, () => {
    it('[ENF3] the tier, why it is no better one, what may be handed out, and what is used', () =>
      probing(async ({ node }) => {
        checkFound(node, finds);
        await checkMeasured(node);
      }));

    if (reloads) {
      it('keeps what it holds when the service manager reloads', () => keepsHolding(reloads));
    }
  });
}

async function probing(test: (found: Probed) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'cellgrant-'));
  const told: string[] = [];
  const own = OwnDirectory.open(dir, it => told.push(it));
  const onFailure = (_id: string, failure: Error) => told.push(failure.message);
  const onBroughtBack = (_id: string, what: string) => told.push(what);
  const found = await probe({ own, onFailure, onBroughtBack });
  try {
    await test(found);
  } finally {
    await found.enforcer.close();
    rmSync(dir, { recursive: true });
  }
  assert.deepEqual(told, []);
}

function checkFound(node: NodeFacts, finds: Finding): void {
  const { name: tier, enforced, reason } = node.tier;
  const cpus = formatCpuList(node.cpus.map(it => it.id));
  const memoryBytes = finds.memoryBytes ?? totalmem();
  assert.deepEqual(
    { tier, enforced, cpus, memoryBytes: node.memoryBytes },
    { tier: finds.tier, enforced: finds.enforced, cpus: finds.cpus, memoryBytes }
  );
  assert.ok(reason.includes(finds.reason), `the reason is "${reason}"`);
}

/** By now this process may have moved itself aside, and what is measured is the node all the same. */
async function checkMeasured({ cpus, memoryBytes }: NodeFacts): Promise<void> {
  const usage = new NodeUsage(
    files,
    cpus.map(it => it.id)
  );
  const use = await usage.measure();
  assert.ok(use!.memoryUsedBytes > 0);
  assert.ok(use!.memoryUsedBytes <= memoryBytes, 'more is used than there is');
  assert.ok(use!.memoryAvailableBytes <= memoryBytes, 'more is left than there is');
  assert.notEqual(new MemoryPressure(files).read(), null);
}

/** A manager that took our directories for its own would undo what we wrote there. */
async function keepsHolding(manager: 'system' | 'user'): Promise<void> {
  const rig = new RealRig('cgroup-v2');
  const enforcer = await rig.start();
  try {
    const target = await rig.spawn();
    enforcer.adopt(target);
    enforcer.confine(target.holderId, { ...pinned(rig.oneCpu), memoryBytes: 512 * MIB });
    await enforcer.settled();
    execFileSync('systemctl', [`--${manager}`, 'daemon-reload']);
    assert.ok(rig.isInside(target.holderId, target.pid));
    assert.equal(rig.memoryLimit(target.holderId), 512 * MIB);
    assert.deepEqual(rig.masks(target.pid), [rig.oneCpu]);
  } finally {
    await enforcer.close();
    await rig.dispose();
  }
  assert.deepEqual(rig.leftovers(), []);
}
