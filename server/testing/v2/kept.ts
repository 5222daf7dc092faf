import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';

/** What something is made of. */
export type Inputs = readonly (string | Buffer)[];

/** A digest of inputs; where one ends and the next begins counts. */
function digestOf(inputs: Inputs): string {
  const hash = createHash('sha256');
  for (const input of inputs) {
    hash.update(`${Buffer.byteLength(input)}:`).update(input);
  }
  return hash.digest('hex');
}

/** Whatever shows that something at or below a path was changed, one line each. */
function marksOf(path: string, except: readonly string[], below = ''): readonly string[] {
  const found = fs.lstatSync(path);
  if (!found.isDirectory()) {
    return [`${below} ${found.mode} ${found.size} ${found.mtimeMs}`];
  }
  const names = fs.readdirSync(path).sort();
  const children = names
    .map(name => [join(path, name), `${below}/${name}`] as const)
    .filter(([, its]) => !except.includes(its));
  return [`${below} ${found.mode}`, ...children.flatMap(([its, to]) => marksOf(its, except, to))];
}

/**
 * A file or directory that is made unless it is there, was made of the same
 * inputs, and is as it was made; its path.
 *
 * #### Notes
 * `make` is given another path, so what is made in part is never taken for the
 * whole. Damage shows in names, modes, sizes and times, for contents take as
 * long to read as to make. What lies at the paths of `except`, which begin with
 * a slash and are relative to `path`, may come and go.
 */
export function kept(
  path: string,
  inputs: Inputs,
  make: (path: string) => void,
  except: readonly string[] = []
): string {
  const stamp = `${path}.stamp`;
  const marks = (): string => digestOf([...inputs, ...marksOf(path, except)]);
  const isThere = fs.existsSync(path) && fs.existsSync(stamp);
  if (isThere && fs.readFileSync(stamp, 'utf8') === marks()) {
    return path;
  }
  fs.rmSync(stamp, { force: true });
  const fresh = `${path}.new`;
  fs.rmSync(fresh, { recursive: true, force: true });
  make(fresh);
  fs.rmSync(path, { recursive: true, force: true });
  fs.renameSync(fresh, path);
  fs.writeFileSync(stamp, marks());
  return path;
}
