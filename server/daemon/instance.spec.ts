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
import { AlreadyServedError, openInstance } from './instance';

const NOBODY = 65534;
const asRoot = process.getuid?.() === 0 ? it : it.skip;

describe('the directory of a sidecar', () => {
  let outer: string;
  let dir: string;

  const open = (path: string) => openInstance(path, () => undefined);

  beforeEach(() => {
    outer = shortDirectory();
    dir = join(outer, 'own');
  });

  afterEach(() => rmSync(outer, { recursive: true, force: true }));

  const modeOf = (path: string) => statSync(path).mode & 0o777;

  it('[SEC3] is for its owner alone, also where it was not, and so are its sockets', async () => {
    mkdirSync(dir, { mode: 0o755 });
    const instance = await open(dir);
    const sockets = [instance.gatePath, instance.apiPath];
    const servers = [createServer(), createServer()] as const;
    await instance.listenForGates(servers[0]);
    await instance.listenForApi(servers[1]);
    expect([dir, ...sockets].map(modeOf)).toEqual([0o700, 0o600, 0o600]);
    await Promise.all(servers.map(it => new Promise(resolve => it.close(resolve))));
    instance.leave();
    expect(sockets.some(path => existsSync(path))).toBe(false);
  });

  it('[SEC3] is none that a link leads to', async () => {
    mkdirSync(join(outer, 'real'));
    symlinkSync(join(outer, 'real'), dir);
    await expect(open(dir)).rejects.toThrow(DirectoryError);
  });

  it('[SEC3] makes nothing where a link in it leads', async () => {
    mkdirSync(dir);
    const elsewhere = join(outer, 'elsewhere');
    symlinkSync(elsewhere, join(dir, 'listening.lock'));
    await expect(open(dir)).rejects.toThrow('ELOOP');
    expect(existsSync(elsewhere)).toBe(false);
  });

  asRoot(
    '[SEC4] [SEC3] of another user gives them sockets, and nothing of root that they put there',
    async () => {
      mkdirSync(dir, { mode: 0o700 });
      chownSync(dir, NOBODY, NOBODY);
      const instance = await open(dir);
      const [gate, api, roots] = [createServer(), createServer(), createServer()];
      await instance.listenForGates(gate);
      expect(statSync(instance.gatePath).uid).toBe(NOBODY);
      const [file, socket] = [join(outer, 'file'), join(outer, 'socket')];
      writeFileSync(file, '');
      await new Promise<void>(resolve => roots.listen(socket, resolve));
      for (const theirs of [file, socket, join(dir, 'listening.lock')]) {
        // Heard before the sidecar hears of it: between the making of the socket and its giving.
        api.once('listening', () => {
          rmSync(instance.apiPath);
          linkSync(theirs, instance.apiPath);
          theirs.startsWith(dir) && rmSync(theirs);
        });
        await expect(instance.listenForApi(api)).rejects.toThrow(
          'api.sock is not the socket that was made'
        );
        expect(statSync(instance.apiPath).uid).toBe(0);
        await new Promise(resolve => api.close(resolve));
      }
      await Promise.all([gate, roots].map(it => new Promise(resolve => it.close(resolve))));
      instance.leave();
    }
  );

  it('is served by one at a time', async () => {
    const instance = await open(dir);
    await expect(open(dir)).rejects.toThrow(AlreadyServedError);
    instance.leave();
    (await open(dir)).leave();
  });

  it('is cleared of the sockets of a sidecar that was killed', async () => {
    mkdirSync(dir, { mode: 0o700 });
    writeFileSync(join(dir, 'gate.sock'), '');
    const instance = await open(dir);
    expect(existsSync(instance.gatePath)).toBe(false);
    instance.leave();
  });
});
