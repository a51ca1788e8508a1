// What `import … from 'mpc-api/conformance'` gives: the laws every provider keeps, for any test runner with `describe` and `it`.
export { type AdapterSubject, describeAdapter } from './conformance/adapter-laws.ts';
export { describeProvider, type ProviderSubject } from './conformance/provider-laws.ts';
export type { TestApi } from './conformance/test-api.ts';
