// An adapter object as a declared provider: the gateway speaks OpenAI's chat with it, inside the process.
import { asNumber } from '../core/json.ts';
import type { ProviderAdapter } from '../providers/adapter.ts';
import { defineProvider, type ProviderDefinition } from '../providers/provider.ts';

/** The member of `usage` that carries what the adapter's `calculateCost` said. */
export const costMember = 'cost_nano_usd';

export function definitionOfAdapter(adapter: ProviderAdapter): ProviderDefinition {
  return defineProvider({
    id: adapter.id,
    name: adapter.name ?? adapter.id,
    docs: 'docs/library.md',
    // `.invalid` never resolves, so a request that missed the dispatcher cannot reach anyone.
    baseUrl: `http://${adapter.id}.invalid/v1`,
    auth: { kind: 'none' },
    keyless: true,
    openEnded: true,
    builtIn: true,
    chat: [{ dialect: 'openai-chat', path: '/chat/completions', rules: { streamUsage: 'always' } }],
    usage: { cost: (usage) => asNumber(usage[costMember]) },
  });
}
