// Azure OpenAI: the v1 paths by default, the classic deployment paths where an API version is set. Models are deployments, named by
// whoever made them, so any name is passed on.
import { createEntraAuthorizer, entraAccount, hasClientSecret } from './auth/entra.ts';
import { openaiResponses } from './openai-endpoints.ts';
import { defineProvider, type ChatEndpoint, type TaskEndpoint } from './provider.ts';
import type { TaskDialectId } from '../canonical/tasks.ts';

const classic = { needs: ['api_version'] } as const;
const version = '?api-version={api_version}';

/** Both forms of a task's path; the classic one counts only where an API version is set. */
function task(dialect: TaskDialectId, path: string): readonly TaskEndpoint[] {
  return [
    { dialect, path: `/deployments/{model}${path}${version}`, ...classic },
    { dialect, path: `/v1${path}` },
  ];
}

const chat: readonly ChatEndpoint[] = [
  { dialect: 'openai-chat', path: `/deployments/{model}/chat/completions${version}`, ...classic },
  { dialect: 'openai-chat', path: '/v1/chat/completions' },
  { ...openaiResponses({ keepsAnswers: true }), path: `/responses${version}`, ...classic },
  { ...openaiResponses({ keepsAnswers: true }), path: '/v1/responses' },
];

export const azure = defineProvider({
  id: 'azure',
  name: 'Azure OpenAI',
  docs: 'https://learn.microsoft.com/azure/ai-foundry/openai/reference',
  baseUrl: 'https://{resource}.openai.azure.com/openai',
  basePathEnd: '/openai',
  basePathCut: /\/v1$/,
  account: {
    resource: {
      about: 'the name of the Azure OpenAI resource, the first part of its address',
      env: ['AZURE_OPENAI_RESOURCE', 'AZURE_RESOURCE_NAME'],
      optional: true,
      pattern: /[A-Za-z0-9-]+/,
    },
    api_version: {
      about: 'a dated version such as 2024-10-21 selects the classic deployment paths; leave it out for the v1 paths',
      env: ['AZURE_OPENAI_API_VERSION', 'OPENAI_API_VERSION'],
      optional: true,
      pattern: /\d{4}-\d{2}-\d{2}(-preview)?/,
    },
    ...entraAccount,
  },
  auth: {
    kind: 'authorizer',
    id: 'entra',
    create: createEntraAuthorizer,
    keyless: (account) => hasClientSecret(account) && account['resource'] !== undefined,
    keyHeader: 'api-key',
  },
  env: {
    apiKey: ['AZURE_OPENAI_API_KEY'],
    baseUrl: ['AZURE_OPENAI_ENDPOINT', 'AZURE_API_BASE'],
    bearerToken: ['AZURE_OPENAI_AD_TOKEN', 'AZURE_AD_TOKEN'],
  },
  openEnded: true,
  chat,
  completions: { path: '/v1/completions', rules: { streamUsage: 'ask' } },
  tasks: {
    embed: task('openai-embeddings', '/embeddings'),
    image: task('openai-images', '/images/generations'),
    'image-edit': task('openai-image-edits', '/images/edits'),
    speak: task('openai-speech', '/audio/speech'),
    transcribe: task('openai-transcriptions', '/audio/transcriptions'),
    'translate-audio': task('openai-translations', '/audio/translations'),
  },
});
