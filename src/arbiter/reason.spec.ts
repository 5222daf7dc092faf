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

  it('keeps the name of the sidecar for what belongs to somebody else', () => {
    expect(now([['k1', 'work.ipynb']])).toBe('for 14 GiB; 14 GiB held by holder.ipynb');
  });

  it('has nothing to say of claims that do not wait', () => {
    expect(withNames(done(), new Map([['k2', 'b.ipynb']]))).toEqual(done());
  });
});
