// Azure AI Foundry: models of many vendors on one resource. Claude answers in its own grammar and takes its key in its own header.
import type { Authorizer } from '../transport/authorize.ts';
import { createEntraAuthorizer, entraAccount, hasClientSecret } from './auth/entra.ts';
import { openaiResponses } from './openai-endpoints.ts';
import { type AuthorizerAccount, defineProvider } from './provider.ts';

const claude = /claude/i;
const others = /^(?!.*claude)/i;

function createFoundryAuthorizer(account: AuthorizerAccount): Authorizer | undefined {
  const { apiKey } = account;
  if (apiKey === undefined) return createEntraAuthorizer(account);
  return { authorize: ({ path }) => [path.includes('/anthropic/') ? 'x-api-key' : 'api-key', apiKey] };
}

export const azureFoundry = defineProvider({
  id: 'azure-foundry',
  name: 'Azure AI Foundry',
  docs: 'https://learn.microsoft.com/azure/ai-foundry/foundry-models/concepts/endpoints',
  baseUrl: 'https://{resource}.services.ai.azure.com',
  basePathCut: /\/(anthropic(\/v1)?|openai(\/v1)?|models)$/,
  account: {
    resource: {
      about: 'the name of the Foundry resource, the first part of its address',
      env: ['ANTHROPIC_FOUNDRY_RESOURCE', 'AZURE_AI_RESOURCE_NAME'],
      optional: true,
      pattern: /[A-Za-z0-9-]+/,
    },
    api_version: {
      about: 'a version such as 2024-05-01-preview selects the model inference path; leave it out for the v1 paths',
      env: ['AZURE_AI_API_VERSION'],
      optional: true,
      pattern: /\d{4}-\d{2}-\d{2}(-preview)?/,
    },
    ...entraAccount,
  },
  auth: {
    kind: 'authorizer',
    id: 'foundry',
    create: createFoundryAuthorizer,
    keyless: (account) => hasClientSecret(account) && account['resource'] !== undefined,
    keyHeader: 'api-key',
  },
  env: {
    apiKey: ['ANTHROPIC_FOUNDRY_API_KEY', 'AZURE_AI_API_KEY'],
    baseUrl: ['ANTHROPIC_FOUNDRY_BASE_URL', 'AZURE_AI_API_BASE', 'AZURE_INFERENCE_ENDPOINT'],
  },
  openEnded: true,
  headers: { 'anthropic-version': '2023-06-01' },
  chat: [
    { dialect: 'anthropic-messages', path: '/anthropic/v1/messages', models: claude },
    { dialect: 'openai-chat', path: '/models/chat/completions?api-version={api_version}', models: others, needs: ['api_version'] },
    { dialect: 'openai-chat', path: '/openai/v1/chat/completions', models: others },
    { ...openaiResponses(), path: '/openai/v1/responses', models: others },
  ],
  tasks: {
    embed: [{ dialect: 'openai-embeddings', path: '/openai/v1/embeddings' }],
    image: [{ dialect: 'openai-images', path: '/openai/v1/images/generations' }],
  },
  countTokens: { path: '/anthropic/v1/messages/count_tokens' },
  // Grok here counts its reasoning apart from its output.
  usage: { reasoningOutsideOutput: (wireId) => /grok/i.test(wireId) },
});
