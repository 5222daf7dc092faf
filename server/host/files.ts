import * as fs from 'node:fs';

/**
 * The operations that Cellgrant performs on the kernel's files.
 *
 * #### Notes
 * Paths are absolute, as processes of this machine name them. All methods
 * throw errors that carry an errno as `code`, as Node's own do. `write` never
 * creates a file: in a directory removed meanwhile it fails with ENOENT.
 */
export interface IHostFiles {
  read(path: string): string;
  write(path: string, text: string): void;
  /** The same in the background: for what may wait for a lock of another process. */
  writeLater(path: string, text: string): Promise<void>;
  makeDirectory(path: string): void;
  removeDirectory(path: string): void;
  /** Names in a directory, in no particular order. */
  list(path: string): readonly string[];
  /** Names of the directories in a directory. */
  directories(path: string): readonly string[];
}

/** The files of this machine, or of a tree below `root` with the same layout. */
export class DiskFiles implements IHostFiles {
  private buffer = Buffer.allocUnsafe(16 * 1024);

  constructor(private readonly root = '') {}

  /** Into one buffer: `readFileSync`, which asks for the size first and allocates, takes half as long again. */
  read(path: string): string {
    const descriptor = fs.openSync(this.root + path, 'r');
    try {
      let length = 0;
      // The kernel's files give less than was asked for before they end.
      for (let got = -1; got !== 0; length += got) {
        length === this.buffer.length && this.grow();
        got = fs.readSync(descriptor, this.buffer, length, this.buffer.length - length, null);
      }
      return this.buffer.toString('utf8', 0, length);
    } finally {
      fs.closeSync(descriptor);
    }
  }

  private grow(): void {
    this.buffer = Buffer.concat([this.buffer], 2 * this.buffer.length);
  }

  write(path: string, text: string): void {
    // Opened each time: keeping descriptors open saves 3 us of about 9, but costs
    // four descriptors per kernel, out of the 1024 that a process usually has.
    const descriptor = fs.openSync(this.root + path, fs.constants.O_WRONLY);
    try {
      fs.writeSync(descriptor, text);
    } finally {
      fs.closeSync(descriptor);
    }
  }

  /** Without `fs.promises`, whose handles take twice as long. */
  writeLater(path: string, text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.open(this.root + path, fs.constants.O_WRONLY, (failure, descriptor) => {
        if (failure) {
          reject(failure);
          return;
        }
        fs.write(descriptor, text, failed =>
          fs.close(descriptor, () => (failed ? reject(failed) : resolve()))
        );
      });
    });
  }

  makeDirectory(path: string): void {
    fs.mkdirSync(this.root + path);
  }

  removeDirectory(path: string): void {
    fs.rmdirSync(this.root + path);
  }

  list(path: string): readonly string[] {
    return fs.readdirSync(this.root + path);
  }

  directories(path: string): readonly string[] {
    return fs
      .readdirSync(this.root + path, { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(entry => entry.name);
  }
}

/** The errno of an error that a file operation threw: `EBUSY`; `EUNKNOWN` for others. */
export function errnoOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'EUNKNOWN';
}

/** Errnos that mean that the file or process does not exist. */
const ABSENCE = ['ENOENT', 'ESRCH', 'ENOTDIR', 'ENODEV'];

/**
 * Whether an error means that the file or process does not exist.
 *
 * #### Notes
 * Other errors prove nothing: without free descriptors or memory nothing can be opened, and
 * a caller that took that for absence would give up what is still there.
 */
export function saysAbsent(error: unknown): boolean {
  return ABSENCE.includes(errnoOf(error));
}

/** Whether a file definitely does not exist. */
export function isAbsent(files: IHostFiles, path: string): boolean {
  try {
    files.read(path);
    return false;
  } catch (error) {
    return saysAbsent(error);
  }
}

/** A file's text without surrounding white space, or null if it cannot be read. */
export function readOrNull(files: IHostFiles, path: string): string | null {
  try {
    return files.read(path).trim();
  } catch {
    // Absence is a valid answer here: not every kernel has every file.
    return null;
  }
}

/** A file that holds one integer; null if it is absent or holds anything else. */
export function readNumberOrNull(files: IHostFiles, path: string): number | null {
  const text = readOrNull(files, path);
  return text !== null && /^-?\d+$/.test(text) ? Number(text) : null;
}

/**
 * A file of lines `key value` or `key: value kB`, as numbers without their unit;
 * empty if it is absent.
 *
 * #### Notes
 * Lines with other values are skipped. It is read repeatedly for every
 * kernel, hence no regular expressions, whose matches create garbage.
 */
export function readTable(files: IHostFiles, path: string): ReadonlyMap<string, number> {
  const table = new Map<string, number>();
  for (const line of (readOrNull(files, path) ?? '').split('\n')) {
    const end = line.indexOf(' ');
    const value = parseInt(line.slice(end + 1), 10);
    if (end > 0 && value >= 0) {
      table.set(line.slice(0, line[end - 1] === ':' ? end - 1 : end), value);
    }
  }
  return table;
}

/** The names in a directory; none if it cannot be read. */
export function listOrNone(files: IHostFiles, path: string): readonly string[] {
  try {
    return files.list(path);
  } catch {
    // As above: a process may exit between two reads.
    return [];
  }
}
