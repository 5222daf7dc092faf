import type { Event } from '../core/events';
import { Harness, nodeOf } from '../testing/harness';
import { snapshot } from '../core/view';
import { NOTHING_ASKED } from '../protocol/ask';
import { UNRESTRICTED } from '../protocol/grant';
import type { GpuView, HolderView, Snapshot } from '../protocol/view';
import { Metrics } from './metrics';

const GIB = 1024 ** 3;

/** A snapshot of an empty node with one holder for each of these. */
function shown(holders: readonly Partial<HolderView>[], gpus: readonly Partial<GpuView>[] = []) {
  const node = new Harness(nodeOf());
  node.holder('any', 'ann');
  const empty = snapshot(node.state, 0, '1');
  const [any] = empty.holders;
  const gpu = { uuid: 'G', model: 'H100', leasedTo: [], utilisation: 0.5, memoryUsedBytes: GIB };
  return {
    ...empty,
    node: { ...empty.node, gpus: gpus.map(it => ({ ...gpu, ...it }) as GpuView) },
    holders: holders.map(it => ({ ...any!, group: 'atlas', ...it }))
  } satisfies Snapshot;
}

const granted = (memoryBytes: number) => ({ ...UNRESTRICTED, memoryBytes });

describe('what is counted', () => {
  let now: Snapshot;
  let namesUsers: boolean;
  let metrics: Metrics;

  beforeEach(() => {
    [now, namesUsers] = [shown([]), true];
    const arbiter = { snapshot: () => now, ownerOf: () => ({ group: 'atlas', user: 'ann' }) };
    metrics = new Metrics({ version: '1', tier: 'none', arbiter, namesUsers: () => namesUsers });
  });

  /** The value of one sample; undefined if it is absent. */
  const read = async (sample: string): Promise<number | undefined> => {
    const line = (await metrics.text()).split('\n').find(it => it.startsWith(`${sample} `));
    return line === undefined ? line : Number(line.slice(sample.length + 1));
  };

  const run = (cpuSeconds: number | null, isGranted = true) => {
    const ids = { id: 'c', holderId: 'k', outerId: null, cellId: null, label: null };
    const claim = { ...ids, sourceHash: null, ask: NOTHING_ASKED };
    const arrived: Event = {
      type: 'claimArrived',
      atMs: 0,
      claim,
      granted: null,
      waitingSinceMs: null
    };
    const grant = { type: 'grant', holderId: 'k', claimId: 'c', grant: UNRESTRICTED } as const;
    metrics.observe(arrived, isGranted ? [grant] : [], 250);
    const ended = { type: 'claimEnded', claimId: 'c', outcome: 'ok', cpuSeconds, atMs: 1000 };
    metrics.observe(ended as Event, [], 250);
  };

  it('[OBS1] the time of decisions is in seconds', async () => {
    run(null);
    expect(await read('cellgrant_decision_seconds_sum')).toBe(0.5);
  });

  it('[OBS1] CPU time is that of a group, and of a user only while users are named', async () => {
    run(3);
    expect(await read('cellgrant_claim_cpu_seconds_total{group="atlas"}')).toBe(3);
    const ofAnn = 'cellgrant_user_claim_cpu_seconds_total{user="ann"}';
    expect(await read(ofAnn)).toBe(3);
    namesUsers = false;
    expect(await read(ofAnn)).toBeUndefined();
    run(3);
    namesUsers = true;
    expect(await read(ofAnn)).toBeUndefined();
  });

  it('[OBS1] CPU time of no cell is that of none, if it is 0', async () => {
    run(0);
    expect(await read('cellgrant_claim_cpu_seconds_total{group="atlas"}')).toBe(0);
  });

  it('[OBS1] a claim that never ran has no run', async () => {
    run(null, false);
    expect(await read('cellgrant_claims_total{group="atlas",outcome="ok"}')).toBe(1);
    expect(await read('cellgrant_claim_run_seconds_count{group="atlas"}')).toBeUndefined();
  });

  it('[OBS1] failures are by their errno, and holders that were brought back are counted', async () => {
    const failed = { type: 'enforcementFailed', holderId: 'k', what: 'a test', errno: 'EIO' };
    metrics.observe({ ...failed, atMs: 0 } as Event, [], 1);
    metrics.observe({ type: 'holderBroughtBack', holderId: 'k', what: '', atMs: 0 }, [], 1);
    expect(await read('cellgrant_enforcement_failures_total{errno="EIO"}')).toBe(1);
    expect(await read('cellgrant_holders_brought_back_total')).toBe(1);
  });

  it('[OBS1] GPUs that are lost are not counted, and only some are leased', async () => {
    now = shown([], [{ isLost: true }, { uuid: 'H', leasedTo: ['k'] }, { uuid: 'I' }]);
    expect(await read('cellgrant_node_gpus')).toBe(2);
    expect(await read('cellgrant_node_gpus_leased')).toBe(1);
  });

  it('[OBS1] a figure that is no longer known is absent, and not 0', async () => {
    const sample = 'cellgrant_gpu_utilisation_ratio{gpu="G",model="H100"}';
    now = shown([], [{}]);
    expect(await read(sample)).toBe(0.5);
    now = shown([], [{ utilisation: null }]);
    expect(await read(sample)).toBeUndefined();
  });

  it('[OBS1] a group, and a kind of holder, that has gone is absent', async () => {
    now = shown([{}]);
    const samples = [
      'cellgrant_group_memory_used_bytes{group="atlas"}',
      'cellgrant_holders{kind="kernel",state="idle"}'
    ];
    expect(await Promise.all(samples.map(read))).toEqual([0, 1]);
    now = shown([]);
    expect(await Promise.all(samples.map(read))).toEqual([undefined, undefined]);
  });

  it('[OBS1] a claim that is done is in no state', async () => {
    const node = new Harness(nodeOf());
    node.holder('k');
    node.claim('1', 'k');
    node.end('1');
    now = snapshot(node.state, 0, '1');
    expect(now.claims.map(it => it.state)).toEqual(['done']);
    expect(await metrics.text()).not.toMatch(/state="done"/);
  });

  it('[OBS1] what is measured of a parent has its children in it', async () => {
    const used = { cpusBusy: 1, memoryBytes: GIB };
    now = shown([
      { id: 'k', ...used },
      { id: 'child', parentHolderId: 'k', ...used }
    ]);
    expect(await read('cellgrant_group_cpus_busy{group="atlas"}')).toBe(1);
    expect(await read('cellgrant_group_memory_used_bytes{group="atlas"}')).toBe(GIB);
  });

  it('[OBS1] what is promised of a tree counts once, where its innermost holder is', async () => {
    now = shown([
      { id: 'k', grant: granted(4 * GIB) },
      { id: 'child', group: 'b', parentHolderId: 'k', grant: granted(GIB) },
      { id: 'inner', group: 'c', parentHolderId: 'child', grant: granted(3 * GIB) }
    ]);
    const of = (group: string) => read(`cellgrant_group_memory_promised_bytes{group="${group}"}`);
    expect(await Promise.all(['atlas', 'b', 'c'].map(of))).toEqual([GIB, 0, 3 * GIB]);
  });
});
