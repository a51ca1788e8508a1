import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const source = (file: string): string => new URL(`./src/${file}`, import.meta.url).pathname;

export default defineConfig({
  // The examples import the package by its name.
  resolve: {
    alias: [
      { find: /^mpc-api\/conformance$/, replacement: source('library/conformance.ts') },
      { find: /^mpc-api\/providers$/, replacement: source('providers/index.ts') },
      { find: /^mpc-api\/server$/, replacement: source('serve.ts') },
      { find: /^mpc-api$/, replacement: source('index.ts') },
    ],
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    exclude: ['test/clients/**', 'node_modules/**', 'dist/**'],
    pool: 'forks',
    // The default leaves a core to the system: on two cores that is one worker, which mostly waits for sockets and timers.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    setupFiles: ['test/support/property-seed.ts'],
    testTimeout: 20_000,
  },
});
