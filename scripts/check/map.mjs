const LAB = { imported: true, journeys: ['grant', 'badge'] };
const SIDECAR = { imported: true, pytest: ['gate_order', 'trust'] };
const PLAIN_V2 = { machines: ['plain'] };
const CLIENT = 'jupyterlab_cellgrant/client/';
const PACKAGE = 'jupyterlab_cellgrant/';

/**
 * What comes first for what changed below a path: of all rows the one with the longest beginning
 * of the path counts. A test that changed is run in any case.
 *
 * #### Notes
 * - `imported`: the tests of jest that import it, as jest finds them, and those of its folder;
 *   `jest`: these, too.
 * - `pytest`: tests of Python, without `test_` and `.py`; `journeys`: those of ui-tests.
 * - `machines`: the emulated ones.
 * - What has none of these is seen to by the compiler, the linters and tidy, or by people.
 *
 * tidy/changed.spec.ts holds that each file of the tree has a row, and that each row has files and tests.
 *
 * @public That test reads it, in a Node of its own.
 */
export const ROWS = [
  { of: ['server/'], ...SIDECAR },
  { of: ['server/protocol/'], ...SIDECAR, pytest: ['gate_order', 'trust', 'wire'] },
  { of: ['server/daemon/admin/'], ...SIDECAR, pytest: ['admin'] },
  { of: ['server/enforce/'], ...SIDECAR, ...PLAIN_V2 },
  {
    of: ['server/captures/'],
    jest: ['gpuDevices', 'gpuLog', 'gpus', 'topology'].map(it => `server/host/${it}.spec.ts`)
  },
  { of: ['server/store/', 'server/exchange/'], imported: true, pytest: ['history'] },
  { of: ['server/metrics/'], imported: true, pytest: ['metrics'] },
  { of: ['server/testing/'], imported: true },
  {
    of: ['v2/', 'enforcerContract', 'realRig'].map(it => `server/testing/${it}`),
    imported: true,
    ...PLAIN_V2
  },
  { of: ['server/testing/standin-gpu/'], pytest: ['gpu'] },
  { of: ['server/testing/directives.json'], imported: true, pytest: ['directives'] },
  { of: ['server/testing/gateMessages.json'], imported: true, pytest: ['messages'] },
  { of: ['src/', 'style/', 'schema/', 'ui-tests/'], ...LAB },
  {
    of: ['src/hints/', 'src/components/Hint', 'src/components/ThisCell'],
    ...LAB,
    journeys: ['hints']
  },
  { of: ['bench/'], imported: true },
  {
    of: ['docs/'],
    jest: ['metrics/metrics', 'http/openapi'].map(it => `server/${it}.spec.ts`),
    pytest: ['docs']
  },
  { of: [PACKAGE], pytest: ['layers', 'extension'] },
  {
    of: [`${PACKAGE}kernel/`, `${CLIENT}wire.py`, `${CLIENT}errors.py`],
    pytest: ['layers', 'gate_order', 'wire']
  },
  { of: [CLIENT], pytest: ['layers', 'client', 'gate_grant', 'gate_ends'] },
  {
    of: ['channel', 'connection', 'link', 'mailbox', 'peer'].map(it => `${CLIENT}${it}.py`),
    pytest: ['layers', 'gate_outage', 'tokens']
  },
  {
    of: ['masks', 'leftovers', 'factories'].map(it => `${CLIENT}${it}.py`),
    pytest: ['layers', 'leftovers', 'factories']
  },
  {
    of: ['imports', 'libraries', 'pools', 'variables'].map(it => `${CLIENT}${it}.py`),
    pytest: ['layers', 'thread_pools', 'children']
  },
  { of: [`${CLIENT}gpus.py`], pytest: ['layers', 'gpu'] },
  {
    of: ['app.py', 'proxy.py', 'settings.py', 'events.py', 'schemas/'].map(it => PACKAGE + it),
    pytest: ['layers', 'extension', 'events']
  },
  {
    of: ['supervisor', 'standing', 'health', 'sidecar_', 'node_runtime', 'ending', 'paths'].map(
      it => PACKAGE + it
    ),
    pytest: ['layers', 'supervisor', 'ending']
  },
  {
    of: ['command', '__main__.py', 'unix_http.py'].map(it => PACKAGE + it),
    pytest: ['layers', 'cli', 'command', 'status', 'run', 'queue', 'admin', 'history']
  },
  {
    of: ['activity.py', 'culling.py', 'event_stream.py'].map(it => PACKAGE + it),
    pytest: ['layers', 'culling', 'events']
  },
  {
    of: ['provisioner.py', 'renames.py'].map(it => PACKAGE + it),
    pytest: ['layers', 'provisioner', 'renames', 'fence']
  },
  {
    of: [`${PACKAGE}hub.py`, 'examples/jupyterhub_config.py'],
    pytest: ['layers', 'hub', 'hub_node']
  },
  { of: [`${PACKAGE}tests/`, 'requirements'], pytest: ['gate_order', 'provisioner'] },
  { of: ['examples/', 'scripts/tour/'], pytest: ['tour'], journeys: ['tour'] },
  {
    of: ['pyproject.toml', 'install.json', 'jupyter-config/', 'scripts/bundle', 'scripts/wheel'],
    pytest: ['wheel']
  },
  // One test of each kind tells whether the rest can be run.
  {
    of: ['package', 'tsconfig', 'jest.config.js'],
    jest: ['server/lib/slots.spec.ts', 'src/format.spec.ts'],
    pytest: ['wheel']
  },
  { of: ['scripts/', 'tidy/', 'eslint.config.mjs', 'knip.config.ts', '.'] },
  { of: ['ARCHITECTURE', 'CHANGELOG', 'CONTRIBUTING', 'LICENSE', 'SPEC'] },
  { of: ['README'], pytest: ['docs'] }
];

/** These take long: they are run where something in their own folder changed. */
export const LONG = [
  'bench/simulator/sweep',
  'server/daemon/directory',
  'server/daemon/faults',
  'server/daemon/presence',
  'server/daemon/restart',
  'server/daemon/strangers',
  'server/fuzz'
].map(it => `${it}.spec.ts`);

export const testOfPython = name => `jupyterlab_cellgrant/tests/test_${name}.py`;
export const journeyOf = name => `ui-tests/journeys/${name}.spec.ts`;

const TESTS = {
  jest: /^(server|src|bench)\/.*\.spec\.tsx?$/,
  pytest: /^jupyterlab_cellgrant\/tests\/test_\w+\.py$/,
  journeys: /^ui-tests\/journeys\/\w+\.spec\.ts$/
};

/** What runs a path, where it is a test. */
export const runnerOf = path => Object.keys(TESTS).find(it => TESTS[it].test(path));

/** The row of a path; undefined where it has none. */
export function rowOf(path) {
  const lengthIn = row =>
    Math.max(0, ...row.of.filter(it => path.startsWith(it)).map(it => it.length));
  const [first] = ROWS.filter(lengthIn).sort((a, b) => lengthIn(b) - lengthIn(a));
  return first;
}
