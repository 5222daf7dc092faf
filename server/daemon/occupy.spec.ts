import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { DirectoryError } from '../host/directoryError';
import { shortDirectory } from '../testing/sidecar';
import { OccupiedError, occupy as occupyWith } from './occupy';

const NOBODY = 65534;
const asRoot = process.getuid?.() === 0 ? it : it.skip;

describe('the directory of a sidecar', () => {
  let outer: string;
  let dir: string;

  const occupy = (path: string) => occupyWith(path, () => undefined);

  beforeEach(() => {
    outer = shortDirectory();
    dir = join(outer, 'own');
  });

  afterEach(() => rmSync(outer, { recursive: true, force: true }));

  const modeOf = (path: string) => statSync(path).mode & 0o777;

  it('[SEC3] is for its owner alone, also where it was not, and so are its sockets', async () => {
    mkdirSync(dir, { mode: 0o755 });
    const place = await occupy(dir);
    const sockets = [place.gatePath, place.apiPath];
    const servers = [createServer(), createServer()] as const;
    await place.listenForGates(servers[0]);
    await place.listenForApi(servers[1]);
    expect([dir, ...sockets].map(modeOf)).toEqual([0o700, 0o600, 0o600]);
    await Promise.all(servers.map(it => new Promise(resolve => it.close(resolve))));
    place.leave();
    expect(sockets.some(path => existsSync(path))).toBe(false);
  });

  it('[SEC3] is none that a link leads to', async () => {
    mkdirSync(join(outer, 'real'));
    symlinkSync(join(outer, 'real'), dir);
    await expect(occupy(dir)).rejects.toThrow(DirectoryError);
  });

  it('[SEC3] makes nothing where a link in it leads', async () => {
    mkdirSync(dir);
    const elsewhere = join(outer, 'elsewhere');
    symlinkSync(elsewhere, join(dir, 'listening.lock'));
    await expect(occupy(dir)).rejects.toThrow('ELOOP');
    expect(existsSync(elsewhere)).toBe(false);
  });

  asRoot(
    '[SEC4] [SEC3] of another user gives them sockets, and nothing of root that they put there',
    async () => {
      mkdirSync(dir, { mode: 0o700 });
      chownSync(dir, NOBODY, NOBODY);
      const place = await occupy(dir);
      const [gate, api, roots] = [createServer(), createServer(), createServer()];
      await place.listenForGates(gate);
      expect(statSync(place.gatePath).uid).toBe(NOBODY);
      const [file, socket] = [join(outer, 'file'), join(outer, 'socket')];
      writeFileSync(file, '');
      await new Promise<void>(resolve => roots.listen(socket, resolve));
      for (const theirs of [file, socket, join(dir, 'listening.lock')]) {
        // Heard before the sidecar hears of it: between the making of the socket and its giving.
        api.once('listening', () => {
          rmSync(place.apiPath);
          linkSync(theirs, place.apiPath);
          theirs.startsWith(dir) && rmSync(theirs);
        });
        await expect(place.listenForApi(api)).rejects.toThrow(
          'api.sock is not the socket that was made'
        );
        expect(statSync(place.apiPath).uid).toBe(0);
        await new Promise(resolve => api.close(resolve));
      }
      await Promise.all([gate, roots].map(it => new Promise(resolve => it.close(resolve))));
      place.leave();
    }
  );

  it('is served by one at a time', async () => {
    const place = await occupy(dir);
    await expect(occupy(dir)).rejects.toThrow(OccupiedError);
    place.leave();
    (await occupy(dir)).leave();
  });

  it('is cleared of the sockets of a sidecar that was killed', async () => {
    mkdirSync(dir, { mode: 0o700 });
    writeFileSync(join(dir, 'gate.sock'), '');
    const place = await occupy(dir);
    expect(existsSync(place.gatePath)).toBe(false);
    place.leave();
  });
});
