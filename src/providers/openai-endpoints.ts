// The endpoints that most providers share with OpenAI's API.
import { foreignProofs } from './reshapes/foreign-proofs.ts';
import type { ChatEndpoint, ModelListEndpoint, PlainEndpoint, ProviderDefinition, TaskEndpoint, WireRules } from './provider.ts';

/** `/chat/completions` with this provider's rules. */
export function openaiChat(rules: WireRules = {}): ChatEndpoint {
  return { dialect: 'openai-chat', path: '/chat/completions', rules };
}

/** `/responses`, the same models in OpenAI's newer grammar; for callers that speak it, and for models that are served there only. */
export function openaiResponses(options: Pick<ChatEndpoint, 'ownAddressOnly' | 'keepsAnswers' | 'rules'> = {}): ChatEndpoint {
  const { rules = {}, ...rest } = options;
  return {
    dialect: 'openai-responses',
    path: '/responses',
    rules: { ...rules, reshapes: [foreignProofs, ...(rules.reshapes ?? [])] },
    ...rest,
  };
}

export const completions: PlainEndpoint = { path: '/completions', rules: { streamUsage: 'ask' } };
export const embeddings: TaskEndpoint = { path: '/embeddings', dialect: 'openai-embeddings' };
export const moderations: TaskEndpoint = { path: '/moderations', dialect: 'openai-moderations' };
export const images: TaskEndpoint = { path: '/images/generations', dialect: 'openai-images' };
export const imageEdits: TaskEndpoint = { path: '/images/edits', dialect: 'openai-image-edits' };
export const speech: TaskEndpoint = { path: '/audio/speech', dialect: 'openai-speech' };
export const transcriptions: TaskEndpoint = { path: '/audio/transcriptions', dialect: 'openai-transcriptions' };
const translations: TaskEndpoint = { path: '/audio/translations', dialect: 'openai-translations' };
/** Cohere's form, which most others took over. */
export const rerank: TaskEndpoint = { path: '/rerank', dialect: 'cohere-rerank' };

/** Speech, transcription and translation. */
export const openaiAudio = {
  speak: [speech],
  transcribe: [transcriptions],
  'translate-audio': [translations],
} as const satisfies ProviderDefinition['tasks'];

/** Everything that OpenAI's API has besides chat, for servers that pass it all on. */
export const openaiTasks = {
  embed: [embeddings],
  moderate: [moderations],
  image: [images],
  'image-edit': [imageEdits],
  ...openaiAudio,
} as const satisfies ProviderDefinition['tasks'];
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
