import { expect, it } from 'vitest';
import * as conformance from './library/conformance.ts';
import * as library from './index.ts';
import * as kit from './providers/index.ts';

it('exports exactly this: more is a promise, less breaks programs', () => {
  expect(Object.keys(library).sort()).toEqual(['LLMError', 'LLMRouter', 'createAdapter', 'defineProvider', 'version']);
  expect(Object.keys(conformance).sort()).toEqual(['describeAdapter', 'describeProvider']);
  expect(Object.keys(kit)).toEqual(expect.arrayContaining(['bearer', 'defineProvider', 'maxTokens', 'models', 'openaiChat', 'providers']));
});
