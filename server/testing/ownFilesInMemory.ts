import type { IOwnFiles } from '../host/ownDirectory';

/** A sidecar's directory that is on no disk. */
export class OwnFilesInMemory implements IOwnFiles {
  readonly lineage: string;
  readonly descriptor = 0;
  private readonly files = new Map<string, string>();

  constructor(
    readonly path: string,
    readonly identity = 'in memory'
  ) {
    this.lineage = path;
  }

  load<T>(name: string, parse: (value: unknown) => T): T | null {
    const text = this.files.get(name);
    return text === undefined ? null : parse(JSON.parse(text));
  }

  replace(name: string, data: string | Buffer): void {
    this.files.set(name, String(data));
  }

  remove(name: string): void {
    this.files.delete(name);
  }

  has(name: string): boolean {
    return this.files.has(name);
  }
}
