// The suite that programs run over their own providers, run over ours: what they are held to, we are held to.
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { LLMRouter, type ProviderAdapter } from '../../src/index.ts';
import { describeAdapter, describeProvider } from '../../src/library/conformance.ts';
import { providers } from '../../src/providers/index.ts';
import { parrot } from '../../examples/parrot.ts';
import { loadAdapter } from '../../src/library/load-adapters.ts';

const test = { describe, it };

for (const definition of providers) {
  // Signatures and tokens have suites of their own; these have no plain key to look for.
  if (definition.chat.length === 0 || definition.auth.kind === 'authorizer') continue;
  const fields = Object.keys(definition.account ?? {}).map((name) => [name, 'sample'] as const);
  describeProvider(test, {
    definition,
    account: { baseUrl: 'https://upstream.example/v1', account: Object.fromEntries(fields) },
  });
}

describeAdapter(test, { name: 'of the example', create: () => parrot, model: 'grey' });

describeAdapter(test, {
  name: 'of a module that the server loads',
  async create() {
    const loaded = await loadAdapter({ id: 'echo', path: join(import.meta.dirname, '../../examples/echo-adapter.mjs') });
    if ('wrong' in loaded || loaded.adapter === undefined) throw new Error('the example is no adapter');
    return loaded.adapter;
  },
  model: 'plain',
});

describeAdapter(test, {
  name: 'made of a declared provider',
  create: (): Promise<ProviderAdapter> => new LLMRouter({ providers: ['demo'], env: false }).provider('demo'),
  model: 'demo-fast',
});
