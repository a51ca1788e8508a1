// The endpoints that most providers share with OpenAI's API.
import type { ChatEndpoint, ModelListEndpoint, PlainEndpoint, TaskEndpoint, WireRules } from './provider.ts';

/** `/chat/completions` with this provider's rules. */
export function openaiChat(rules: WireRules = {}): ChatEndpoint {
  return { dialect: 'openai-chat', path: '/chat/completions', rules };
}

export const completions: PlainEndpoint = { path: '/completions', rules: { streamUsage: 'ask' } };
export const embeddings: TaskEndpoint = { path: '/embeddings', dialect: 'openai-embeddings' };
export const models: ModelListEndpoint = { path: '/models' };

/** Providers that know `max_tokens` only. */
export const maxTokens = { max_completion_tokens: 'max_tokens' } as const;
/** Providers that prefer or require OpenAI's newer name. */
export const maxCompletionTokens = { max_tokens: 'max_completion_tokens' } as const;

/** OpenAI's account and storage members, which strict servers refuse. */
export const openaiAccountMembers = [
  'store',
  'metadata',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'prompt_cache_options',
  'verbosity',
  'web_search_options',
] as const;
