// Warnings name a field as the caller wrote it, not as this grammar calls it.
import type { ChatRequest, ClientDialectId } from '../canonical/chat.ts';

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
  'openai-responses': { ...openaiNames, maxOutputTokens: 'max_output_tokens', reasoning: 'reasoning' },
  'anthropic-messages': { ...openaiNames, maxOutputTokens: 'max_tokens', stop: 'stop_sequences', reasoning: 'thinking' },
  gemini: {
    maxOutputTokens: 'generationConfig.maxOutputTokens',
    stop: 'generationConfig.stopSequences',
    reasoning: 'generationConfig.thinkingConfig',
    temperature: 'generationConfig.temperature',
    topP: 'generationConfig.topP',
    topK: 'generationConfig.topK',
    frequencyPenalty: 'generationConfig.frequencyPenalty',
    presencePenalty: 'generationConfig.presencePenalty',
  },
  'cohere-v2': { ...openaiNames, maxOutputTokens: 'max_tokens', stop: 'stop_sequences', reasoning: 'thinking', topP: 'p', topK: 'k' },
  library: {
    maxOutputTokens: 'maxTokens',
    stop: 'stop',
    reasoning: 'reasoning',
    temperature: 'temperature',
    topP: 'topP',
    topK: 'topK',
    frequencyPenalty: 'frequencyPenalty',
    presencePenalty: 'presencePenalty',
  },
  ollama: {
    maxOutputTokens: 'options.num_predict',
    stop: 'options.stop',
    reasoning: 'think',
    temperature: 'options.temperature',
    topP: 'options.top_p',
    topK: 'options.top_k',
    frequencyPenalty: 'options.frequency_penalty',
    presencePenalty: 'options.presence_penalty',
  },
};

/** The dialect the request came in; decoders that do not say are those of OpenAI's and Anthropic's chat. */
export function callerDialect(request: ChatRequest): ClientDialectId {
  if (request.dialect !== undefined) return request.dialect;
  if (request.extensions?.['openai-completions'] !== undefined) return 'openai-completions';
  return request.extensions?.['openai-chat'] === undefined ? 'anthropic-messages' : 'openai-chat';
}

export function callerField(request: ChatRequest, field: Field): string {
  return fieldNames[callerDialect(request)][field];
}
