import { posix } from 'node:path';
import { importsOf, typescriptSources, type Source } from './sources';

/** What the headless part offers to markup: functions of a snapshot, without services. */
const PURE_OF_ARBITER = ['badge', 'fit', 'history', 'keeper', 'kernelMarks', 'news', 'speaker'].map(
  it => `src/arbiter/${it}`
);

/**
 * Which folder may import which, and which packages. The first row whose folder
 * is a prefix of the file's path counts. `types` may only be imported with
 * `import type`. ARCHITECTURE.md, "Layers", says why.
 */
const LAYERS: readonly {
  folder: string;
  may: readonly string[];
  types?: readonly string[];
  packages?: RegExp;
}[] = [
  { folder: 'server/protocol/', may: [] },
  { folder: 'server/lib/', may: [], packages: /^node:/ },
  { folder: 'server/core/', may: ['server/protocol/', 'server/lib/'] },
  {
    folder: 'server/host/',
    may: ['server/lib/', 'server/protocol/'],
    types: ['server/core/'],
    packages: /^(node:|node-os-utils$)/
  },
  {
    folder: 'server/enforce/',
    may: ['server/lib/', 'server/host/', 'server/protocol/'],
    types: ['server/core/'],
    packages: /^node:/
  },
  {
    folder: 'server/daemon/',
    may: [
      'server/core/',
      'server/lib/',
      'server/protocol/',
      'server/host/',
      'server/enforce/enforcer'
    ],
    packages: /^(node:|zod$|yaml$)/
  },
  {
    folder: 'server/http/',
    may: ['server/protocol/', 'server/lib/', 'server/daemon/ports', 'server/exchange/execution'],
    packages: /^(node:|express$|zod$)/
  },
  {
    folder: 'server/gates/',
    may: ['server/protocol/', 'server/lib/', 'server/daemon/ports'],
    types: ['server/core/'],
    packages: /^(node:|zod$)/
  },
  {
    folder: 'server/metrics/',
    may: ['server/protocol/', 'server/lib/'],
    types: ['server/core/'],
    packages: /^prom-client$/
  },
  { folder: 'server/simulator/', may: ['server/core/', 'server/protocol/', 'server/lib/'] },
  { folder: 'server/replay/', may: ['server/simulator/', 'server/core/', 'server/protocol/'] },
  {
    folder: 'server/store/',
    may: ['server/protocol/', 'server/lib/', 'server/host/'],
    types: ['server/core/', 'server/daemon/ports'],
    packages: /^node:/
  },
  {
    folder: 'server/exchange/',
    may: ['server/protocol/', 'server/lib/', 'server/replay/'],
    types: ['server/simulator/'],
    packages: /^(node:|zod$|csv-parse$|csv-stringify$|hyparquet(-writer)?$)/
  },
  {
    folder: 'server/users/',
    may: [
      'server/protocol/',
      'server/lib/',
      'server/host/',
      'server/daemon/ports',
      'server/daemon/instance',
      'server/daemon/stateFile',
      'server/gates/turns'
    ],
    types: ['server/gates/server'],
    packages: /^(node:|zod$)/
  },
  { folder: 'server/testing/', may: ['server/'], packages: /./ },
  { folder: 'server/', may: ['server/'], packages: /^node:/ },
  { folder: 'src/testing/', may: ['src/', 'server/protocol/'], packages: /./ },
  { folder: 'src/format', may: ['server/protocol/'], packages: /^@jupyterlab\/translation$/ },
  {
    folder: 'src/components/',
    may: ['server/protocol/', 'src/format', 'src/hints/', ...PURE_OF_ARBITER],
    types: ['src/tokens'],
    packages: /^(react$|@jupyterlab\/(translation|ui-components)$)/
  },
  {
    folder: 'src/history/',
    may: ['server/protocol/', 'src/format', 'src/arbiter/request'],
    packages: /^(react$|echarts($|\/)|@jupyterlab\/(services|translation)$|@lumino\/signaling$)/
  },
  {
    folder: 'src/timeline/',
    may: ['server/protocol/', 'src/format', 'src/history/', 'src/components/'],
    types: ['src/tokens'],
    packages: /^(react$|echarts($|\/)|@jupyterlab\/translation$|@lumino\/(disposable|signaling)$)/
  },
  {
    folder: 'src/hints/',
    may: ['server/protocol/', 'src/format', 'src/tokens', 'src/arbiter/cells', 'src/arbiter/fits'],
    types: ['src/history/'],
    packages: /^@(jupyterlab\/(cells|coreutils|nbformat|notebook|translation)|lumino\/.*)$/
  },
  {
    folder: 'src/arbiter/',
    may: ['server/protocol/', 'src/format', 'src/tokens'],
    types: ['src/hints/limits'],
    packages: /^@(jupyterlab\/(application|cells|coreutils|nbformat|notebook|services)|lumino\/.*)$/
  },
  {
    folder: 'src/consent/',
    may: ['server/protocol/', 'src/format', 'src/tokens', 'src/arbiter/keeper'],
    types: ['src/components/'],
    packages: /^@(jupyterlab\/|lumino\/)/
  },
  {
    folder: 'src/widgets/',
    may: [
      'src/components/',
      'src/arbiter/',
      'src/hints/',
      'src/history/',
      'src/timeline/',
      'src/format',
      'src/tokens',
      'server/protocol/'
    ],
    packages: /^(react$|@jupyterlab\/|@lumino\/)/
  },
  {
    folder: 'src/',
    may: ['src/', 'server/protocol/'],
    packages: /^(react$|@jupyterlab\/|@lumino\/)/
  },
  { folder: 'bench/', may: ['bench/', 'server/'], packages: /./ },
  { folder: '', may: [''], packages: /./ }
];

function violations(source: Source): string[] {
  const row = LAYERS.find(({ folder }) => source.path.startsWith(folder))!;
  const own = `${posix.dirname(source.path)}/`;
  return importsOf(source)
    .filter(({ module, typeOnly }) => {
      if (!module.startsWith('.')) {
        return !(row.packages?.test(module) ?? false);
      }
      const target = posix.join(own, module);
      const allowed = [row.folder, ...row.may, ...(typeOnly ? (row.types ?? []) : [])];
      return !allowed.some(prefix => target.startsWith(prefix));
    })
    .map(({ module }) => `${source.path} imports ${module}`);
}

/** What each file imports of the others, types too. */
function graphOf(sources: readonly Source[]): ReadonlyMap<string, readonly string[]> {
  const paths = new Set(sources.map(it => it.path));
  const fileOf = (path: string): readonly string[] =>
    ['.ts', '.tsx', '/index.ts'].map(end => path + end).filter(it => paths.has(it));
  return new Map(
    sources.map(source => [
      source.path,
      importsOf(source)
        .filter(({ module }) => module.startsWith('.'))
        .flatMap(({ module }) => fileOf(posix.join(posix.dirname(source.path), module)))
    ])
  );
}

/** What is left when all that imports nothing, or only such files, is taken away: circles, and who imports them. */
function circular(sources: readonly Source[]): string[] {
  const left = new Map(graphOf(sources));
  const isDone = (path: string): boolean => left.get(path)!.every(it => !left.has(it));
  for (let done = [...left.keys()].filter(isDone); done.length > 0;) {
    done.forEach(path => left.delete(path));
    done = [...left.keys()].filter(isDone);
  }
  return [...left.keys()];
}

describe('layers', () => {
  const product = typescriptSources().filter(({ path }) => !/\.spec\.tsx?$/.test(path));

  it('are imported only downwards', () => {
    expect(product.length).toBeGreaterThan(10);
    expect(product.flatMap(violations)).toEqual([]);
  });

  it('would notice a wrong import', () => {
    const planted = [
      { path: 'server/core/x.ts', text: "import fs from 'node:fs';" },
      { path: 'server/protocol/x.ts', text: "import { step } from '../core/step';" },
      { path: 'server/host/x.ts', text: "import { step } from '../core/step';" },
      { path: 'src/components/x.tsx', text: "import { Widget } from '@lumino/widgets';" }
    ];
    expect(planted.flatMap(violations)).toHaveLength(planted.length);
  });

  it('have no circle of imports, types included', () => {
    expect(circular(product)).toEqual([]);
  });

  it('would notice a circle', () => {
    const planted = [
      { path: 'server/core/a.ts', text: "import type { B } from './b';" },
      { path: 'server/core/b.ts', text: "export * from '../lib/c';" },
      { path: 'server/lib/c.ts', text: "import { a } from '../core/a';" },
      { path: 'server/lib/d.ts', text: '' },
      { path: 'server/core/e.ts', text: "import { d } from '../lib/d';" }
    ];
    expect(circular(planted)).toEqual(planted.slice(0, 3).map(it => it.path));
  });

  it('keep clocks and chance out of the core', () => {
    const impure =
      /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|setTimeout|setInterval)\b/;
    const core = product.filter(({ path }) => path.startsWith('server/core/'));
    expect(core.filter(({ text }) => impure.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('nothing but specs and benches imports the testing folder', () => {
    const importers = product.filter(
      source =>
        !/^(server\/testing|bench|ui-tests|tidy)\//.test(source.path) &&
        importsOf(source).some(({ module }) => module.includes('/testing/'))
    );
    expect(importers.map(({ path }) => path)).toEqual([]);
  });
});
