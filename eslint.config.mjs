import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/node_modules/', '**/cdktf.out*/', '.state/', '.providers/', 'coverage/', 'dist/'] },
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
  prettier,
);
