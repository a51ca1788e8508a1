// What each operation is, for the API description. A test holds this table and the route table together.
import { strategyNames } from '../../gateway/strategy-names.ts';
import { geminiFolders, type GeminiMethod, geminiMethods, geminiPath } from './gemini-paths.ts';

type Operation = Readonly<Record<string, unknown>>;

const json = (schema: unknown, example?: unknown): Operation => ({
  required: true,
  content: { 'application/json': { schema, ...(example !== undefined && { example }) } },
});
const text = { type: 'string' };
const texts = { type: 'array', items: text };
const anyObject = { type: 'object', additionalProperties: true };

const file = { type: 'string', format: 'binary' };
const form = (properties: Operation): Operation => ({
  required: true,
  content: {
    'multipart/form-data': { schema: { type: 'object', additionalProperties: true, properties: { model: text, ...properties } } },
  },
});
const azure = (what: string): Operation => ({ tags: ['OpenAI'], summary: `${what} on an Azure path: the deployment is the model` });
const rerankBody = { ...anyObject, required: ['query', 'documents'] };
const rerankExample = { model: 'demo-rerank', query: 'capital of France', documents: ['Paris is the capital', 'Bread is baked'] };

const chatBody = {
  type: 'object',
  additionalProperties: true,
  properties: {
    model: { ...text, description: 'An alias, a canonical id, a provider id, `auto` or `cheapest-available`.' },
    messages: { type: 'array', items: anyObject },
    stream: { type: 'boolean' },
    tools: { type: 'array', items: anyObject },
    max_tokens: { type: 'integer' },
    temperature: { type: 'number' },
    fallbacks: { ...texts, description: 'Models to try when the first one fails before its first content.' },
    fallback_on: { ...texts, description: 'After which failures another model may answer: `rate_limited`, `timeout` …; none when empty.' },
  },
};
const keyProperties = {
  name: text,
  models: texts,
  expires: text,
  user_id: text,
  team_id: text,
  organisation_id: text,
  tags: texts,
  scopes: { type: 'array', items: { enum: ['calls', 'read', 'team-admin'] } },
};

function collection(kind: string, schema: Operation, example: unknown): Readonly<Record<string, Operation>> {
  const path = `/admin/${kind}s`;
  return {
    [`POST ${path}`]: { tags: ['admin'], summary: `Create a ${kind}`, requestBody: json(schema, example) },
    [`GET ${path}`]: { tags: ['admin'], summary: `List all ${kind}s` },
    [`GET ${path}/{id}`]: { tags: ['admin'], summary: `One ${kind}` },
    [`POST ${path}/{id}`]: {
      tags: ['admin'],
      summary: `Change a ${kind}: only the fields that are named`,
      requestBody: json(schema, example),
    },
    [`DELETE ${path}/{id}`]: { tags: ['admin'], summary: `Delete a ${kind}` },
  };
}
const hello = [{ role: 'user', content: 'Say hello' }];

const geminiHello = { contents: [{ role: 'user', parts: [{ text: 'Say hello' }] }] };
const geminiEmbedHello = { content: { parts: [{ text: 'hello' }] } };
const geminiDetails: Readonly<Record<GeminiMethod, Operation>> = {
  generateContent: {
    summary: 'An answer; the model stands in the path',
    requestBody: json({ ...anyObject, required: ['contents'] }, geminiHello),
  },
  streamGenerateContent: {
    summary: 'A streamed answer: server-sent events with `alt=sse`, one JSON list without',
    requestBody: json({ ...anyObject, required: ['contents'] }, geminiHello),
  },
  countTokens: { summary: "Token count: the provider's own, or an estimate that says so", requestBody: json(anyObject, geminiHello) },
  embedContent: { summary: 'One embedding', requestBody: json({ ...anyObject, required: ['content'] }, geminiEmbedHello) },
  batchEmbedContents: {
    summary: 'Embeddings of several contents',
    requestBody: json({ ...anyObject, required: ['requests'] }, { requests: [geminiEmbedHello] }),
  },
};
const geminiOperations: Readonly<Record<string, Operation>> = Object.fromEntries(
  geminiFolders.flatMap((folder) =>
    geminiMethods.map((method) => [`POST ${geminiPath(folder, method)}`, { tags: ['Gemini'], ...geminiDetails[method] }] as const),
  ),
);

export const operations: Readonly<Record<string, Operation>> = {
  ...geminiOperations,
  'GET /v1beta/models': { tags: ['Gemini'], summary: "Models in Google's shape, by pages" },
  'GET /v1beta/models/{id+}': { tags: ['Gemini'], summary: "One model in Google's shape" },
  'GET /health': { tags: ['health'], summary: 'Is the process there?' },
  'GET /health/live': { tags: ['health'], summary: 'Liveness' },
  'GET /health/ready': { tags: ['health'], summary: 'Readiness; 503 while stopping' },
  'GET /api/models': { tags: ['api'], summary: 'Every model this key can use' },
  'POST /api/chat/completions': {
    tags: ['api'],
    summary: 'Chat by model, alias or task',
    requestBody: json(
      { ...chatBody, properties: { ...chatBody.properties, task: text, domain: text, input: text } },
      { task: 'chat_general', messages: hello },
    ),
  },
  'POST /api/select-model': {
    tags: ['api'],
    summary: "The Brain's choice, without calling a model",
    requestBody: json(
      {
        type: 'object',
        properties: {
          task_type: text,
          domain: text,
          modality: text,
          quality_tier: { enum: ['flagship', 'strong', 'draft'] },
          speed_tier: { enum: ['fast', 'normal', 'slow'] },
          max_cost_usd: { type: 'number' },
          max_latency_ms: { type: 'number' },
          needs: texts,
          context_tokens: { type: 'integer' },
          providers: texts,
          exclude: texts,
          region: text,
          strategy: { enum: strategyNames },
        },
      },
      { task_type: 'chat', domain: 'general', needs: ['tools'] },
    ),
  },
  'POST /api/orchestrate': {
    tags: ['api'],
    summary: 'The plan of a multi-step job',
    requestBody: json({ type: 'object', required: ['job_type'], properties: { job_type: text } }, { job_type: 'brand_pack_assets' }),
  },
  'GET /api/decisions/{id}': { tags: ['api'], summary: 'A decision by the id of the x-mpc-decision-id header' },
  'GET /api/hello': { tags: ['health'], summary: 'What agent clients ask before they start' },
  'POST /v1/chat/completions': {
    tags: ['OpenAI'],
    summary: 'Chat completions',
    requestBody: json({ ...chatBody, required: ['messages'] }, { model: 'demo-fast', messages: hello }),
  },
  'POST /v1/completions': {
    tags: ['OpenAI'],
    summary: 'Text completions, bridged to chat: one prompt per request, as text; at most 16 tokens unless max_tokens says otherwise',
    requestBody: json({ ...anyObject, required: ['prompt'] }, { model: 'demo-fast', prompt: 'Say hello', max_tokens: 100 }),
  },
  'POST /v1/moderations': {
    tags: ['OpenAI'],
    summary: 'Moderation of texts and pictures',
    requestBody: json(anyObject, { model: 'demo-moderate', input: 'hello' }),
  },
  'POST /v1/images/generations': {
    tags: ['OpenAI'],
    summary: 'Images from a prompt',
    requestBody: json({ ...anyObject, required: ['prompt'] }, { model: 'demo-image', prompt: 'a lighthouse', size: '256x256' }),
  },
  'POST /v1/images/edits': {
    tags: ['OpenAI'],
    summary: 'Edit uploaded pictures',
    requestBody: form({ image: file, mask: file, prompt: text }),
  },
  'POST /v1/audio/speech': {
    tags: ['OpenAI'],
    summary: 'Text read aloud; the audio is streamed as it is made',
    requestBody: json({ ...anyObject, required: ['input', 'voice'] }, { model: 'demo-speech', input: 'Hello', voice: 'alloy' }),
  },
  'POST /v1/audio/transcriptions': { tags: ['OpenAI'], summary: 'Audio as text or subtitles', requestBody: form({ file }) },
  'POST /v1/audio/translations': { tags: ['OpenAI'], summary: 'Audio as English text', requestBody: form({ file }) },
  'POST /v1/rerank': {
    tags: ['rerank'],
    summary: 'Documents by relevance, in the form of Jina and LiteLLM',
    requestBody: json(rerankBody, rerankExample),
  },
  'POST /rerank': { tags: ['rerank'], summary: 'The same', requestBody: json(rerankBody, rerankExample) },
  'POST /v2/rerank': { tags: ['rerank'], summary: "The same in Cohere's form", requestBody: json(rerankBody, rerankExample) },
  'POST /v2/embed': {
    tags: ['Cohere'],
    summary: 'Embeddings',
    requestBody: json(anyObject, { model: 'demo-embed', texts: ['hello'], input_type: 'search_document' }),
  },
  'POST /openai/deployments/{deployment}/embeddings': azure('Embeddings'),
  'POST /openai/deployments/{deployment}/images/generations': azure('Images from a prompt'),
  'POST /openai/deployments/{deployment}/images/edits': azure('Edit uploaded pictures'),
  'POST /openai/deployments/{deployment}/audio/speech': azure('Text read aloud'),
  'POST /openai/deployments/{deployment}/audio/transcriptions': azure('Audio as text'),
  'POST /openai/deployments/{deployment}/audio/translations': azure('Audio as English text'),
  'POST /v1/embeddings': { tags: ['OpenAI'], summary: 'Embeddings', requestBody: json(anyObject, { model: 'demo-embed', input: 'hello' }) },
  'GET /v1/models': { tags: ['OpenAI'], summary: "Models; in Anthropic's shape when `anthropic-version` is sent" },
  'GET /v1/models/{id+}': { tags: ['OpenAI'], summary: 'One model' },
  'POST /v1/messages': {
    tags: ['Anthropic'],
    summary: 'Messages',
    requestBody: json(
      { ...anyObject, required: ['model', 'messages', 'max_tokens'] },
      { model: 'demo-fast', max_tokens: 100, messages: hello },
    ),
  },
  'POST /v1/responses': {
    tags: ['OpenAI'],
    summary: 'Responses; kept for `previous_response_id` unless `store` is false',
    requestBody: json(
      {
        ...anyObject,
        properties: { model: text, input: { type: ['string', 'array'] }, stream: { type: 'boolean' }, previous_response_id: text },
      },
      { model: 'demo-fast', input: 'Say hello' },
    ),
  },
  'POST /v1/responses/input_tokens': {
    tags: ['OpenAI'],
    summary: 'Estimate the input tokens of a response',
    requestBody: json(anyObject, { model: 'demo-fast', input: 'Say hello' }),
  },
  'GET /v1/responses/{id}': { tags: ['OpenAI'], summary: 'A response that was kept' },
  'DELETE /v1/responses/{id}': { tags: ['OpenAI'], summary: 'Forget a response' },
  'POST /v1/responses/{id}/cancel': { tags: ['OpenAI'], summary: 'Cancel a response that is still being made' },
  'GET /v1/responses/{id}/input_items': {
    tags: ['OpenAI'],
    summary: 'What a response was asked with; `order`, `limit` and `after` page through it',
  },
  'POST /v1/messages/count_tokens': {
    tags: ['Anthropic'],
    summary: 'Count the tokens of a request',
    requestBody: json(anyObject, { model: 'demo-fast', messages: hello }),
  },
  'POST /openai/deployments/{deployment}/chat/completions': {
    tags: ['OpenAI'],
    summary: 'Chat on an Azure path: the deployment is the model',
    requestBody: json(chatBody, { messages: hello }),
  },
  'POST /v2/chat': {
    tags: ['Cohere'],
    summary: 'Chat',
    requestBody: json({ ...anyObject, required: ['model', 'messages'] }, { model: 'demo-fast', messages: hello }),
  },
  'POST /api/chat': {
    tags: ['Ollama'],
    summary: 'Chat; a stream of JSON lines unless `stream` is false',
    requestBody: json({ ...anyObject, required: ['model', 'messages'] }, { model: 'demo-fast', messages: hello, stream: false }),
  },
  'POST /api/generate': {
    tags: ['Ollama'],
    summary: 'A lone prompt; a stream of JSON lines unless `stream` is false',
    requestBody: json({ ...anyObject, required: ['model', 'prompt'] }, { model: 'demo-fast', prompt: 'Say hello', stream: false }),
  },
  'POST /api/embed': { tags: ['Ollama'], summary: 'Embeddings', requestBody: json(anyObject, { model: 'demo-embed', input: ['hello'] }) },
  'POST /api/embeddings': {
    tags: ['Ollama'],
    summary: 'One embedding, as the first versions asked for it',
    requestBody: json(anyObject, { model: 'demo-embed', prompt: 'hello' }),
  },
  'GET /api/tags': { tags: ['Ollama'], summary: 'Models' },
  'POST /api/show': {
    tags: ['Ollama'],
    summary: 'One model: its window and what it can do',
    requestBody: json(anyObject, { model: 'demo-fast' }),
  },
  'GET /api/ps': { tags: ['Ollama'], summary: 'Loaded models: none, because none has to be' },
  'GET /api/version': { tags: ['Ollama'], summary: 'The version of the API that is spoken' },
  'GET /metrics': { tags: ['operations'], summary: 'Prometheus metrics' },
  'POST /admin/keys': {
    tags: ['admin'],
    summary: 'Create a virtual key; the secret is shown this once',
    requestBody: json({ type: 'object', required: ['name'], properties: keyProperties }, { name: 'team-a', expires: '30d' }),
  },
  'GET /admin/keys': { tags: ['admin'], summary: 'List virtual keys' },
  'GET /admin/keys/{id}': { tags: ['admin'], summary: 'One virtual key' },
  'POST /admin/keys/{id}': {
    tags: ['admin'],
    summary: 'Change a virtual key; null takes a value away',
    requestBody: json({ type: 'object', properties: keyProperties }, { tags: ['batch'] }),
  },
  'POST /admin/keys/{id}/rotate': {
    tags: ['admin'],
    summary: 'A new secret; the old one opens until the overlap is over',
    requestBody: json({ type: 'object', properties: { overlap: text } }, { overlap: '24h' }),
  },
  'DELETE /admin/keys/{id}': { tags: ['admin'], summary: 'Revoke a virtual key' },
  ...collection('user', { type: 'object', properties: { id: text, name: text, organisation_id: text, team_id: text } }, { name: 'Ann' }),
  ...collection('team', { type: 'object', properties: { id: text, name: text, organisation_id: text } }, { name: 'Research' }),
  ...collection('organisation', { type: 'object', properties: { id: text, name: text } }, { name: 'Example Ltd' }),
  ...collection(
    'budget',
    {
      type: 'object',
      properties: {
        holder: text,
        amount_usd: { type: 'number' },
        window: text,
        timezone: text,
        mode: { enum: ['hard', 'soft'] },
        models: texts,
        provider: text,
        unknown_price: { enum: ['refuse', 'allow'] },
        alerts: { type: 'array', items: { type: 'integer' } },
        fallbacks: anyObject,
      },
    },
    { holder: 'team:research', amount_usd: 100, window: 'month', timezone: 'Europe/Berlin' },
  ),
  ...collection(
    'limit',
    {
      type: 'object',
      properties: {
        holder: text,
        unit: { enum: ['requests', 'tokens', 'parallel'] },
        amount: { type: 'integer' },
        per: text,
        models: texts,
        provider: text,
      },
    },
    { holder: 'key:*', unit: 'requests', amount: 60, per: '1m' },
  ),
  'GET /admin/audit': { tags: ['admin'], summary: 'The audit log, newest first; `?verify=1` checks its seals' },
  'GET /key/info': { tags: ['keys'], summary: 'What this key may do and has spent' },
  'GET /v1/key/info': { tags: ['keys'], summary: 'What this key may do and has spent' },
};
