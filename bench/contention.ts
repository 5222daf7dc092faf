import { ANN, BOB, type SharedSidecar } from '../server/testing/sharedSidecar';
import type { TestKernel } from '../server/testing/gate';

const HOLDS_MS = 20;

/** Each needs what there is once: the GPU, CPUs for itself, more than half of the memory. */
const GREEDY = { gpus: 1, exclusive: true, cpus: 1, memoryFraction: 0.6 };

/** What became of two users who both want what there is once. */
export type Contention = {
  readonly grants: number;
  /** How often both had it. */
  readonly overlaps: number;
};

/** Let a kernel of each of two users ask again and again for what there is once. */
export async function contend(sidecar: SharedSidecar, seconds: number): Promise<Contention> {
  const sides = [await sidecar.serve(ANN), await sidecar.serve(BOB)];
  const { node } = await sides[0]!.snapshot();
  const { memoryFraction, ...hints } = GREEDY;
  const mib = Math.floor(((node.memoryBytes - node.memoryReserveBytes) * memoryFraction) / 2 ** 20);
  const seen = { holding: 0, grants: 0, overlaps: 0 };
  const untilMs = performance.now() + seconds * 1000;
  await Promise.all(
    sides.map(async side => {
      const kernel = await side.connected();
      await askAgain(kernel, { ...hints, memory: `${mib} MiB` }, untilMs, seen);
      await kernel.kill();
    })
  );
  return { grants: seen.grants, overlaps: seen.overlaps };
}

async function askAgain(
  kernel: TestKernel,
  hints: object,
  untilMs: number,
  seen: { holding: number; grants: number; overlaps: number }
): Promise<void> {
  for (let nth = 0; performance.now() < untilMs; nth += 1) {
    const id = `${kernel.id}-${nth}`;
    kernel.claim(id, hints);
    await grantOf(kernel, id);
    seen.holding += 1;
    seen.grants += 1;
    seen.overlaps += seen.holding > 1 ? 1 : 0;
    await new Promise(resolve => setTimeout(resolve, HOLDS_MS));
    seen.holding -= 1;
    kernel.release(id);
  }
}

/** Resolves when it is granted; rejects when it is refused. */
async function grantOf({ gate }: TestKernel, id: string): Promise<void> {
  const refused = gate.hear('refused', id).then(({ message }) => {
    throw new Error(`${id} was refused: ${message}`);
  });
  await Promise.race([gate.hear('granted', id), refused]);
}
