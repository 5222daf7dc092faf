import { RandomSource } from '../testing/randomSource';
import { capsHold, withinCpuCaps } from '../testing/capProperties';
import { RandomTrace } from '../testing/randomTrace';
import {
  emptyIsFree,
  endTouchesNoOther,
  fromInvariants,
  headNeverPutOff,
  maxMin,
  nothingNewWhileDrained,
  onlyAnswering,
  promisesFit,
  reloadLosesNothing,
  withinQuota,
  workConserving,
  type Property
} from '../testing/properties';
import { WaterTree } from '../lib/waterTree';
import * as caps from './cap/caps';
import * as counting from './cap/counting';
import * as capTree from './policy/capTree';
import * as leases from './holder/leases';
import { endClaim } from './claim/lifecycle';
import * as chooseCpus from './cpu/chooseCpus';
import * as cpuPool from './cpu/cpuPool';
import * as gpuMates from './gpu/gpuMates';
import * as gpuMemory from './gpu/gpuMemory';
import * as gpus from './gpu/gpus';
import * as memory from './memory/memory';
import * as promisable from './memory/promisable';
import * as groups from './policy/groups';
import * as drained from './queue/drained';
import * as reserve from './queue/reserve';

/** Events per seed, and seeds. `CELLGRANT_SEEDS=1000` runs longer. */
const EVENTS = 300;
const SEEDS = Number(process.env.CELLGRANT_SEEDS ?? 25);

/** Run seeded traces, half of them with caps, until a property fails; what failed, with the seed, or null. */
function firstFault(make: () => Property, seeds = SEEDS): string | null {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const property = make();
    const trace = new RandomTrace(new RandomSource(seed), wildness(seed));
    for (let index = 0; index < EVENTS; index += 1) {
      const effects = index === EVENTS - 1 ? trace.leaveAll() : trace.next();
      const [fault] = property({ state: trace.state, event: trace.last!, effects });
      if (fault) {
        return `seed ${seed}, event ${index} (${JSON.stringify(trace.last)}): ${fault}`;
      }
    }
  }
  return null;
}

const wildness = (seed: number) => ({ nonsense: 0.05, holders: 8, caps: seed % 2 ? 0 : 0.4 });

/** A property, and a fault that it must find when it is planted. */
type Case = {
  readonly name: string;
  readonly make: () => Property;
  readonly plant: () => void;
};

const level = WaterTree.prototype.level;

const CASES: readonly Case[] = [
  {
    name: '[CPU6] P1: no CPU is in two exclusive sets, and the pool keeps a quarter',
    make: () => fromInvariants('P1', 'CPU6'),
    plant: () =>
      jest
        .spyOn(chooseCpus, 'chooseCpus')
        .mockImplementation((pool, n) => pool.slots.slice(0, n).map(slot => slot.cpu.id))
  },
  {
    name: '[CPU4] P2: masks together cover all CPUs',
    make: () => fromInvariants('P2'),
    plant: () => jest.spyOn(cpuPool, 'isUnused').mockReturnValue(false)
  },
  {
    name: '[CPU4] P4: no CPU is left over while a cell wants it',
    make: () => workConserving,
    plant: () =>
      jest.spyOn(WaterTree.prototype, 'level').mockImplementation(function (
        this: WaterTree,
        capacity
      ) {
        return 0.9 * level.call(this, capacity);
      })
  },
  {
    name: '[CPU4] P5: every running cell has a share',
    make: () => fromInvariants('P5'),
    plant: () => jest.spyOn(WaterTree.prototype, 'level').mockReturnValue(0)
  },
  {
    name: '[CPU3] P6: shares are hierarchical max-min',
    make: () => maxMin,
    plant: () =>
      jest.spyOn(WaterTree.prototype, 'level').mockImplementation(function (
        this: WaterTree,
        capacity
      ) {
        return this.demand > capacity ? level.call(this, capacity) / 2 : Infinity;
      })
  },
  {
    name: '[FAIR2] P7: a group without surplus stays within its quota',
    make: () => withinQuota,
    plant: () => {
      const { entitle } = groups;
      jest.spyOn(groups, 'entitle').mockImplementation((cpus, children) => {
        const owed = entitle(cpus, children);
        return { ...owed, cpus: owed.cpus.map(it => it * 2) };
      });
    }
  },
  {
    name: '[GPU1] [GPU2] P8: one compute lease per GPU, and a bound kernel gets only its own',
    make: () => fromInvariants('P8'),
    plant: () =>
      jest.spyOn(gpus, 'planGpus').mockImplementation((state, _, ask) => ({
        gpus: (state.node?.gpus ?? []).slice(0, ask.gpus).map(gpu => gpu.uuid)
      }))
  },
  {
    name: '[GPU1] no memory of a GPU is promised twice, nor that of slices that share it',
    make: () => fromInvariants('GPU1'),
    plant: () => jest.spyOn(gpuMates, 'memoryMates').mockImplementation((_, gpu) => [gpu])
  },
  {
    name: '[GPU7] no GPU is granted that does not answer',
    make: () => onlyAnswering,
    plant: () => jest.spyOn(gpuMemory, 'isLost').mockReturnValue(false)
  },
  {
    name: '[ADMIN2] nothing new is granted while the node is drained',
    make: () => nothingNewWhileDrained,
    plant: () => jest.spyOn(drained, 'drainObstacle').mockReturnValue(null)
  },
  {
    name: '[ADM6] P9: an arrival never puts off the head of a queue',
    make: headNeverPutOff,
    plant: () => jest.spyOn(reserve, 'wouldDelay').mockReturnValue(false)
  },
  {
    name: '[MEM1] P11: promises fit, but for one claim where nothing else runs',
    make: () => promisesFit,
    plant: () => jest.spyOn(memory, 'memoryObstacle').mockReturnValue(null)
  },
  {
    name: '[CAP2] nothing is granted beyond a cap',
    make: () => capsHold,
    plant: () => jest.spyOn(caps, 'capObstacle').mockReturnValue(null)
  },
  {
    name: '[CAP6] cells have no more CPUs together than a cap allows',
    make: () => withinCpuCaps,
    plant: () => jest.spyOn(capTree, 'capGroups').mockImplementation(() => undefined)
  },
  {
    name: '[CAP1] what is counted against caps is what there is',
    make: () => fromInvariants('ledger', 'books'),
    plant: () => jest.spyOn(counting, 'leaveAccounts').mockImplementation(() => undefined)
  },
  {
    name: '[ADM14] what others hold is not promised',
    make: () => promisesFit,
    plant: () =>
      jest
        .spyOn(promisable, 'promisableBytes')
        .mockImplementation(({ node }) => (node ? promisable.grantableBytes(node) : 0))
  },
  {
    name: '[GATE2] P13: what a holder had is free when it is gone',
    make: () => emptyIsFree,
    plant: () => jest.spyOn(leases, 'leaveLease').mockImplementation(() => undefined)
  },
  {
    name: '[GATE2] P15: a release frees exactly once',
    make: () => fromInvariants('ledger', 'books', 'queue', 'bounds'),
    plant: () => {
      const { leaveLease } = leases;
      jest.spyOn(leases, 'leaveLease').mockImplementation((state, holder, lease) => {
        leaveLease(state, holder, lease);
        leaveLease(state, holder, lease);
      });
    }
  },
  {
    name: '[HOLD1] the end of a holder touches no other one',
    make: endTouchesNoOther,
    plant: () => {
      const { bindGpus } = leases;
      jest.spyOn(leases, 'bindGpus').mockImplementation((state, holder, gpus) => {
        bindGpus(state, holder, gpus);
        const [entry] = state.running;
        gpus.length === 0 && entry && endClaim(state, entry, 'died');
      });
    }
  },
  {
    name: '[CFG1] a reload loses nothing',
    make: reloadLosesNothing,
    plant: () =>
      jest.spyOn(leases, 'markAllDirty').mockImplementation(state => {
        const [entry] = state.running;
        entry && endClaim(state, entry, 'interrupted');
      })
  },
  {
    name: '[CPU2] a fixed ask has what it asked for while the pool has it',
    make: () => fromInvariants('CPU2'),
    plant: () => {
      const { chooseCpus: choose } = chooseCpus;
      jest
        .spyOn(chooseCpus, 'chooseCpus')
        .mockImplementation((pool, n, last) => choose(pool, Math.max(1, n - 1), last));
    }
  }
];

afterEach(() => jest.restoreAllMocks());

describe('properties of random runs', () => {
  it.each(CASES)('$name', ({ make }) => {
    expect(firstFault(make)).toBeNull();
  });

  it.each(CASES)('a planted fault is found: $name', ({ make, plant }) => {
    plant();
    expect(firstFault(make, 300)).toMatch(/seed \d+/);
  });

  it('the runs do real work', () => {
    const counts: Record<string, number> = {};
    for (let seed = 1; seed <= 10; seed += 1) {
      const trace = new RandomTrace(new RandomSource(seed));
      for (let index = 0; index < EVENTS; index += 1) {
        trace.next();
      }
      for (const [type, n] of Object.entries(trace.counts)) {
        counts[type] = (counts[type] ?? 0) + n;
      }
    }
    for (const type of ['confine', 'grant', 'regrant', 'wait', 'refuse']) {
      expect(counts[type]).toBeGreaterThan(20);
    }
  });
});
