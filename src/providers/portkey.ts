// Portkey's cloud: one account key, and headers that say which virtual key, config or provider it uses.
import { defineProvider } from './provider.ts';
import { completions, models, openaiChat, openaiTasks } from './openai-endpoints.ts';

export const portkey = defineProvider({
  id: 'portkey',
  name: 'Portkey',
  docs: 'https://portkey.ai/docs/api-reference/inference-api/introduction',
  baseUrl: 'https://api.portkey.ai/v1',
  auth: { kind: 'header', name: 'x-portkey-api-key' },
  env: {
    headers: {
      'x-portkey-virtual-key': 'PORTKEY_VIRTUAL_KEY',
      'x-portkey-config': 'PORTKEY_CONFIG',
      'x-portkey-provider': 'PORTKEY_PROVIDER',
    },
  },
  // Lets thinking and its signatures through; its strict mode drops them.
  headers: { 'x-portkey-strict-open-ai-compliance': 'false' },
  openEnded: true,
  layer: 'portkey',
  resells: true,
  chat: [openaiChat(), { dialect: 'anthropic-messages', path: '/messages', ownAddressOnly: true }],
  completions,
  tasks: openaiTasks,
  models,
});
