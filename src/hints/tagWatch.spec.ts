import { TagWatch } from './tagWatch';

describe('TagWatch', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('[ADM2] tells of a tag that was put into the very list that the cell has', () => {
    const tags: string[] = [];
    const watch = new TagWatch(() => tags);
    jest.advanceTimersByTime(1000);
    const told = jest.fn();
    watch.changed.connect(told);
    jest.advanceTimersByTime(5000);
    expect(told).not.toHaveBeenCalled();
    tags.push('gpus=1');
    jest.advanceTimersByTime(1000);
    expect(told).toHaveBeenCalledTimes(1);
    watch.dispose();
    tags.push('cpus=1');
    jest.advanceTimersByTime(1000);
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('looks at nothing while no cell is active', () => {
    const watch = new TagWatch(() => undefined);
    const told = jest.fn();
    watch.changed.connect(told);
    jest.advanceTimersByTime(1000);
    expect(told).not.toHaveBeenCalled();
    watch.dispose();
  });
});
