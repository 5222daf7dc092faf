import { done, NOW_MS, running, waiting } from '../testing/facts';
import { cellKey, changedCells, changedKernels, EMPTY_INDEX, indexClaims } from './cells';

describe('cells', () => {
  it('finds the newest claim of a cell, in whatever order claims come', () => {
    const old = done({ id: 'old', arrivedMs: NOW_MS - 9000 });
    const young = running({ id: 'young', arrivedMs: NOW_MS - 100 });
    for (const claims of [
      [old, young],
      [young, old]
    ]) {
      expect(indexClaims(claims).claims.get(cellKey('k1', 'cell'))?.id).toBe('young');
    }
  });

  it('prefers the claim that did not end where two arrived at once', () => {
    const claims = [running({ id: 'a' }), done({ id: 'b', arrivedMs: NOW_MS - 5000 })];
    expect(indexClaims(claims).claims.get(cellKey('k1', 'cell'))?.id).toBe('a');
  });

  it('keeps equal cell ids of two kernels apart', () => {
    const index = indexClaims([running({ holderId: 'k1' }), waiting({ holderId: 'k2' })]);
    expect(index.claims.get(cellKey('k2', 'cell'))?.state).toBe('waiting');
    expect(index.active.get('k1')?.map(claim => claim.state)).toEqual(['running']);
  });

  it('tells only the cells that show something else', () => {
    const before = indexClaims([running({ cellId: 'a' }), done({ id: 'd', cellId: 'b' })]);
    const next = indexClaims([
      running({ cellId: 'a', cpusBusy: 2 }),
      done({ id: 'd', cellId: 'b' }),
      waiting({ id: 'w', cellId: 'c' })
    ]);
    expect([...changedCells(before, next)]).toEqual([cellKey('k1', 'a'), cellKey('k1', 'c')]);
    expect(changedCells(next, next).size).toBe(0);
    expect([...changedCells(next, EMPTY_INDEX)]).toHaveLength(3);
  });

  it('tells the kernels whose turn changed', () => {
    const before = indexClaims([waiting(), running({ id: 'x', holderId: 'k2' })]);
    const next = indexClaims([running(), running({ id: 'x', holderId: 'k2', cpusBusy: 3 })]);
    expect([...changedKernels(before, next)]).toEqual(['k1']);
  });
});
