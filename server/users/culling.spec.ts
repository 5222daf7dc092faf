import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { TestKernel } from '../testing/gate';
import { ANN, BOB, SharedSidecar, type UserSide } from '../testing/sharedSidecar';
import { shortDirectory } from '../testing/sidecar';

const root = { describe: process.getuid?.() === 0 ? describe : describe.skip };

const SPANS = 'cull: {idle: 1 s, notice: 1 s}\n';

root.describe('culling by a sidecar of the whole node (needs root)', () => {
  let outer: string;
  let sidecar: SharedSidecar;
  let sides: readonly [UserSide, UserSide];
  let kernels: readonly [TestKernel, TestKernel];

  beforeEach(async () => {
    outer = shortDirectory();
    const config = join(outer, 'cellgrant.yaml');
    writeFileSync(config, SPANS);
    sidecar = await SharedSidecar.start(
      join(outer, 'state'),
      join(outer, 'run'),
      ...['--config', config]
    );
    sides = [await sidecar.serve(ANN), await sidecar.serve(BOB)];
    kernels = [await sides[0].connected(), await sides[1].connected()];
  });

  afterEach(async () => {
    expect(await sidecar.stop()).toEqual([0]);
    rmSync(outer, { recursive: true });
  });

  /** A server of a user reports on both kernels, until a request is answered as wanted. */
  async function report(of: UserSide, isOver: () => Promise<boolean>): Promise<void> {
    const both = JSON.stringify(kernels.map(({ id }) => ({ holderId: id, idleMs: 1e6 })));
    do {
      expect((await of.ask('PUT', 'culling/kernels', both)).status).toBe(204);
    } while (!(await isOver()));
  }

  it('[CULL2] [SEC8] is up to the server of the owner: others neither report nor shut down', async () => {
    const [{ id: ofAnn }, { id: ofBob }] = kernels;
    const [ann, bob] = sides;
    const begin = (id: string) => bob.ask('POST', `holders/${id}/cull`);
    await report(bob, async () => (await begin(ofBob)).status === 204);
    const { holders } = await bob.snapshot();
    expect(holders.find(it => it.id === ofAnn)!.cull).toBeUndefined();
    for (const [method, what] of [
      ['POST', 'cull'],
      ['DELETE', 'cull'],
      ['PUT', 'keep']
    ] as const) {
      const refused = await bob.ask(method, `holders/${ofAnn}/${what}`);
      expect(refused).toMatchObject({ status: 403, body: { code: 'NOT_YOURS' } });
    }
    await report(ann, async () => (await ann.ask('PUT', `holders/${ofAnn}/keep`)).status === 204);
  });

  it('[CULL7] [SEC1] is told to others by owner and amount', async () => {
    const [{ id: ofAnn, child }] = kernels;
    const [ann, bob] = sides;
    const begin = () => ann.ask('POST', `holders/${ofAnn}/cull`);
    await report(ann, async () => (await begin()).status === 204);
    child.kill('SIGKILL');
    let culled;
    while (!culled) {
      ({ culled } = await bob.snapshot());
    }
    expect(culled).toMatchObject([{ owner: 'ann', holderName: 'ann', notebook: null }]);
    expect((await ann.snapshot()).culled![0]!.holderName).not.toBe('ann');
  });
});
