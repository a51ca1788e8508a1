// Gemini on Google AI Studio: the reference of the gemini dialect. Its own OpenAI facade loses thought signatures and is not used.
import { asArray, asObject, asString, type JsonValue } from '../core/json.ts';
import { defineProvider } from './provider.ts';
import { countedModel } from './reshapes/counted-model.ts';

/** `models/gemini-x` → `gemini-x`. */
function readIds(body: JsonValue): readonly string[] {
  return (asArray(asObject(body)?.models) ?? [])
    .map((entry) => asString(asObject(entry)?.name)?.replace(/^models\//, ''))
    .filter((id) => id !== undefined);
}

export const google = defineProvider({
  id: 'google',
  name: 'Google AI Studio (Gemini)',
  docs: 'https://ai.google.dev/api',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  // The SDK's variable is given without a version.
  defaultPath: '/v1beta',
  auth: { kind: 'header', name: 'x-goog-api-key' },
  env: { apiKey: ['GEMINI_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'], baseUrl: ['GOOGLE_GEMINI_BASE_URL'] },
  chat: [
    {
      dialect: 'gemini',
      path: '/models/{model}:generateContent',
      streamPath: '/models/{model}:streamGenerateContent?alt=sse',
      rules: { drop: ['labels'] },
      // It reads its own files and YouTube by address.
      inlineMedia: { except: /^https:\/\/(generativelanguage\.googleapis\.com|(www\.)?youtube\.com|youtu\.be)\// },
    },
  ],
  tasks: { embed: [{ dialect: 'gemini-embed', path: '/models/{model}:batchEmbedContents', maxInputs: 100 }] },
  countTokens: { dialect: 'gemini', path: '/models/{model}:countTokens', rules: { reshapes: [countedModel] } },
  models: { path: '/models?pageSize=1000', readIds },
});
