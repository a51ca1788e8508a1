// The part of a test runner that the laws need: node:test, vitest, jest and mocha all have it.

export interface TestApi {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}
