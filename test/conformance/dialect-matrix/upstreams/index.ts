// Upstreams of the matrix: how each reads a request and how it answers, whole and streamed.
import { anthropicUpstream } from './anthropic-messages.ts';
import { bedrockUpstream } from './bedrock-converse.ts';
import { cohereUpstream } from './cohere-v2.ts';
import { geminiUpstream } from './gemini.ts';
import { chatUpstream } from './openai-chat.ts';
import { responsesUpstream } from './openai-responses.ts';
import type { Upstream } from './upstream.ts';

export const upstreams = {
  'openai-chat': chatUpstream,
  'openai-responses': responsesUpstream,
  'anthropic-messages': anthropicUpstream,
  gemini: geminiUpstream,
  'bedrock-converse': bedrockUpstream,
  'cohere-v2': cohereUpstream,
} as const satisfies Readonly<Record<string, Upstream>>;
