// ElevenLabs speaks and transcribes; it has an API of its own for both and no chat.
import { asArray, asObject, asString } from '../core/json.ts';
import { defineProvider } from './provider.ts';

export const elevenlabs = defineProvider({
  id: 'elevenlabs',
  name: 'ElevenLabs',
  docs: 'https://elevenlabs.io/docs/api-reference/introduction',
  baseUrl: 'https://api.elevenlabs.io',
  auth: { kind: 'header', name: 'xi-api-key' },
  openEnded: true,
  chat: [],
  tasks: {
    speak: [{ path: '/v1/text-to-speech/{voice}/stream', dialect: 'elevenlabs-speech' }],
    transcribe: [{ path: '/v1/speech-to-text', dialect: 'elevenlabs-transcription' }],
  },
  // 401, as if the key were bad.
  errors: { quotaCodes: ['quota_exceeded'] },
  models: {
    path: '/v1/models',
    readIds: (body) => (asArray(body) ?? []).flatMap((model) => asString(asObject(model)?.['model_id']) ?? []),
  },
});
