// What each operation is, for the API description. A test holds this table and the route table together.

type Operation = Readonly<Record<string, unknown>>;

const json = (schema: unknown, example?: unknown): Operation => ({
  required: true,
  content: { 'application/json': { schema, ...(example !== undefined && { example }) } },
});
const text = { type: 'string' };
const texts = { type: 'array', items: text };
const anyObject = { type: 'object', additionalProperties: true };

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
  },
};
const hello = [{ role: 'user', content: 'Say hello' }];

export const operations: Readonly<Record<string, Operation>> = {
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
          strategy: { enum: ['quality-first', 'cost-optimized', 'speed-priority', 'balanced'] },
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
  'GET /metrics': { tags: ['operations'], summary: 'Prometheus metrics' },
  'POST /admin/keys': {
    tags: ['admin'],
    summary: 'Create a virtual key; the secret is shown this once',
    requestBody: json(
      { type: 'object', required: ['name'], properties: { name: text, models: texts, expires: text } },
      { name: 'team-a', expires: '30d' },
    ),
  },
  'GET /admin/keys': { tags: ['admin'], summary: 'List virtual keys' },
  'DELETE /admin/keys/{id}': { tags: ['admin'], summary: 'Revoke a virtual key' },
};
