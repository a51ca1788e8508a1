// One provider as an adapter, without a router around it.
import type { ProviderAdapter } from '../providers/adapter.ts';
import { findProvider, type ProviderDefinition } from '../providers/index.ts';
import { LLMRouter } from './llm-router.ts';
import type { ProviderAccount, RouterOptions } from './options.ts';

/** `createAdapter(mistral, { apiKey })`: what the account leaves out is read from the provider's variables unless `env` is false. */
export function createAdapter(
  definition: ProviderDefinition,
  account: ProviderAccount = {},
  options: Pick<RouterOptions, 'timeouts' | 'retry' | 'catalog' | 'env'> = {},
): Promise<ProviderAdapter> {
  const known = findProvider(definition.id) === definition;
  const router = new LLMRouter({
    ...options,
    ...(known ? { providers: [definition.id] } : { adapters: [definition] }),
    accounts: { [definition.id]: account },
  });
  return router.provider(definition.id);
}
