/** Jest projects: `unit` needs nothing but Node; `e2e` needs Docker and Terraform and runs one suite at a time. */
const common = {
  testEnvironment: 'node',
  transform: { '\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }] },
  moduleNameMapper: { '^cdktf-iris-ecp$': '<rootDir>/constructs/index.ts' },
  setupFilesAfterEnv: ['<rootDir>/setup.js'],
  modulePathIgnorePatterns: ['<rootDir>/cdktf.out', '<rootDir>/.state', '<rootDir>/.providers', '<rootDir>/dist'],
};

module.exports = {
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/__tests__/**/*.test.ts'] },
    { ...common, displayName: 'e2e', testMatch: ['<rootDir>/__tests__/e2e/*.{e2e,long}.ts'], testTimeout: 300_000 },
  ],
};
