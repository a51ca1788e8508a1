// LiteLLM's provider names and id prefixes → ours.

/** Its provider → ours and the prefixes its ids may carry. */
const places: Readonly<Record<string, readonly [provider: string, ...prefixes: string[]]>> = {
  anthropic: ['anthropic', 'anthropic/'],
  azure: ['azure', 'azure/'],
  bedrock: ['bedrock', 'bedrock/'],
  bedrock_converse: ['bedrock', 'bedrock/'],
  cerebras: ['cerebras', 'cerebras/'],
  cohere: ['cohere', 'cohere/'],
  cohere_chat: ['cohere', 'cohere_chat/'],
  deepinfra: ['deepinfra', 'deepinfra/'],
  deepseek: ['deepseek', 'deepseek/'],
  elevenlabs: ['elevenlabs', 'elevenlabs/'],
  fal_ai: ['fal', 'fal_ai/'],
  fireworks_ai: ['fireworks', 'fireworks_ai/'],
  gemini: ['google', 'gemini/'],
  groq: ['groq', 'groq/'],
  mistral: ['mistral', 'mistral/'],
  novita: ['novita', 'novita/'],
  nvidia_nim: ['nvidia-nim', 'nvidia_nim/'],
  openai: ['openai', 'openai/'],
  openrouter: ['openrouter', 'openrouter/'],
  perplexity: ['perplexity', 'perplexity/'],
  replicate: ['replicate', 'replicate/'],
  sambanova: ['sambanova', 'sambanova/'],
  'text-completion-openai': ['openai', 'text-completion-openai/'],
  together_ai: ['together', 'together_ai/'],
  xai: ['xai', 'xai/'],
};

export interface Place {
  readonly provider: string;
  /** The provider's own id. */
  readonly id: string;
}

/** undefined = a provider we do not have. */
export function litellmProviderOf(key: string, litellmProvider: string): Place | undefined {
  // vertex_ai-language-models, vertex_ai-anthropic_models, …
  const [provider, ...prefixes] = litellmProvider.startsWith('vertex_ai')
    ? ['vertex', 'vertex_ai/']
    : ((Object.hasOwn(places, litellmProvider) ? places[litellmProvider] : undefined) ?? []);
  if (provider === undefined) return undefined;
  const prefix = prefixes.find((candidate) => key.startsWith(candidate)) ?? '';
  return { provider, id: key.slice(prefix.length) };
}
