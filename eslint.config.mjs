import jupyter from '@jupyter/eslint-plugin';
import { defineConfig } from 'eslint/config';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

const TYPESCRIPT = ['**/*.ts', '**/*.tsx'];
const LAB = ['src/**/*.ts', 'src/**/*.tsx'];

/**
 * What the house style asks for; what goes with types is checked on TypeScript alone.
 * Sizes and layers are checked by tidy/, which knows the folders.
 */
const houseRules = {
  '@typescript-eslint/no-unused-expressions': [
    'error',
    { allowShortCircuit: true, allowTernary: true }
  ],
  '@typescript-eslint/no-unused-vars': [
    'error',
    { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }
  ],
  'arrow-body-style': 'error',
  curly: ['error', 'all'],
  eqeqeq: ['error', 'always'],
  'no-console': 'error',
  'no-empty': ['error', { allowEmptyCatch: false }],
  'no-var': 'error',
  'object-shorthand': 'error',
  'prefer-arrow-callback': 'error',
  'prefer-const': 'error',
  'prefer-template': 'error'
};

const typeRules = {
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
  '@typescript-eslint/naming-convention': [
    'error',
    { selector: 'interface', format: ['PascalCase'], custom: { regex: '^I[A-Z]', match: true } },
    { selector: 'typeAlias', format: ['PascalCase'] },
    { selector: 'class', format: ['PascalCase'] }
  ],
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
  '@typescript-eslint/no-namespace': 'off'
};

export default defineConfig([
  {
    ignores: [
      '.cache',
      '.venv*',
      'build',
      'coverage',
      'dist',
      'jupyterlab_cellgrant',
      'lib',
      'node_modules',
      'ui-tests/playwright-report',
      'ui-tests/test-results'
    ]
  },
  ...tseslint.configs.recommended,
  { rules: houseRules },
  {
    files: TYPESCRIPT,
    languageOptions: { parserOptions: { project: './tsconfig.test.json' } },
    rules: typeRules
  },
  { plugins: { jupyter } },
  ...jupyter.configs.recommended.map(config =>
    config.files.includes('**/*.js') ? { ...config, files: LAB } : config
  ),
  {
    files: LAB,
    rules: {
      // The whole lab extension is one small chunk: splitting it would only add round trips.
      'jupyter/prefer-lazy-imports': 'off',
      // Mistakes a first argument that is taken apart; the types check the arguments anyway.
      'jupyter/plugin-activation-args': 'off'
    }
  },
  {
    // The lab translates these sentences, and only literals are extracted.
    files: ['server/protocol/**/*.ts'],
    rules: {
      'jupyter/incorrect-translator-usage': 'error',
      'jupyter/no-dynamic-translation': 'error',
      'jupyter/no-translation-concatenation': 'error'
    }
  },
  {
    files: ['scripts/**', 'bench/**', 'ui-tests/**', 'server/testing/**'],
    rules: { 'no-console': 'off' }
  },
  {
    files: ['**/*.js'],
    rules: { '@typescript-eslint/no-require-imports': 'off' }
  },
  prettier
]);
