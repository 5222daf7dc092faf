import type { Effect } from '../core/effects';
import type { Event } from '../core/events';
import { NOTHING_ASKED } from '../protocol/ask';
import { UNRESTRICTED } from '../protocol/grant';
import { ClaimLives } from './claimLives';

const ANN = { group: 'atlas', user: 'ann' };

describe('the life of a claim', () => {
  let said: unknown[][];
  let lives: ClaimLives;

  beforeEach(() => {
    said = [];
    const counts = {
      granted: (...it: unknown[]) => void said.push(['granted', ...it]),
      ended: (...it: unknown[]) => void said.push(['ended', ...it])
    };
    lives = new ClaimLives(counts, () => ANN);
  });

  function arrived(id: string, atMs: number, more: object = {}): Event {
    const claim = { id, holderId: 'k', outerId: null, cellId: null, label: null };
    return {
      type: 'claimArrived',
      atMs,
      claim: { ...claim, sourceHash: null, ask: NOTHING_ASKED },
      granted: null,
      waitingSinceMs: null,
      ...more
    };
  }

  const grant = (claimId: string): Effect => ({
    type: 'grant',
    holderId: 'k',
    claimId,
    grant: UNRESTRICTED
  });
  const ended = (claimId: string, atMs: number, outcome: 'ok' | 'error' = 'ok'): Event => ({
    type: 'claimEnded',
    claimId,
    outcome,
    cpuSeconds: 3,
    atMs
  });

  it('[OBS1] counts no time below 0 where the clock was set back', () => {
    lives.observe(arrived('a', 5000), []);
    lives.observe({ type: 'ticked', atMs: 3000 }, [grant('a')]);
    lives.observe(ended('a', 1000), []);
    expect(said.map(it => it.filter(part => typeof part === 'number'))).toEqual([[0], [0, 3]]);
  });

  it('[OBS1] counts a wait and a run, once', () => {
    lives.observe(arrived('a', 1000), []);
    lives.observe({ type: 'ticked', atMs: 3000 }, [grant('a')]);
    lives.observe({ type: 'ticked', atMs: 3500 }, [grant('a')]);
    lives.observe(ended('a', 8000, 'error'), []);
    lives.observe(ended('a', 9000), []);
    expect(said).toEqual([
      ['granted', ANN, 2],
      ['ended', ANN, 'error', 5, 3]
    ]);
  });

  it('[OBS1] counts a grant at once, and one from the sidecar before as no wait', () => {
    lives.observe(arrived('a', 1000), [grant('a')]);
    const granted = { grant: UNRESTRICTED, sinceMs: 400 };
    lives.observe(arrived('b', 1000, { granted }), [grant('b')]);
    lives.observe(ended('b', 1400), []);
    expect(said).toEqual([
      ['granted', ANN, 0],
      ['ended', ANN, 'ok', 1, 3]
    ]);
  });

  it('[OBS1] counts where a wait began before', () => {
    lives.observe(arrived('a', 5000, { waitingSinceMs: 1000 }), []);
    lives.observe({ type: 'ticked', atMs: 6000 }, [grant('a')]);
    expect(said).toEqual([['granted', ANN, 5]]);
  });

  it('[OBS1] counts a run to where its cell ended, if that is heard of later', () => {
    lives.observe(arrived('a', 1000), [grant('a')]);
    lives.observe({ ...ended('a', 9000), endedMs: 4000 } as Event, []);
    expect(said.at(-1)).toEqual(['ended', ANN, 'ok', 3, 3]);
  });

  it('[OBS1] counts as died with a holder what is that one’s alone', () => {
    lives.observe(arrived('a', 1), []);
    lives.observe({ type: 'holderGone', holderId: 'another', atMs: 2 }, []);
    expect(said).toEqual([]);
  });

  const by = { uid: 1, name: 'ann' };
  it.each<[string, Event, readonly Effect[]]>([
    ['cancelled', { type: 'claimCancelled', claimId: 'a', by, atMs: 2 }, []],
    ['cancelled', { type: 'claimGivenUp', claimId: 'a', atMs: 2 }, []],
    ['died', { type: 'holderGone', holderId: 'k', atMs: 2 }, []],
    [
      'refused',
      { type: 'ticked', atMs: 2 },
      [
        {
          type: 'refuse',
          holderId: 'k',
          claimId: 'a',
          refusal: { code: 'INTERNAL', details: {} } as never
        }
      ]
    ]
  ])('[OBS1] counts one as %s that never ran: %j', (outcome, event, effects) => {
    lives.observe(arrived('a', 1), []);
    lives.observe(event, effects);
    lives.observe({ type: 'holderGone', holderId: 'k', atMs: 3 }, []);
    expect(said).toEqual([['ended', ANN, outcome, null, null]]);
  });

  it('forgets those that are gone without an end', () => {
    lives.observe(arrived('a', 1), []);
    lives.keepOnly(new Set(['b']));
    lives.observe(ended('a', 2), []);
    expect(said).toEqual([]);
  });
});
