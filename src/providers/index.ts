// The alphabetical list of providers and what the rest of the gateway does with them.
import { anthropic } from './anthropic.ts';
import { azure } from './azure.ts';
import { azureFoundry } from './azure-foundry.ts';
import { bedrock } from './bedrock.ts';
import { cerebras } from './cerebras.ts';
import { cohere } from './cohere.ts';
import { cometapi } from './cometapi.ts';
import { custom } from './custom.ts';
import { deepinfra } from './deepinfra.ts';
import { deepseek } from './deepseek.ts';
import { demo } from './demo.ts';
import { elevenlabs } from './elevenlabs.ts';
import { fal } from './fal.ts';
import { fireworks } from './fireworks.ts';
import { google } from './google.ts';
import { groq } from './groq.ts';
import { http } from './http.ts';
import { huggingface } from './huggingface.ts';
import { litellm } from './litellm.ts';
import { lmstudio } from './lmstudio.ts';
import { mistral } from './mistral.ts';
import { novita } from './novita.ts';
import { nvidiaNim } from './nvidia-nim.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';
import { openrouter } from './openrouter.ts';
import { perplexity } from './perplexity.ts';
import { portkey } from './portkey.ts';
import type { ProviderDefinition } from './provider.ts';
import { replicate } from './replicate.ts';
import { sambanova } from './sambanova.ts';
import { together } from './together.ts';
import { vertex } from './vertex.ts';
import { vllm } from './vllm.ts';
import { xai } from './xai.ts';

const list = [
  anthropic,
  azure,
  azureFoundry,
  bedrock,
  cerebras,
  cohere,
  cometapi,
  custom,
  deepinfra,
  deepseek,
  demo,
  elevenlabs,
  fal,
  fireworks,
  google,
  groq,
  http,
  huggingface,
  litellm,
  lmstudio,
  mistral,
  novita,
  nvidiaNim,
  ollama,
  openai,
  openrouter,
  perplexity,
  portkey,
  replicate,
  sambanova,
  together,
  vertex,
  vllm,
  xai,
];

export const providers: readonly ProviderDefinition[] = list;
/** The ids, for the types of programs. */
export type KnownProvider = (typeof list)[number]['id'];

const byId = new Map<string, ProviderDefinition>(list.map((provider) => [provider.id, provider]));

export function findProvider(id: string): ProviderDefinition | undefined {
  return byId.get(id);
}

export type { ProviderAdapter } from './adapter.ts';
export { completions, embeddings, maxCompletionTokens, maxTokens, models, openaiChat } from './openai-endpoints.ts';
export { bearer, defineProvider } from './provider.ts';
export type * from './provider.ts';
export { requestHeaders } from './request-headers.ts';
