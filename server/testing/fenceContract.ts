import * as assert from 'node:assert/strict';
import { UNCONFINED } from '../core/effects';
import type { IEnforcer, HolderProcess } from '../enforce/enforcer';
import { rulesFor, type ContractRunner, type IContractRig, type Rule } from './contractRig';
import { MADE_UP_GPUS, SHARED_NODE } from './madeUpGpus';

const ALL = MADE_UP_GPUS.map(it => it.uuid);

/** Everything that an enforcer must do that is to fence GPUs (ENF7), the same for every tier. */
const ALL_RULES = [viewRules, openRules, endRules, crashRules];

/** The contract of a fence, or some of its rules. */
export function fenceContract(
  runner: ContractRunner,
  name: string,
  makeRig: () => Promise<IContractRig>,
  rules: readonly ((rule: Rule) => void)[] = ALL_RULES
): void {
  const { describe } = runner;
  const rule = rulesFor(runner, makeRig, true, rig => assert.deepEqual(rig.failures(), []));

  describe(`the fence's contract: ${name}`, () => {
    rules.forEach(add => add(rule));
  });
}

function fence(
  enforcer: IEnforcer,
  { holderId }: HolderProcess,
  gpus: readonly string[] | null
): void {
  enforcer.confine(holderId, { ...UNCONFINED, gpus });
}

/** The process can open these of the GPUs, where there is a fence; all where there is none. */
async function isLet(
  rig: IContractRig,
  target: HolderProcess,
  gpus: readonly string[]
): Promise<void> {
  const open: string[] = [];
  for (const { uuid, node } of MADE_UP_GPUS) {
    (await rig.canOpen(target, node)) && open.push(uuid);
  }
  assert.deepEqual(open, rig.traits.fencesGpus ? gpus : ALL);
  assert.ok(await rig.canOpen(target, SHARED_NODE), 'a file that all GPUs share was shut');
}

/** What is told of the fence; needs no device file, which only root can make. */
export function viewRules(rule: Rule): void {
  rule('[ENF3] [ENF7] tells whether GPUs are fenced, or why they cannot be', async (rig, it) => {
    const { tier } = it;
    const gap = tier.notEnforced.find(({ resource }) => resource === 'gpus');
    assert.equal(tier.enforced.includes('gpus'), rig.traits.fencesGpus);
    assert.equal(gap === undefined, rig.traits.fencesGpus);
    rig.traits.fencesGpus
      ? assert.match(tier.reason, /can open only GPUs that its cells were granted/)
      : assert.match(gap!.why, /they cannot be fenced here: \S/);
  });
}

function openRules(rule: Rule): void {
  rule('[ENF7] a holder can open the GPUs that it is let open, and no other', async (rig, it) => {
    const target = await rig.spawn();
    it.adopt(target);
    await isLet(rig, target, ALL);
    for (const gpus of [[], [ALL[1]!], ALL, [ALL[0]!], []]) {
      fence(it, target, gpus);
      await isLet(rig, target, gpus);
    }
    fence(it, target, null);
    await isLet(rig, target, ALL);
  });

  rule('[ENF7] what a holder may open is nothing to others', async (rig, it) => {
    const [first, second, stranger] = [await rig.spawn(), await rig.spawn(), await rig.spawn()];
    [first, second].forEach(target => it.adopt(target));
    fence(it, first, []);
    fence(it, second, [ALL[0]!]);
    await isLet(rig, first, []);
    await isLet(rig, second, [ALL[0]!]);
    assert.ok(await rig.canOpen(stranger, MADE_UP_GPUS[0].node));
  });

  rule('[ENF7] [ENF2] a place that is made again is fenced again', async (rig, it) => {
    const target = await rig.spawn();
    it.adopt(target);
    fence(it, target, []);
    await rig.uproot(target);
    it.adopt(target);
    fence(it, target, []);
    await isLet(rig, target, []);
  });
}

function endRules(rule: Rule): void {
  rule('[ENF7] [ENF2] nothing is shut to a holder that was let go', async (rig, it) => {
    const [first, second] = [await rig.spawn(), await rig.spawn()];
    for (const target of [first, second]) {
      it.adopt(target);
      fence(it, target, []);
    }
    it.release(first.holderId);
    await it.settled();
    assert.deepEqual(it.found(), rig.traits.findsPlaces ? [second.holderId] : []);
    await isLetAll(rig, first);
    await it.close();
    await isLetAll(rig, second);
  });
}

async function isLetAll(rig: IContractRig, target: HolderProcess): Promise<void> {
  for (const { node } of MADE_UP_GPUS) {
    assert.ok(await rig.canOpen(target, node), `${node.minor} is shut still`);
  }
}

/** A sidecar that ended without letting its holders go. */
function crashRules(rule: Rule): void {
  rule('[ENF7] [ENF4] the fence outlives a sidecar, and is the next one’s', async (rig, it) => {
    const target = await rig.spawn();
    it.adopt(target);
    fence(it, target, [ALL[0]!]);
    const next = await rig.start(true);
    try {
      await isLet(rig, target, [ALL[0]!]);
      next.adopt(target);
      await isLet(rig, target, [ALL[0]!]);
      fence(next, target, [ALL[1]!]);
      await isLet(rig, target, [ALL[1]!]);
    } finally {
      await next.close();
    }
    await isLetAll(rig, target);
  });

  rule('[ENF7] [ENF2] a sidecar that is not to fence lifts what was left', async (rig, it) => {
    const target = await rig.spawn();
    it.adopt(target);
    fence(it, target, []);
    const next = await rig.start(false);
    try {
      assert.ok(!next.tier.enforced.includes('gpus'));
      next.adopt(target);
      fence(next, target, null);
      await isLetAll(rig, target);
    } finally {
      await next.close();
    }
  });
}
