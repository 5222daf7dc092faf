import { writeFileSync } from 'node:fs';

/** One measurement: runs with the rest of the command line, answers with what it found. */
type Bench = { readonly run: (args: readonly string[]) => Promise<object> };

/** The measurements by name; each is loaded only when it is asked for. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  decisions: () => import('./decisions'),
  enforce: () => import('./enforce'),
  faults: () => import('./faults'),
  /** Started by `hostile`, in a process of its own. */
  flood: () => import('./flood'),
  footprint: () => import('./footprint'),
  fuzz: () => import('./fuzz'),
  hostile: () => import('./hostile'),
  invariants: () => import('./invariants'),
  memory: () => import('./memory'),
  overhead: () => import('./overhead'),
  policies: () => import('./policies'),
  pools: () => import('./pools'),
  rebuild: () => import('./rebuild'),
  throughput: () => import('./throughput')
};

/** `--json FILE` out of the command line, and the rest of it. */
function splitArguments(args: readonly string[]): { jsonPath: string | null; rest: string[] } {
  const at = args.indexOf('--json');
  if (at < 0) {
    return { jsonPath: null, rest: [...args] };
  }
  const jsonPath = args[at + 1];
  if (!jsonPath) {
    throw new Error('--json needs the name of a file');
  }
  return { jsonPath, rest: args.filter((_, index) => index !== at && index !== at + 1) };
}

/** Print the rows as a table if there are any, and everything else. */
function print(found: object): void {
  const { rows, ...rest } = found as { rows?: unknown };
  if (Array.isArray(rows)) {
    console.table(rows);
  }
  const others = Array.isArray(rows) ? rest : found;
  if (Object.keys(others).length) {
    console.log(JSON.stringify(others, null, 2));
  }
}

async function main(): Promise<void> {
  const [name, ...args] = process.argv.slice(2);
  const bench = BENCHES[name ?? ''];
  if (!bench) {
    const names = Object.keys(BENCHES).join(', ');
    throw new Error(`Which measurement? npm run bench -- NAME [--json FILE]; NAME is ${names}`);
  }
  const { jsonPath, rest } = splitArguments(args);
  const found = await (await bench()).run(rest);
  print(found);
  if (jsonPath) {
    writeFileSync(jsonPath, `${JSON.stringify(found, null, 2)}\n`);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
