// Warnings name a field as the caller wrote it, not as this grammar calls it.
import type { ChatRequest, DialectId } from '../../canonical/chat.ts';

type Field = 'maxOutputTokens' | 'stop' | 'reasoning' | 'temperature' | 'topP' | 'topK' | 'frequencyPenalty' | 'presencePenalty';

const fieldNames: Readonly<Record<DialectId, Readonly<Record<Field, string>>>> = {
  'openai-chat': {
    maxOutputTokens: 'max_completion_tokens',
    stop: 'stop',
    reasoning: 'reasoning_effort',
    temperature: 'temperature',
    topP: 'top_p',
    topK: 'top_k',
    frequencyPenalty: 'frequency_penalty',
    presencePenalty: 'presence_penalty',
  },
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

/** The dialect the request came in: this one's decoder always leaves its mark in the extensions. */
export function callerDialect(request: ChatRequest): DialectId {
  return request.extensions?.['openai-chat'] === undefined ? 'anthropic-messages' : 'openai-chat';
}

export function callerField(request: ChatRequest, field: Field): string {
  return fieldNames[callerDialect(request)][field];
}
