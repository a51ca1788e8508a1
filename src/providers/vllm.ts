// A vLLM server of one's own.
import { bearer, defineProvider } from './provider.ts';
import { completions, embeddings, models, openaiAudio, openaiChat, rerank } from './openai-endpoints.ts';

export const vllm = defineProvider({
  id: 'vllm',
  name: 'vLLM',
  docs: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
  baseUrl: 'http://localhost:8000/v1',
  defaultPath: '/v1',
  auth: bearer,
  env: { baseUrl: ['VLLM_API_BASE', 'HOSTED_VLLM_API_BASE'], apiKey: ['HOSTED_VLLM_API_KEY'] },
  keyless: true,
  openEnded: true,
  chat: [openaiChat()],
  completions,
  tasks: { embed: [embeddings], rerank: [rerank], transcribe: openaiAudio.transcribe, 'translate-audio': openaiAudio['translate-audio'] },
  models,
  timeouts: { firstByteMs: 600_000 },
});
