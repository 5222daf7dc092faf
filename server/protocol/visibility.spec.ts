import { refusal } from './errors';
import { Visibility, visibilityOf } from './visibility';

const ANNS = { holderId: 'a', holderName: 'a.ipynb', owner: 'ann' };
const BOBS = { holderId: 'b', holderName: 'b.ipynb', owner: 'bob' };

describe('Visibility', () => {
  const bob = new Visibility('bob');

  it('[SEC1] calls whoever is of another user by that user, however deep', () => {
    expect(bob.of({ why: [{ to: ANNS }, BOBS] })).toEqual({
      why: [{ to: { ...ANNS, holderName: 'ann' } }, BOBS]
    });
  });

  it("[SEC1] leaves out what is written in others' notebooks, and why their cells were refused", () => {
    const claim = { ...ANNS, label: 'x', cellId: 'y', why: refusal('MAX_WAIT', {}), amount: 3 };
    const hidden = { holderName: 'ann', label: null, cellId: null, why: null };
    expect(bob.of(claim)).toEqual({ ...claim, ...hidden });
    expect(bob.of({ ...claim, ...BOBS })).toEqual({ ...claim, ...BOBS });
    const holder = { id: 'a', name: 'a.ipynb', owner: 'ann', gated: true, pid: 7, memoryBytes: 5 };
    expect(bob.of(holder)).toEqual({ ...holder, name: 'ann', pid: 0 });
  });

  it('[SEC1] hides what a thing of another user tells of a third', () => {
    const eves = { holderId: 'e', holderName: 'e.ipynb', owner: 'eve' };
    const shown = bob.of({ ...ANNS, reason: { blockers: [eves] } });
    expect(shown.reason.blockers).toEqual([{ ...eves, holderName: 'eve' }]);
  });

  it("[SEC1] [GPU4] hides which processes on a GPU are another user's kernels", () => {
    const process = { pid: 7, name: 'train', owner: 'ann', holderId: 'a', memoryBytes: 5 };
    expect(bob.of([process])).toEqual([{ ...process, name: 'ann', pid: 0 }]);
    expect(bob.of([{ ...process, owner: 'bob' }])[0]).toMatchObject({ pid: 7, name: 'train' });
  });

  it('adds no field, and leaves what has an owner of its own kind', () => {
    const process = { pid: 7, name: 'train', owner: 'eve', holderId: null };
    expect(bob.of([process])).toEqual([process]);
  });

  it('is the same object where nothing is hidden, and made once where something is', () => {
    const [own, other] = [{ all: [BOBS, { n: 1 }] }, { all: [ANNS] }];
    expect(bob.of(own)).toBe(own);
    expect(bob.of(other)).toBe(bob.of(other));
  });

  it('[SEC1] hides nothing from administrators', () => {
    expect(new Visibility(null).of(ANNS)).toBe(ANNS);
    const seenBy = (uid: number, name: string) =>
      visibilityOf({ uid, name }, { includes: it => it.uid === 0 })().of(ANNS);
    expect(seenBy(0, 'root')).toBe(ANNS);
    expect(seenBy(1002, 'bob')).toMatchObject({ holderName: 'ann' });
  });
});
