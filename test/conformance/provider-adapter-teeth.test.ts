// The exported laws bite: each of these is broken in one way, and exactly the law about it fails.
import { describe, expect, it } from 'vitest';
import { defineProvider, type ProviderAdapter } from '../../src/index.ts';
import { describeAdapter, describeProvider, type TestApi } from '../../src/library/conformance.ts';
import { openaiChat, type ProviderDefinition } from '../../src/providers/index.ts';
import { parrot } from '../../examples/parrot.ts';

async function failedLaws(run: (test: TestApi) => void): Promise<readonly string[]> {
  const laws: { readonly name: string; readonly body: () => Promise<void> }[] = [];
  run({
    describe: (_name, body) => body(),
    it: (name, body) => {
      laws.push({ name, body });
    },
  });
  expect(laws.length).toBeGreaterThan(5);
  const failed: string[] = [];
  for (const { name, body } of laws) {
    try {
      await body();
    } catch {
      failed.push(name);
    }
  }
  return failed;
}

const sound: ProviderDefinition = defineProvider({
  id: 'acme',
  name: 'Acme',
  docs: 'https://docs.acme.example',
  baseUrl: 'https://api.acme.example/v1',
  auth: { kind: 'bearer' },
  chat: [openaiChat()],
});

describe('describeProvider', () => {
  it.each<[string, Partial<ProviderDefinition>, string]>([
    ['documentation that is no page', { docs: 'ask us' }, 'has an id from which variables can be named, and a documentation page'],
    ['a key over plain HTTP', { baseUrl: 'http://api.acme.example/v1' }, 'sends keys over TLS unless it is a server of one’s own'],
    ['a variable in small letters', { env: { apiKey: ['acmeKey'] } }, 'has paths that begin with a slash and variables in capitals'],
    [
      'the key in two headers',
      { headers: { 'x-again': 'conformance-secret-0123456789' } },
      'sends the key once, in the header of its scheme, and asks for the model',
    ],
  ])('finds %s', async (_what, broken, law) => {
    expect(await failedLaws((test) => describeProvider(test, { definition: { ...sound, ...broken } }))).toEqual([law]);
  });

  it('finds nothing in a sound one', async () => {
    expect(await failedLaws((test) => describeProvider(test, { definition: sound }))).toEqual([]);
  });
});

describe('describeAdapter', () => {
  it.each<[string, Partial<ProviderAdapter>, string]>([
    [
      'a stream without a finish',
      {
        async *stream() {
          yield { type: 'text', text: 'a' };
        },
      },
      'streams parts that end in exactly one finish',
    ],
    ['a negative cost', { calculateCost: () => -1 }, 'knows what a call costs, or that it does not'],
    ['a parser that takes anything', { parseResponse: () => ({ text: '', finishReason: 'stop' }) }, 'refuses a body that is no answer'],
    ['a header that breaks the line', { getHeaders: () => ({ 'x-a': 'b\r\nx-c: d' }) }, 'has headers that can be sent'],
    [
      'a call that ignores its signal',
      { complete: async () => ({ text: 'a', finishReason: 'stop' }) },
      'rejects a call whose signal has aborted',
    ],
  ])('finds %s', async (_what, broken, law) => {
    const subject = { name: 'broken', model: 'grey', create: (): ProviderAdapter => ({ ...parrot, ...broken }) };

    expect(await failedLaws((test) => describeAdapter(test, subject))).toEqual([law]);
  });
});
