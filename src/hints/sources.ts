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

/** Where a hint was written, in the order in which they count (ADM2). */
export const SOURCES = ['cell', 'tag', 'directive', 'notebook', 'settings', 'node'] as const;

/** One of {@link SOURCES}. */
export type Source = (typeof SOURCES)[number];

/** What all sources of one cell say, raw. */
export type RawSources = {
  readonly cell: unknown;
  readonly tags: readonly string[];
  /** The source text of the cell. */
  readonly code: string;
  readonly notebook: unknown;
  readonly settings: unknown;
  /** The administrator's, as the sidecar read them; absent while it tells none. */
  readonly node?: Hints | undefined;
};

/** What a cell asks for, and where each part of it was written. */
export type Sourced = {
  readonly ask: Ask;
  /** What the cell itself says, as its gate would tell it. */
  readonly sources: HintSources;
  /** What each source says, parsed. */
  readonly parsed: Readonly<Record<Source, ParsedHints>>;
  /** Whether the cell itself says something: in metadata, tags or a directive. */
  readonly own: boolean;
  /** What of its tags and its directive was probably meant as a hint, and is none (ADM13). */
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

/** Everything wrong with what the cell itself says: a run would be refused (ADM4). */
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

/** The source that a hint is taken from, looking only at `sources`; null for none. */
export function sourceOf(
  sourced: Sourced,
  name: HintName,
  sources: readonly Source[] = SOURCES
): Source | null {
  return sources.find(source => ASK_KEYS[name] in sourced.parsed[source].hints) ?? null;
}
