// Warnings name a field as the caller wrote it, not as this grammar calls it.
import type { ChatRequest, ClientDialectId } from '../../canonical/chat.ts';

type Field = 'maxOutputTokens' | 'stop' | 'reasoning' | 'temperature' | 'topP' | 'topK' | 'frequencyPenalty' | 'presencePenalty';

const openaiNames: Readonly<Record<Field, string>> = {
  maxOutputTokens: 'max_completion_tokens',
  stop: 'stop',
  reasoning: 'reasoning_effort',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
};

const fieldNames: Readonly<Record<ClientDialectId, Readonly<Record<Field, string>>>> = {
  'openai-chat': openaiNames,
  'openai-completions': { ...openaiNames, maxOutputTokens: 'max_tokens' },
  'anthropic-messages': {
    maxOutputTokens: 'max_tokens',
    stop: 'stop_sequences',
    reasoning: 'thinking',
    temperature: 'temperature',
    topP: 'top_p',
    topK: 'top_k',
    frequencyPenalty: 'frequency_penalty',
    presencePenalty: 'presence_penalty',
  },
};

/** The dialect the request came in: the decoders of OpenAI's grammars always leave their mark in the extensions. */
export function callerDialect(request: ChatRequest): ClientDialectId {
  if (request.extensions?.['openai-completions'] !== undefined) return 'openai-completions';
  return request.extensions?.['openai-chat'] === undefined ? 'anthropic-messages' : 'openai-chat';
}

export function callerField(request: ChatRequest, field: Field): string {
  return fieldNames[callerDialect(request)][field];
}
