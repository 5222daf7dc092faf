import { refusal } from '../protocol/errors';
import type { Snapshot } from '../protocol/view';
import { Consent } from './consent';
import { Owners } from './owners';

const ANN = { uid: 1001, name: 'ann' };
const BOB = { uid: 1002, name: 'bob' };
const ROOT = { uid: 0, name: 'root' };

/** Ann's kernel keeps GPU memory and a grant; a claim of Bob's waits for it. */
const snapshot = {
  holders: [
    { id: 'anns', name: 'a.ipynb', owner: 'ann', gated: true, state: 'idle', grant: {} },
    { id: 'other', name: 'b.ipynb', owner: 'ann', gated: true, state: 'idle', grant: null }
  ],
  claims: [
    {
      id: 'bobs',
      holderId: 'of-bob',
      owner: 'bob',
      state: 'waiting',
      reason: { blockers: [{ holderId: 'anns', keepsGpuBytes: 1 }] }
    },
    { id: 'runs', holderId: 'of-bob', state: 'running' }
  ],
  node: { gpus: [{ processes: [{ holderId: 'anns', memoryBytes: 1 }] }] }
} as unknown as Snapshot;

describe('what is asked of a kernel of several users', () => {
  let posted: string[];
  let consent: Consent;

  beforeEach(() => {
    posted = [];
    const ownerOf = { anns: ANN, 'of-bob': BOB };
    const byId = (id: string) => ({ owner: ownerOf[id as keyof typeof ownerOf] }) as never;
    const post = (event: { type: string }) => void posted.push(event.type);
    const administrators = { includes: (it: { uid: number }) => it.uid === ROOT.uid };
    const owners = new Owners({ byId }, administrators);
    consent = new Consent({ post, snapshot: () => snapshot, owners, administrators });
  });

  const notYours = (id: string, owner: string) => refusal('NOT_YOURS', { id, owner });

  it('[SEC8] is asked by its owner, or an administrator, and by nobody else', () => {
    for (const ask of [
      (by: typeof ANN) => consent.askToFree('anns', by),
      (by: typeof ANN) => consent.declineRestart('anns', by),
      (by: typeof ANN) => consent.releaseHold('anns', by)
    ]) {
      expect(ask(BOB)).toEqual(notYours('anns', 'ann'));
      expect(posted).toEqual([]);
      expect([ask(ANN), ask(ROOT)]).toEqual([null, null]);
      expect(posted.splice(0)).toHaveLength(2);
    }
  });

  it('[SEC8] [GPU5] its restart is requested by whose cell waits for it, for no cell of another', () => {
    expect(consent.requestRestart('anns', 'bobs', ANN)).toEqual(notYours('of-bob', 'bob'));
    expect(posted).toEqual([]);
    expect(consent.requestRestart('anns', 'bobs', BOB)).toBeNull();
    expect(posted).toEqual(['restartWanted']);
  });

  it('[ADM15] [SEC8] a waiting claim is moved up by its owner, and by nobody else', () => {
    const moveUp = (id: string, by: typeof ANN) => consent.moveUp(id, by);
    for (const by of [ANN, ROOT]) {
      expect(moveUp('bobs', by)).toEqual(notYours('of-bob', 'bob'));
    }
    expect(moveUp('runs', BOB)).toEqual(refusal('CLAIM_RUNNING', { id: 'runs' }));
    expect(moveUp('none', BOB)).toEqual(refusal('CLAIM_UNKNOWN', { id: 'none' }));
    expect(posted).toEqual([]);
    expect(moveUp('bobs', BOB)).toBeNull();
    expect(posted).toEqual(['movedUp']);
  });

  it('[SEC1] is called by its user where the request of another is refused', () => {
    const nameFor = (by: typeof ANN) =>
      consent.requestRestart('other', 'bobs', by)?.details['name'];
    expect([BOB, ANN, ROOT].map(nameFor)).toEqual(['ann', 'b.ipynb', 'b.ipynb']);
  });
});
