import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['suites/**/*.test.ts', 'litellm/**/*.test.ts', 'python/**/*.test.ts', 'agents/**/*.test.ts'],
    pool: 'forks',
    // Each file runs a gateway of its own, and the command-line agent is heavy.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
