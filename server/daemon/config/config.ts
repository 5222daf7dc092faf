import type * as z from 'zod';

import { sharingProblems, type Group } from '../../core/policy/groups';
import { nearest } from '../../protocol/doubts';
import { pathOf, shown } from '../../protocol/hints';
import { CONFIG_DEPTH_MAX, tooDeepAt } from './configBounds';
import { configurationOf, narrowed, type Said } from './configSaid';
import { CONFIG_SCHEMA } from './configSchema';
import { ConfigText, type Path } from './configText';

/** One problem in the file, and where to find it. */
type ConfigProblem = {
  /** From 1. */
  readonly line: number;
  readonly sentence: string;
};

/** The outcome of reading a file: its content, or all of its problems. */
export type ReadConfig =
  | { readonly said: Said; readonly problems: readonly [] }
  | { readonly said: null; readonly problems: readonly ConfigProblem[] };

/** A problem with the value at a path. */
type Wrong = { readonly path: Path; readonly sentence: string };

/**
 * Read a configuration (CFG2), a YAML file. Never throws.
 *
 * #### Notes
 * It may only narrow `outer`, what the files before it say (CFG5); null for the first. Every
 * problem is reported with its line, unknown names included; one problem
 * invalidates the whole file. An empty file means even sharing. README.md
 * shows a file with everything in it.
 */
export function readConfig(text: string, outer: Said | null = null): ReadConfig {
  const line = tooDeepAt(text);
  if (line !== null) {
    const sentence = `this is nested too deeply; expected at most ${CONFIG_DEPTH_MAX} levels`;
    return { said: null, problems: [{ line, sentence }] };
  }
  const written = new ConfigText(text);
  const { wrong, said: found } = readValue(written.value);
  const said = found.groups ? { ...found, groups: inOrder(found.groups, written, []) } : found;
  const refused = narrowed(outer, said).refused.map(({ section, name, sentence }) => ({
    path: section === null ? [name] : [section, name],
    sentence
  }));
  const placed = [...wrong, ...wrongGroups(said, wrong), ...refused].map(({ path, sentence }) => ({
    offset: written.offsetOf(path),
    sentence
  }));
  const problems = [...written.problems, ...placed]
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, sentence }) => ({ line: written.lineAt(offset), sentence }));
  return problems.length ? { said: null, problems } : { said, problems: [] };
}

/** What a file says, and its problems; without the wrong parts, as the rest may be wrong, too. */
function readValue(value: unknown): { readonly said: Said; readonly wrong: readonly Wrong[] } {
  const read = CONFIG_SCHEMA.safeParse(value);
  if (read.success) {
    return { said: read.data ?? {}, wrong: [] };
  }
  const wrong = read.error.issues.flatMap(it => wrongIn(value, it, []));
  wrong.forEach(({ path }) => takeOut(value, path));
  return { said: CONFIG_SCHEMA.safeParse(value).data ?? {}, wrong: firstOfEach(wrong) };
}

/** An issue as sentences; `around` is the path of the value that contains it. */
function wrongIn(value: unknown, issue: z.core.$ZodIssue, around: Path): Wrong[] {
  const path = [...around, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(name => ({
      path: [...path, name],
      sentence: unknown(name, path, issue.message)
    }));
  }
  // Of a union's alternatives, the intended one is that of which only parts are wrong.
  const kind = issue.code === 'invalid_union' && issue.errors.find(isInside);
  if (kind) {
    return kind.flatMap(it => wrongIn(value, it, path));
  }
  const got = shown(valueAt(value, path));
  return [{ path, sentence: `${called(path)} is ${got}; expected ${issue.message}` }];
}

function isInside(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.every(it => it.path.length > 0);
}

function unknown(name: string, path: Path, known: string): string {
  const meant = nearest(name, known.split(', '));
  const question = meant === undefined ? '' : ` (did you mean "${meant}"?)`;
  return `"${pathOf(name)}" is not known in ${called(path)}${question}; expected ${known}`;
}

function called(path: Path): string {
  const name = path.at(-1);
  if (typeof name === 'number') {
    return `item ${name + 1} of ${called(path.slice(0, -1))}`;
  }
  return name === undefined ? 'the file' : `"${pathOf(String(name))}"`;
}

/** Deduplicates: a number may break several rules with the same message. */
function firstOfEach(wrong: readonly Wrong[]): readonly Wrong[] {
  return [...new Map([...wrong].reverse().map(it => [JSON.stringify(it.path), it])).values()];
}

/** Remove the value at a path; inside a list, the whole list. */
function takeOut(value: unknown, path: Path): void {
  const item = path.findIndex(it => typeof it === 'number');
  const names = item < 0 ? path : path.slice(0, item);
  const last = names.at(-1);
  if (last !== undefined) {
    delete (valueAt(value, names.slice(0, -1)) as Record<PropertyKey, unknown> | undefined)?.[last];
  }
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce((it, name) => (it as Record<PropertyKey, unknown> | undefined)?.[name], value);
}

/** Groups in file order, which matters (CFG3): an object lists numeric names first. */
function inOrder(groups: readonly Group[], written: ConfigText, around: Path): Group[] {
  const path = [...around, 'groups'];
  const offset = ({ name }: Group) => written.offsetOf([...path, name]);
  return groups
    .map(it => ({ ...it, groups: inOrder(it.groups, written, [...path, it.name]) }))
    .sort((a, b) => offset(a) - offset(b));
}

/** The problems among groups, as far as these could be read. */
function wrongGroups(said: Said, wrong: readonly Wrong[]): Wrong[] {
  const unread = new Set(wrong.map(it => JSON.stringify(it.path)));
  return sharingProblems(configurationOf(said).sharing).flatMap(({ path, field, sentence }) => {
    const group = path.flatMap(name => ['groups', name]);
    // Whether it has a quota is unknown if the quota cannot be read.
    return field === 'surplus' && unread.has(JSON.stringify([...group, 'quota']))
      ? []
      : [{ path: field === 'name' ? group : [...group, field], sentence }];
  });
}
