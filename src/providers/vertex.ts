// Google Vertex AI: Gemini, Claude and open models of one Google Cloud project, each in its own grammar.
import type { Authorizer } from '../transport/authorizer.ts';
import { createGoogleAuthorizer, googleAccount, hasGoogleCredentials } from './auth/google-credentials.ts';
import { type AuthorizerAccount, type ChatEndpoint, defineProvider } from './provider.ts';
import { countedModel } from './reshapes/counted-model.ts';
import { thinkingAsBudget, thinkingAsEffort } from './reshapes/thinking-form.ts';
import { anthropicVersionInBody, withoutCallIds } from './reshapes/vertex-forms.ts';

const place = '/projects/{project}/locations/{location}';
const claude = /^claude/;
/** Open models and those of other vendors are named with their publisher: `meta/llama-…-maas`. */
const published = /\//;
const ofGoogle = /^(?!claude)[^/]+$/;

function gemini(path: string, needs: readonly string[]): ChatEndpoint {
  return {
    dialect: 'gemini',
    path: `${path}/publishers/google/models/{model}:generateContent`,
    streamPath: `${path}/publishers/google/models/{model}:streamGenerateContent?alt=sse`,
    models: ofGoogle,
    needs,
    rules: { drop: ['serviceTier', 'service_tier'], reshapes: [withoutCallIds] },
  };
}

/** An API key (express mode) goes into its own header. */
function createAuthorizer(account: AuthorizerAccount): Authorizer | undefined {
  return account.apiKey === undefined ? createGoogleAuthorizer(account) : undefined;
}

export const vertex = defineProvider({
  id: 'vertex',
  name: 'Google Vertex AI',
  docs: 'https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference',
  baseUrl: 'https://aiplatform.googleapis.com/v1',
  baseUrlOf: ({ location = 'global' }) => `https://${hostOf(location)}/v1`,
  account: {
    project: {
      about: 'the id of the Google Cloud project; only calls with an API key (express mode) work without',
      env: ['GOOGLE_VERTEX_PROJECT', 'GOOGLE_CLOUD_PROJECT'],
      optional: true,
      pattern: /[a-z0-9.:-]+/,
    },
    location: {
      about: 'the location that serves the calls, for example europe-west4, eu or global',
      env: ['GOOGLE_VERTEX_LOCATION', 'GOOGLE_CLOUD_LOCATION'],
      default: 'global',
      pattern: /[a-z0-9-]+/,
    },
    ...googleAccount,
  },
  auth: {
    kind: 'authorizer',
    id: 'google-cloud',
    create: createAuthorizer,
    keyless: (account) => account['project'] !== undefined && hasGoogleCredentials(account),
    keyHeader: 'x-goog-api-key',
  },
  env: { apiKey: ['GOOGLE_VERTEX_API_KEY'], baseUrl: ['GOOGLE_VERTEX_BASE_URL'] },
  defaultPath: '/v1',
  chat: [
    {
      dialect: 'anthropic-messages',
      path: `${place}/publishers/anthropic/models/{model}:rawPredict`,
      streamPath: `${place}/publishers/anthropic/models/{model}:streamRawPredict`,
      models: claude,
      needs: ['project'],
      headersInBody: { 'anthropic-beta': 'anthropic_beta' },
      // Pictures by address are the vendor's own API's only.
      inlineMedia: {},
      rules: { reshapes: [anthropicVersionInBody, thinkingAsBudget, thinkingAsEffort] },
    },
    { dialect: 'openai-chat', path: `${place}/endpoints/openapi/chat/completions`, models: published, needs: ['project'] },
    gemini(place, ['project']),
    gemini('', []),
  ],
  tasks: {
    embed: [{ dialect: 'vertex-embed', path: `${place}/publishers/google/models/{model}:predict`, models: ofGoogle, needs: ['project'] }],
  },
  countTokens: {
    dialect: 'gemini',
    path: `${place}/publishers/google/models/{model}:countTokens`,
    models: ofGoogle,
    needs: ['project'],
    rules: { reshapes: [countedModel] },
  },
  // Grok here counts its reasoning apart from its output.
  usage: { reasoningOutsideOutput: (wireId) => wireId.startsWith('xai/') },
});

/** Regions have hosts of their own; `eu` and `us` are groups of regions. */
function hostOf(location: string): string {
  if (location === 'global') return 'aiplatform.googleapis.com';
  return location === 'eu' || location === 'us' ? `aiplatform.${location}.rep.googleapis.com` : `${location}-aiplatform.googleapis.com`;
}
