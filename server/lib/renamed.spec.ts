import { renamed } from './renamed';

const FORMER = [['kernelId', 'holderId']] as const;

describe('[HOLD6] what an older version called otherwise', () => {
  it('has its present name', () => {
    expect(renamed({ kernelId: 'k', pid: 1 }, FORMER)).toEqual({ holderId: 'k', pid: 1 });
  });

  it('is left where the present name stands, or nothing is an object', () => {
    for (const it of [{ holderId: 'a', kernelId: 'b' }, { pid: 1 }, null, 'kernelId', 7]) {
      expect(renamed(it, FORMER)).toBe(it);
    }
  });
});
