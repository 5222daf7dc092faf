import * as fs from 'node:fs';
import { basename, join } from 'node:path';

/** A module of the kernel as a file. */
export type KernelModule = { readonly name: string; readonly content: Buffer };

/** The names of those that a module says it needs (.modinfo, "depends"). */
function neededBy(content: Buffer): readonly string[] {
  const listed = /\0depends=([\w,-]*)\0/.exec(content.toString('latin1'))?.[1] ?? '';
  return listed.split(',').filter(Boolean);
}

/** In names of modules a dash and an underscore are the same. */
function nameOf(path: string): string {
  return basename(path, '.ko').replaceAll('-', '_');
}

/**
 * Modules with all that they need, in an order in which they can be loaded.
 *
 * #### Notes
 * What needs what changes from one version of a distribution's kernel to the
 * next, so the modules themselves are asked. Throws where one is missing.
 */
export function modulesInOrder(directory: string, names: readonly string[]): KernelModule[] {
  const all = fs.readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const paths = new Map(all.filter(it => it.endsWith('.ko')).map(it => [nameOf(it), it]));
  const loaded = new Map<string, Buffer>();
  const load = (name: string): void => {
    const path = paths.get(name);
    if (path === undefined) {
      throw new Error(`the kernel in ${directory} has no module ${name}`);
    }
    if (!loaded.has(name)) {
      const content = fs.readFileSync(join(directory, path));
      neededBy(content).forEach(load);
      loaded.set(name, content);
    }
  };
  names.forEach(load);
  return [...loaded].map(([name, content]) => ({ name, content }));
}
