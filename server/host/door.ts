import { lstatSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:net';

/** The inode number of the file at a path; null if there is none. */
function inodeAt(path: string): number | null {
  return lstatSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

/**
 * A path at which a server listens for its whole life, even if the socket file is removed.
 *
 * #### Notes
 * `seal` is called with the path each time a socket is created there.
 */
export class Door {
  private server: Server | null = null;
  private inode: number | null = null;

  constructor(
    readonly path: string,
    private readonly seal: (path: string) => void
  ) {}

  /** Make this server listen here. Rejects with what the host refuses. */
  async open(server: Server): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.path, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.seal(this.path);
    this.inode = inodeAt(this.path);
    this.server = server;
  }

  /**
   * Check that the socket is still there, and recreate it if not; existing connections
   * stay open. Rejects if something else is in its place that cannot be removed.
   */
  async look(): Promise<void> {
    const { server } = this;
    const there = inodeAt(this.path);
    if (!server || (server.listening && there === this.inode)) {
      return;
    }
    there !== null && unlinkSync(this.path);
    server.close();
    await this.open(server);
  }

  /** Stop listening here; the server itself is closed by its creator. */
  shut(): void {
    this.server = null;
  }
}
