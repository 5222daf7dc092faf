import { lstatSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:net';

/** The number of what is at a path; null where nothing is. */
function inodeAt(path: string): number | null {
  return lstatSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

/**
 * A path at which a server listens for as long as it lives, whatever becomes of the socket.
 *
 * #### Notes
 * `seal` is called with the path each time that a socket was made there.
 */
export class Door {
  private server: Server | null = null;
  private inode: number | null = null;

  constructor(
    readonly path: string,
    private readonly seal: (path: string) => void
  ) {}

  /** Let this server listen here. Rejects with what the host refuses. */
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
   * Look whether the socket is still there, and make it again where it is not; the connections
   * that there are stay. Rejects where something else is in its place that cannot be removed.
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

  /** Nobody is to listen here any more; the server is ended by whoever made it. */
  shut(): void {
    this.server = null;
  }
}
