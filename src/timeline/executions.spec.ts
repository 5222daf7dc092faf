import { executed, TestHistory } from '../testing/past';
import { Executions } from './executions';

function followed(rows: number): { history: TestHistory; executions: Executions } {
  const history = new TestHistory();
  history.recorded = Array.from({ length: rows }, (_, i) => executed({ row: i + 1 }));
  return { history, executions: new Executions(history) };
}

describe('[UI10] executions of a range', () => {
  it('are loaded page by page, and then only what ended since', async () => {
    const { history, executions } = followed(5);
    history.page = 2;
    await executions.show({ fromMs: 0 });
    expect(executions.spans.map(it => it.claimId)).toEqual(['c1', 'c2', 'c3', 'c4', 'c5']);
    expect(executions.isComplete).toBe(true);
    history.recorded.push(executed({ row: 6 }));
    await executions.more();
    expect(executions.spans).toHaveLength(6);
    expect(history.asked.slice(-2)).toEqual(['history after 4', 'history after 5']);
  });

  it('say nothing where nothing has ended', async () => {
    const { executions } = followed(1);
    await executions.show({ fromMs: 0 });
    const told = jest.fn();
    executions.changed.connect(told);
    await executions.more();
    expect(told).not.toHaveBeenCalled();
  });

  it('of a range that was left are dropped', async () => {
    const { history, executions } = followed(3);
    const first = executions.show({ fromMs: 0 });
    history.recorded = [executed({ row: 9 })];
    await executions.show({ fromMs: 1 });
    await first;
    expect(executions.spans.map(it => it.claimId)).toEqual(['c9']);
  });

  it('that cannot be had are explained, and asked for again', async () => {
    const { history, executions } = followed(1);
    history.refusal = 'History is off.';
    await executions.show({ fromMs: 0 });
    expect(executions.problem).toBe('History is off.');
    history.refusal = null;
    await executions.more();
    expect(executions.problem).toBeNull();
    expect(executions.spans).toHaveLength(1);
  });

  it('are bounded, however many there are', async () => {
    const { executions } = followed(20_500);
    await executions.show({ fromMs: 0 });
    expect(executions.isFull).toBe(true);
    expect(executions.spans).toHaveLength(20_000);
  });
});
