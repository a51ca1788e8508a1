import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    exclude: ['test/clients/**', 'node_modules/**', 'dist/**'],
    pool: 'forks',
    setupFiles: ['test/support/property-seed.ts'],
    testTimeout: 20_000,
  },
});
