import { directiveOf } from '../../server/protocol/directive';
import { doubtsOf, type HintDoubt } from '../../server/protocol/doubts';
import {
  directiveEntries,
  parseDirective,
  parseTags,
  tagEntries
} from '../../server/protocol/hintEntries';
import {
  type HintName,
  type HintProblem,
  type Hints,
  mergeHints,
  parseHints,
  type ParsedHints
} from '../../server/protocol/hints';
import type { Ask } from '../../server/protocol/ask';
import type { HintSources } from '../../server/protocol/gate';

/** The metadata key of cells and of notebooks. */
export const METADATA_KEY = 'cellgrant';

/** Where a hint was written, in order of precedence (ADM2). */
export const SOURCES = ['cell', 'tag', 'directive', 'notebook', 'settings', 'node'] as const;

/** One of {@link SOURCES}. */
export type Source = (typeof SOURCES)[number];

/** The raw values of all sources of one cell. */
export type RawSources = {
  readonly cell: unknown;
  readonly tags: readonly string[];
  /** The source text of the cell. */
  readonly code: string;
  readonly notebook: unknown;
  readonly settings: unknown;
  /** The administrator's, as the sidecar read them; absent until it reports them. */
  readonly node?: Hints | undefined;
};

/** What a cell requests, and where each part of it was written. */
export type Sourced = {
  readonly ask: Ask;
  /** What the cell itself requests, as its gate would report it. */
  readonly sources: HintSources;
  /** The parsed values of each source. */
  readonly parsed: Readonly<Record<Source, ParsedHints>>;
  /** Whether the cell itself has hints: in metadata, tags or a directive. */
  readonly own: boolean;
  /** What in its tags and its directive was probably meant as a hint, but is not one (ADM13). */
  readonly doubts: readonly HintDoubt[];
};

/** Read every source of a cell, as the sidecar will (ADM2). */
export function readSources(raw: RawSources): Sourced {
  const directive = directiveOf(raw.code);
  const parsed: Record<Source, ParsedHints> = {
    cell: parseHints(raw.cell),
    tag: parseTags(raw.tags),
    directive: parseDirective(directive),
    notebook: parseHints(raw.notebook),
    settings: parseHints(raw.settings),
    node: { hints: raw.node ?? {}, problems: [] }
  };
  const doubts = doubtsOf([...tagEntries(raw.tags), ...directiveEntries(directive)]);
  const own = (['cell', 'tag', 'directive'] as const).some(
    source => Object.keys(parsed[source].hints).length + parsed[source].problems.length > 0
  );
  const ask = mergeHints(SOURCES.map(source => parsed[source].hints));
  const sources = { metadata: raw.cell, tags: raw.tags, directive };
  return { ask, sources, parsed, own: own || doubts.length > 0, doubts };
}

/** All problems of the cell's own hints: a run would be refused (ADM4). */
export function ownProblems(sourced: Sourced): readonly HintProblem[] {
  const { cell, tag, directive } = sourced.parsed;
  return [...cell.problems, ...tag.problems, ...directive.problems];
}

/** The key of an ask that a hint fills. */
const ASK_KEYS: Readonly<Record<HintName, keyof Hints>> = {
  cpus: 'cpus',
  memory: 'memoryBytes',
  gpus: 'gpus',
  gpuMemory: 'gpuMemoryBytes',
  gpuModel: 'gpuModel',
  exclusive: 'exclusive',
  time: 'timeMs',
  priority: 'priority',
  maxWait: 'maxWaitMs',
  hold: 'hold'
};

/** The source that a hint comes from, among `sources` only; null for none. */
export function sourceOf(
  sourced: Sourced,
  name: HintName,
  sources: readonly Source[] = SOURCES
): Source | null {
  return sources.find(source => ASK_KEYS[name] in sourced.parsed[source].hints) ?? null;
}
