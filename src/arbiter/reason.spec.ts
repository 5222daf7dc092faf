import { done, waiting } from '../testing/facts';
import { withNames } from './reason';

const now = (paths: [string, string][]): string =>
  withNames(waiting(), new Map(paths)).reason.sentence;

describe('withNames', () => {
  it('[UI1] calls a notebook that was renamed by its name of now', () => {
    expect(now([['k2', 'a/better $& name.ipynb']])).toBe(
      'for 14 GiB; 14 GiB held by better $& name.ipynb'
    );
  });

  it('[UI1] does so for each of several, also where they have the same name', () => {
    const claim = waiting();
    const [first] = claim.reason.blockers;
    const blockers = ['k2', 'k3', 'k4'].map(holderId => ({
      ...first!,
      holderId,
      holderName: 'Untitled.ipynb'
    }));
    const sentence =
      'for 9 GiB; 8 GiB held by Untitled.ipynb, 2 GiB by Untitled.ipynb and 1 GiB by Untitled.ipynb';
    const paths = new Map([
      ['k3', 'a/two.ipynb'],
      ['k4', 'three.ipynb']
    ]);
    expect(
      withNames({ ...claim, reason: { ...claim.reason, sentence, blockers } }, paths).reason
        .sentence
    ).toBe('for 9 GiB; 8 GiB held by Untitled.ipynb, 2 GiB by two.ipynb and 1 GiB by three.ipynb');
  });

  it('keeps the name of the sidecar for what belongs to somebody else', () => {
    expect(now([['k1', 'work.ipynb']])).toBe('for 14 GiB; 14 GiB held by holder.ipynb');
  });

  it('has nothing to say of claims that do not wait', () => {
    expect(withNames(done(), new Map([['k2', 'b.ipynb']]))).toEqual(done());
  });
});
