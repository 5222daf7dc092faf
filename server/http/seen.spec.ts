import type { IApi } from '../daemon/ports';
import { seenBy } from './seen';

const OWNED = { holderId: 'a', holderName: 'secret.ipynb', owner: 'ann' };

/** An API in which everything is of Ann. */
const api = {
  arbiter: {
    snapshot: () => ({
      node: { gpus: [{ processes: [{ ...OWNED, pid: 7, name: 'secret' }] }] },
      holders: [{ id: 'a', name: 'secret.ipynb', owner: 'ann', gated: true, pid: 7 }],
      claims: [{ id: 'c', ...OWNED, label: 'secret', cellId: 'secret' }]
    }),
    story: () => ({ id: 'c', ...OWNED, story: [{ kind: 'secret' }] })
  },
  claims: { fit: () => ({ kind: 'waits', reason: { blockers: [OWNED] } }) }
} as unknown as IApi;

const everythingSeen = (uid: number, name: string, isAdministrator = false) => {
  const administrators = { includes: () => isAdministrator };
  const { arbiter, claims } = seenBy({ uid, name }, { ...api, administrators });
  const [shown, story] = [arbiter.snapshot(), arbiter.story('c')];
  return [shown.node, shown.holders, shown.claims, story, claims.fit('b', {})].map(it =>
    JSON.stringify(it)
  );
};

describe('what one user sees of the API', () => {
  it('[SEC1] tells of another user the name alone: of holders, claims, stories and of what is in the way', () => {
    const seen = everythingSeen(1002, 'bob');
    seen.forEach(it => expect(it).toContain('ann'));
    seen.forEach(it => expect(it).not.toContain('secret'));
  });

  it('[SEC1] tells an administrator, and whose it is, everything', () => {
    const all = everythingSeen(1001, 'ann');
    all.forEach(it => expect(it).toContain('secret'));
    expect(everythingSeen(0, 'root', true)).toEqual(all);
  });

  it('[ADMIN1] shows everything from the moment on that a user is an administrator, and no longer', () => {
    let isAdministrator = false;
    const administrators = { includes: () => isAdministrator };
    const { arbiter } = seenBy({ uid: 1002, name: 'bob' }, { ...api, administrators });
    const isAllSeen = () => JSON.stringify(arbiter.snapshot()).includes('secret');
    expect(isAllSeen()).toBe(false);
    isAdministrator = true;
    expect(isAllSeen()).toBe(true);
    isAdministrator = false;
    expect(isAllSeen()).toBe(false);
  });
});
