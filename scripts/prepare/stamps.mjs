import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { CACHE, ROOT } from './places.mjs';

const isInput = name => !/\.spec\.tsx?$|^__pycache__$|\.tsbuildinfo$|^node_modules$/.test(name);

/** All files below a path, sorted; the path itself if it is a file, none if it is missing. */
function filesBelow(path) {
  if (!existsSync(path)) {
    return [];
  }
  if (!statSync(path).isDirectory()) {
    return [path];
  }
  return readdirSync(path)
    .filter(isInput)
    .sort()
    .flatMap(name => filesBelow(join(path, name)));
}

/** A digest of the content of these files and folders, and of a text. */
function digestOf(inputs, text) {
  const hash = createHash('sha256').update(text);
  for (const path of inputs.flatMap(input => filesBelow(join(ROOT, input)))) {
    hash.update(relative(ROOT, path)).update('\0').update(readFileSync(path));
  }
  return hash.digest('hex');
}

/**
 * Do `work` unless it was done before with the same inputs (files, folders and
 * `text`) and its outputs are there.
 *
 * #### Notes
 * The stamp is written after the work succeeded, so work that failed or was
 * interrupted is done again. Resolves to whether it was done now.
 */
export async function unlessDone(name, { inputs, outputs, stamp, text = '' }, work) {
  const stampPath = stamp ?? join(CACHE, 'stamps', name);
  const digest = digestOf(inputs, text);
  const present = [...outputs.map(path => join(ROOT, path)), stampPath].every(existsSync);
  if (present && readFileSync(stampPath, 'utf8') === digest) {
    return false;
  }
  await work();
  mkdirSync(dirname(stampPath), { recursive: true });
  writeFileSync(stampPath, digest);
  return true;
}
