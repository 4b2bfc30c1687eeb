/** Tests run on the TypeScript sources; only tests that start `tiercel` as a process use `dist`. */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/{kernel,packages/*,plugins/*,examples/*,benchmarks}/src/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '\\.types\\.test\\.ts$'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true, explicitResourceManagement: true },
          transform: { legacyDecorator: true },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: {
    '^@tiercel/kernel$': '<rootDir>/kernel/src/index.ts',
    '^@tiercel/capabilities/([^/]+)/testing$': '<rootDir>/packages/capabilities/src/$1/testing.ts',
    '^@tiercel/capabilities/([^/]+)$': '<rootDir>/packages/capabilities/src/$1/index.ts',
    '^@tiercel/([^/]+)/testing$': [
      '<rootDir>/packages/$1/src/testing.ts',
      '<rootDir>/plugins/$1/src/testing.ts',
    ],
    '^@tiercel/testkit/([^/]+)$': '<rootDir>/packages/testkit/src/$1.ts',
    '^@tiercel/tools/([^/]+)$': '<rootDir>/packages/tools/src/$1.ts',
    '^@tiercel/([^/]+)$': ['<rootDir>/packages/$1/src/index.ts', '<rootDir>/plugins/$1/src/index.ts'],
    '^(\\.{1,2}/.*)\\.js$': ['$1.js', '$1.ts'],
  },
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/'],
  // Many tests wait for processes and brokers: a third of them at once keeps two cores busy.
  maxWorkers: 3,
  // For what hangs. Models load slowly where three processes want two cores, and no test is about that.
  testTimeout: 120_000,
};
