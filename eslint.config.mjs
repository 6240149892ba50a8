import { builtinModules } from 'node:module';
import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/node_modules/', '**/cdktf.out*/', '.ecp/', '.state/', '.providers/', 'coverage/', 'dist/'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: { console: 'readonly', module: 'writable', process: 'readonly', require: 'readonly' } },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    // Only main.ts turns the environment into settings; constructs take everything as props.
    files: ['constructs/**/*.ts'],
    rules: { 'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'Take a prop.' }] },
  },
  // Imports go downwards: contract, constructs, app, cli, dev. Tests may look into every room.
  ...[
    [['contract'], ['constructs', 'app', 'cli', 'dev', 'bench'], 'contract knows no other room.'],
    [['constructs'], ['app', 'cli', 'dev', 'bench'], 'constructs know no room but contract.'],
    [['app', 'main.ts', 'examples'], ['constructs/private', 'cli', 'dev', 'bench'], 'Import what constructs export.'],
    [['cli'], ['constructs/private', 'dev', 'bench'], 'Import what constructs or contract export.'],
    [['dev', 'bench'], ['constructs/private'], 'Import what constructs or contract export.'],
  ].map(([rooms, closed, message]) => ({
    files: rooms.map(room => (room.endsWith('.ts') ? room : `${room}/**/*.ts`)),
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: closed.flatMap(room => [`**/${room}`, `**/${room}/**`]), message }] },
      ],
    },
  })),
  {
    // One dialect of imports: a module once, types as types, of Node.js names alone and with its `node:`.
    files: ['**/*.ts'],
    rules: {
      'no-duplicate-imports': ['error', { includeExports: true }],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-require-imports': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: `ImportDeclaration[source.value=/^(${builtinModules.join('|').replaceAll('/', '.')})$/]`,
          message: 'Write node: before the name.',
        },
        {
          selector:
            'ImportDeclaration[source.value=/^node:/] > :matches(ImportDefaultSpecifier, ImportNamespaceSpecifier)',
          message: 'Import what is used by its name.',
        },
      ],
    },
  },
  prettier,
);
