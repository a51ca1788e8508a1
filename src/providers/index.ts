// The alphabetical list of providers and what the rest of the gateway does with them.
import { anthropic } from './anthropic.ts';
import { cerebras } from './cerebras.ts';
import { cometapi } from './cometapi.ts';
import { custom } from './custom.ts';
import { deepinfra } from './deepinfra.ts';
import { deepseek } from './deepseek.ts';
import { demo } from './demo.ts';
import { fireworks } from './fireworks.ts';
import { groq } from './groq.ts';
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
import { sambanova } from './sambanova.ts';
import { together } from './together.ts';
import { vllm } from './vllm.ts';
import { xai } from './xai.ts';

export const providers: readonly ProviderDefinition[] = [
  anthropic,
  cerebras,
  cometapi,
  custom,
  deepinfra,
  deepseek,
  demo,
  fireworks,
  groq,
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
  sambanova,
  together,
  vllm,
  xai,
];

const byId = new Map(providers.map((provider) => [provider.id, provider]));

export function findProvider(id: string): ProviderDefinition | undefined {
  return byId.get(id);
}

export type * from './provider.ts';
export { requestHeaders } from './request-headers.ts';
