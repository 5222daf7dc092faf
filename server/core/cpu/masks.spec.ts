import { cpusOf, Harness, nodeOf } from '../../testing/harness';

/** A node without weights on which so many kernels run a cell that asked for nothing. */
function crowd(kernels: number, cpus: number): Harness {
  const it = new Harness(nodeOf({ cpus: cpusOf({ cores: cpus }), sharesByWeight: false }));
  for (let index = 0; index < kernels; index += 1) {
    it.holder(`k${index}`);
    it.claim(`c${index}`, `k${index}`);
  }
  return it;
}

/** How many CPUs each kernel is held to. */
function sizes(it: Harness): number[] {
  return [...it.state.running].map(({ phase }) => phase.mask?.cpus.length ?? 0);
}

describe('masks', () => {
  it('[CPU6] all leave CPUs that become exclusive, however many there are', () => {
    const it = crowd(100, 8);
    it.holder('alone');
    it.claim('c', 'alone', { exclusive: true, cpus: { kind: 'fixed', n: 4 } });
    const alone = it.state.claims.get('c')!.phase;
    expect(alone).toMatchObject({
      state: 'running',
      lease: { allocation: { cpus: expect.anything() } }
    });
    expect(sizes(it).filter(size => size > 0)).toHaveLength(100); // and P1 held: the harness looks
  });

  it('[CPU5] one that starts takes CPUs that others can spare; the rest keep theirs', () => {
    const it = crowd(20, 64);
    const before = it.writes;
    it.holder('k20');
    it.claim('c20', 'k20');
    expect(sizes(it).at(-1)).toBe(3); // 64 / 21, rounded
    expect(it.writes - before).toBeLessThanOrEqual(5);
  });

  it('[CPU4] what one leaves others take over at once, and all is undone at the end', () => {
    const it = crowd(8, 16);
    it.end('c0');
    const covered = new Set([...it.state.running].flatMap(({ phase }) => phase.mask?.cpus ?? []));
    expect(covered.size).toBe(16);
    [1, 2, 3, 4, 5, 6, 7].forEach(index => it.end(`c${index}`));
    expect([...it.confined.values()].map(({ cpus }) => cpus)).toEqual(Array(8).fill(null));
  });
});
