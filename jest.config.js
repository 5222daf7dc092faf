const jestJupyterLab = require('@jupyterlab/testing/lib/jest-config');

const esModules = [
  '@codemirror',
  '@marijn',
  '@microsoft',
  '@jupyter/',
  '@jupyterlab/',
  '@rjsf',
  'color',
  'echarts',
  'exenv-es6',
  'lib0',
  'marked',
  'nanoid',
  'vscode-ws-jsonrpc',
  'y-protocols',
  'y-websocket',
  'yjs',
  'zrender'
].join('|');

// Jupyter's packages are ES modules in part.
const babel = [
  'babel-jest',
  { presets: [['@babel/preset-env', { targets: { node: 'current' } }]] }
];
const typescript = ['ts-jest', { tsconfig: 'tsconfig.test.json' }];
// These speak of the whole run, not of one project.
const { coverageReporters, coverageDirectory, reporters, testRegex, testTimeout, ...lab } =
  jestJupyterLab(__dirname);

/** Two projects: `server` in Node, `lab` in jsdom as JupyterLab's own tests are. */
module.exports = {
  // What hangs is to end some time; a busy machine is not to fail a test.
  testTimeout: 60_000,
  projects: [
    {
      displayName: 'server',
      testEnvironment: 'node',
      roots: ['<rootDir>/server', '<rootDir>/tidy', '<rootDir>/bench'],
      testMatch: ['**/*.spec.ts'],
      transform: { '\\.ts$': typescript }
    },
    {
      ...lab,
      displayName: 'lab',
      roots: ['<rootDir>/src'],
      testMatch: ['**/*.spec.ts', '**/*.spec.tsx'],
      transform: { ...lab.transform, '^.+\\.tsx?$': typescript, '^.+\\.jsx?$': babel },
      transformIgnorePatterns: [`/node_modules/(?!${esModules}).+`]
    }
  ]
};
