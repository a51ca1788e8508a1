// The one route table: every path of every dialect, with who may call it.
import type { ClientDialectId } from '../canonical/chat.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { anthropicMessages } from '../dialects/anthropic-messages/index.ts';
import { messagesShape } from '../dialects/anthropic-messages/shape.ts';
import { openaiChat, openaiChatWholeCalls, wantsWholeCalls } from '../dialects/openai-chat/index.ts';
import type { ClientDialect } from '../dialects/dialect.ts';
import { chatShape } from '../dialects/openai-chat/shape.ts';
import { openaiCompletions } from '../dialects/openai-completions/index.ts';
import { completionShape } from '../dialects/openai-completions/shape.ts';
import { GatewayError } from '../core/errors.ts';
import { scanObject } from '../core/json-outline.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Responses } from '../gateway/responses.ts';
import { addAdminRoutes, type AdminRoutesOptions } from './admin-api/add-routes.ts';
import type { Call } from './call.ts';
import { chatHandler, chatReading, type ChatRouteOptions, completionsReading, messagesReading, serveScanned } from './client-api/chat.ts';
import { addCohereRoutes } from './client-api/cohere.ts';
import { countTokensHandler } from './client-api/count-tokens.ts';
import { speechRoute, transcriptionsRoute, translationsRoute } from './client-api/audio.ts';
import { embeddingsRoute } from './client-api/embeddings.ts';
import { imageEditsRoute, imagesRoute } from './client-api/images.ts';
import { addGeminiRoutes } from './client-api/gemini.ts';
import { listGeminiModels } from './client-api/gemini-models.ts';
import { moderationsRoute } from './client-api/moderations.ts';
import { cohereEmbedRoute, olderRerankRoute, rerankRoute } from './client-api/rerank.ts';
import { taskHandler, type TaskRoute } from './client-api/task-route.ts';
import { type HealthFacts, healthHandler, liveHandler, readyHandler } from './client-api/health.ts';
import { describeModel, listModels, type ModelListing } from './client-api/models.ts';
import { addOllamaRoutes } from './client-api/ollama.ts';
import { docsAssetHandler, docsPageHandler, openapiHandler } from './client-api/openapi.ts';
import { orchestrateHandler, selectModelHandler } from './client-api/select-model.ts';
import { addResponsesRoutes } from './client-api/responses.ts';
import { taskChatHandler } from './client-api/task-chat.ts';
import { anthropicGrammar } from './error-grammar.ts';
import { type BodyLimits, readBody } from './read-body.ts';
import { Router } from './router.ts';

export interface RoutesOptions {
  readonly gateway: Gateway;
  readonly limits: BodyLimits & { readonly jsonDepth: number; readonly uploadBytes: number };
  /** Where uploads lie while they are needed. */
  readonly uploadFolder: string;
  readonly forwardedHeaders: Readonly<Partial<Record<ClientDialectId, readonly string[]>>>;
  readonly catalog: () => Catalog;
  readonly listing: () => ModelListing;
  /** Keys, owners, budgets, limits, the audit log. */
  readonly money: Omit<AdminRoutesOptions, 'limits' | 'nowMs'>;
  readonly health: HealthFacts;
  readonly metrics: { readonly contentType: string; render(): Promise<string> };
  readonly responses: Responses;
  readonly readDecision: (id: string) => string | undefined;
  readonly nowMs: () => number;
  readonly version: string;
  readonly assetsDir: string;
}

export function createRoutes(options: RoutesOptions): Router {
  const router = new Router();
  const openai: ChatRouteOptions = { ...options, dialect: openaiChat, shape: chatShape, reading: chatReading, dialectFor: narrowForm };
  const anthropic: ChatRouteOptions = { ...options, dialect: anthropicMessages, shape: messagesShape, reading: messagesReading };
  const completions: ChatRouteOptions = { ...options, dialect: openaiCompletions, shape: completionShape, reading: completionsReading };
  const listed = (call: Call): void => listModels(call, options.listing());
  // Google's SDKs ask under the path that all other lists of models have.
  const listedFor = (call: Call): void =>
    call.header('x-goog-api-client') === undefined ? listed(call) : listGeminiModels(call, options.listing());

  router.add({ method: 'GET', path: '/health', access: 'public', handler: healthHandler(options.health) });
  for (const path of ['/health/live', '/health/liveliness', '/health/liveness']) {
    router.add({ method: 'GET', path, access: 'public', handler: liveHandler() });
  }
  for (const path of ['/health/ready', '/health/readiness', '/ready']) {
    router.add({ method: 'GET', path, access: 'public', handler: readyHandler(options.health) });
  }
  router.add({ method: 'GET', path: '/api/hello', access: 'public', handler: (call) => call.json(200, { status: 'ok' }) });

  router.add({ method: 'GET', path: '/api/models', access: 'key', handler: listed });
  router.add({ method: 'POST', path: '/api/chat/completions', access: 'key', handler: taskChatHandler(openai) });
  router.add({ method: 'POST', path: '/api/select-model', access: 'key', handler: selectModelHandler(options) });
  router.add({ method: 'POST', path: '/api/orchestrate', access: 'key', handler: orchestrateHandler(options) });
  router.add({ method: 'GET', path: '/api/decisions/{id}', access: 'key', handler: decisionHandler(options.readDecision) });

  router.add({ method: 'POST', path: '/v1/chat/completions', access: 'key', handler: chatHandler(openai) });
  router.add({ method: 'POST', path: '/v1/completions', access: 'key', handler: chatHandler(completions) });
  for (const [path, route] of taskRoutes) router.add({ method: 'POST', path, access: 'key', handler: taskHandler(route, options) });
  addResponsesRoutes(router, options);
  addGeminiRoutes(router, options);
  router.add({ method: 'GET', path: '/v1/models', access: 'key', handler: listedFor });
  router.add({ method: 'GET', path: '/v1/models/{id+}', access: 'key', handler: (call) => describeModel(call, options.listing()) });
  router.add({
    method: 'POST',
    path: '/openai/deployments/{deployment}/chat/completions',
    access: 'key',
    handler: deploymentHandler(openai),
  });
  router.add({ method: 'POST', path: '/v1/messages', access: 'key', handler: chatHandler(anthropic), grammar: anthropicGrammar });
  router.add({
    method: 'POST',
    path: '/v1/messages/count_tokens',
    access: 'key',
    handler: countTokensHandler(options),
    grammar: anthropicGrammar,
  });

  addCohereRoutes(router, options);
  addOllamaRoutes(router, options);

  const page = { routes: () => router.routes(), version: options.version, assetsDir: options.assetsDir };
  router.add({ method: 'GET', path: '/', access: 'public', handler: docsPageHandler() });
  router.add({ method: 'GET', path: '/docs', access: 'public', handler: docsPageHandler() });
  router.add({ method: 'GET', path: '/docs/{asset}', access: 'public', handler: docsAssetHandler(page) });
  router.add({ method: 'GET', path: '/openapi.json', access: 'public', handler: openapiHandler(page) });
  router.add({
    method: 'GET',
    path: '/metrics',
    access: 'key',
    handler: async (call) => call.bytes(200, await options.metrics.render(), ['content-type', options.metrics.contentType]),
  });

  addAdminRoutes(router, { ...options.money, limits: options.limits, nowMs: options.nowMs });
  return router;
}

const taskRoutes: readonly (readonly [path: string, route: TaskRoute])[] = [
  ['/v1/embeddings', embeddingsRoute],
  ['/v1/moderations', moderationsRoute],
  ['/v1/images/generations', imagesRoute],
  ['/v1/images/edits', imageEditsRoute],
  ['/v1/audio/speech', speechRoute],
  ['/v1/audio/transcriptions', transcriptionsRoute],
  ['/v1/audio/translations', translationsRoute],
  ['/v1/rerank', olderRerankRoute],
  ['/rerank', olderRerankRoute],
  ['/v2/rerank', rerankRoute],
  ['/v2/embed', cohereEmbedRoute],
  ['/openai/deployments/{deployment}/embeddings', embeddingsRoute],
  ['/openai/deployments/{deployment}/images/generations', imagesRoute],
  ['/openai/deployments/{deployment}/images/edits', imageEditsRoute],
  ['/openai/deployments/{deployment}/audio/speech', speechRoute],
  ['/openai/deployments/{deployment}/audio/transcriptions', transcriptionsRoute],
  ['/openai/deployments/{deployment}/audio/translations', translationsRoute],
];

function narrowForm(call: Call): ClientDialect | undefined {
  return wantsWholeCalls(call.header('user-agent')) ? openaiChatWholeCalls : undefined;
}

/** Azure's form: the deployment in the path is the model, the one in the body is ignored. */
function deploymentHandler(options: ChatRouteOptions): (call: Call) => Promise<void> {
  return async (call) => {
    const bytes = await readBody(call.request, options.limits);
    const scanned = scanObject(bytes, { maxDepth: options.limits.jsonDepth, shape: options.shape });
    await serveScanned(call, { scanned, model: call.params['deployment'] }, options);
  };
}

function decisionHandler(readDecision: (id: string) => string | undefined): (call: Call) => void {
  return (call) => {
    const id = call.params['id'] ?? '';
    const decision = readDecision(id);
    if (decision === undefined)
      throw new GatewayError('not_found', `there is no decision ${id.slice(0, 80)}; it may not be written yet, or its time has passed`);
    call.bytes(200, decision, ['content-type', 'application/json']);
  };
}
