import { NOTHING_ASKED } from '../protocol/ask';
import { GRACE_MS, Reconciliation, type ClaimArrived } from './reconcile';

/** A claim for memory. */
function claimOf(holderId: string): ClaimArrived {
  const known = { outerId: null, cellId: null, label: null, sourceHash: null };
  const ask = { ...NOTHING_ASKED, memoryBytes: 2 ** 30 };
  const claim = { id: `${holderId}.1`, holderId, ...known, ask };
  return { type: 'claimArrived', claim, granted: null, waitingSinceMs: 0 };
}

describe('the time after a restart', () => {
  let told: string[];
  let reconciliation: Reconciliation;

  beforeEach(() => {
    jest.useFakeTimers();
    told = [];
    reconciliation = new Reconciliation({
      post: event => void (event.type === 'claimArrived' && told.push(event.claim.id)),
      settle: holderId => void told.push(`settle ${holderId}`)
    });
    reconciliation.begin(new Set(['silent', 'speaks']));
  });

  afterEach(() => void jest.useRealTimers());

  it('[ENF2] [ENF4] ends with the grace: who is silent is settled, then claims go on', () => {
    expect(reconciliation.holds(claimOf('new'))).toBe(true);
    reconciliation.heard('speaks');
    reconciliation.heard('speaks');
    jest.advanceTimersByTime(GRACE_MS);
    expect(told).toEqual(['settle speaks', 'settle silent', 'new.1']);
    expect(reconciliation.holds(claimOf('later'))).toBe(false);
  });

  it('[GATE2] forgets what a kernel claimed that is gone, whoever has its id then', () => {
    reconciliation.holds(claimOf('gone'));
    reconciliation.holds(claimOf('stays'));
    reconciliation.dropHolder('gone');
    ['speaks', 'silent'].forEach(it => reconciliation.heard(it));
    expect(told).toEqual(['settle speaks', 'settle silent', 'stays.1']);
  });
});
