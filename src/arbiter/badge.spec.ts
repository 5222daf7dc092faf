import { NOTHING_ASKED } from '../../server/protocol/ask';
import { done, NOW_MS, running, waiting } from '../testing/facts';
import { type Badge, type BadgeFacts, badgeOf, placeOf } from './badge';

const ask = { ...NOTHING_ASKED, gpus: 1 };
const quick = { arrivedMs: NOW_MS - 500, grantedMs: NOW_MS - 500 };
const problem = { path: 'gpus', got: '1.5', expected: 'a whole number' };

function badge(its: Partial<BadgeFacts>): string | undefined {
  return made(its)?.kind;
}

function made(its: Partial<BadgeFacts>): Badge | null {
  const facts: BadgeFacts = {
    mode: 'telling',
    claim: undefined,
    active: [],
    busy: false,
    cleared: false,
    ask: null,
    limits: [],
    problems: [],
    fit: null,
    lost: null,
    nowMs: NOW_MS,
    ...its
  };
  return badgeOf(facts);
}

describe('badge', () => {
  it.each<[string, Partial<BadgeFacts>, string | undefined]>([
    ['a plain cell that was not run', {}, undefined],
    ['a cell with hints', { ask }, 'asks'],
    ['a malformed hint', { problems: [problem] }, 'malformed'],
    ['a wait', { claim: waiting(), active: [waiting()], busy: true }, 'waiting'],
    ['a cell behind another', { active: [waiting()], busy: true }, 'behind'],
    [
      'a cell behind another, run before',
      { claim: done(), active: [running()], busy: true },
      'behind'
    ],
    ['a run', { claim: running(), active: [running()], busy: true }, 'running'],
    ['the end of a run', { claim: done() }, 'done'],
    ['a refusal', { claim: done({ outcome: 'refused', grantedMs: null }) }, 'done'],
    ['a cell that was cleared', { claim: done(), cleared: true }, undefined],
    ['a cell with hints that was cleared', { claim: done(), cleared: true, ask }, 'asks'],
    ['a wait that nobody knows of', { claim: waiting(), lost: 'Gone.' }, 'lost'],
    ['a run that nobody knows of', { claim: running(), lost: 'Gone.' }, 'lost'],
    ['a turn that nobody knows of', { active: [running()], busy: true, lost: 'Gone.' }, 'lost'],
    ['a run that is over, whatever the server does', { claim: done(), lost: 'Gone.' }, 'done'],
    ['no badges at all', { mode: 'none', claim: waiting() }, undefined]
  ])('[UI1] tells %s', (_, facts, kind) => {
    expect(badge(facts)).toBe(kind);
  });

  it('is silent about a quick plain cell, unless all cells are to tell', () => {
    expect(badge({ claim: running(quick) })).toBeUndefined();
    expect(badge({ claim: done({ ...quick, endedMs: NOW_MS }) })).toBeUndefined();
    expect(badge({ claim: running(quick), ask })).toBe('running');
    expect(badge({ claim: running(quick), mode: 'all' })).toBe('running');
    expect(badge({ claim: running({ ...quick, arrivedMs: NOW_MS - 900 }) })).toBe('running');
  });

  it('[UI1] is not silent about a quick cell that defaults hold to something', () => {
    const limits = [{ source: 'node', hints: { memoryBytes: 4 } }] as const;
    expect(badge({ limits })).toBe('asks');
    expect(badge({ limits, claim: running(quick) })).toBe('running');
    expect(badge({ limits, claim: done({ ...quick, endedMs: NOW_MS }) })).toBe('done');
    expect(badge({ limits, mode: 'none' })).toBeUndefined();
  });

  it('[UI1] says after a run what the next one asks for, if that is something else', () => {
    const next = (its: Partial<BadgeFacts>): unknown => made({ claim: done({ ask }), ...its });
    expect(next({ ask: { ...ask } })).toMatchObject({ next: null });
    expect(next({ ask: { ...ask, gpus: 2 } })).toMatchObject({ next: { ask: { gpus: 2 } } });
    expect(next({ ask: { ...ask, gpus: 2 }, lost: 'Gone.' })).toMatchObject({ next: null });
  });

  it('moves what is below a cell only where something stops it, or it has hints', () => {
    const plain = { kind: 'running', claim: running(), limits: [] } as const;
    expect(placeOf(plain, null)).toBe('corner');
    expect(placeOf(plain, ask)).toBe('row');
    expect(placeOf({ kind: 'waiting', claim: waiting() }, null)).toBe('row');
    const waited = running({ arrivedMs: NOW_MS - 9000 });
    expect(placeOf({ kind: 'running', claim: waited, limits: [] }, null)).toBe('row');
    expect(placeOf({ kind: 'behind', first: waiting() }, null)).toBe('corner');
  });
});
