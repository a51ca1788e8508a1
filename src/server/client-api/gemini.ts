// Google's grammar on its own paths: model, method and streaming stand in the path and not in the body.
import { asArray, asNumber, asObject, asString, type JsonValue } from '../../core/json.ts';
import { readMember, type Scanned, type Shape, scanObject } from '../../core/json-outline.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ClientDialect } from '../../dialects/dialect.ts';
import { createGeminiArray, gemini, geminiEmbed } from '../../dialects/gemini/index.ts';
import { countShape, generateShape } from '../../dialects/gemini/shape.ts';
import { anyTask } from '../../dialects/task-dialect.ts';
import type { Call } from '../call.ts';
import { geminiGrammar } from '../error-grammar.ts';
import { readBody } from '../read-body.ts';
import type { Router } from '../router.ts';
import { type BodyReading, type ChatRouteOptions, gatewayMembers, serveScanned } from './chat.ts';
import { answerCount } from './count.ts';
import { describeGeminiModel, listGeminiModels } from './gemini-models.ts';
import { geminiFolders, type GeminiMethod, geminiPath } from './gemini-paths.ts';
import type { ModelListing } from './models.ts';
import { taskHandler, type TaskRoute, type TaskRouteOptions } from './task-route.ts';

export interface GeminiRouteOptions extends Omit<ChatRouteOptions, 'dialect' | 'shape' | 'reading' | 'limits'> {
  readonly limits: TaskRouteOptions['limits'];
  readonly uploadFolder: string;
  readonly listing: () => ModelListing;
}

/** Stands before `/v1/models/{id+}`, which would take these paths for ids. */
export function addGeminiRoutes(router: Router, options: GeminiRouteOptions): void {
  const handlers: Readonly<Record<GeminiMethod, (call: Call) => Promise<void>>> = {
    generateContent: generateHandler(options, { stream: false }),
    streamGenerateContent: generateHandler(options, { stream: true }),
    countTokens: countHandler(options),
    embedContent: taskHandler(embedRoute, options),
    batchEmbedContents: taskHandler(batchEmbedRoute, options),
  };
  for (const folder of geminiFolders) {
    for (const [method, handler] of Object.entries(handlers)) {
      const path = geminiPath(folder, method as GeminiMethod);
      router.add({ method: 'POST', path, access: 'key', handler, grammar: geminiGrammar });
    }
  }
  const listed = (call: Call): void => listGeminiModels(call, options.listing());
  router.add({ method: 'GET', path: '/v1beta/models', access: 'key', handler: listed, grammar: geminiGrammar });
  const described = (call: Call): void => describeGeminiModel(call, options.listing());
  router.add({ method: 'GET', path: '/v1beta/models/{id+}', access: 'key', handler: described, grammar: geminiGrammar });
}

const reading: BodyReading = {
  maxOutputTokens(scanned) {
    const config = asObject(readMember(scanned, 'generationConfig') ?? readMember(scanned, 'generation_config'));
    const asked = asNumber(config?.['maxOutputTokens'] ?? config?.['max_output_tokens']);
    return asked !== undefined && asked > 0 ? asked : undefined;
  },
  promptText: (scanned) => lastUserText(asArray(readMember(scanned, 'contents')) ?? []),
  gatewayMembers,
  takesFallbacks: false,
};

function lastUserText(contents: readonly JsonValue[]): string {
  const last = contents.findLast((content) => asObject(content)?.['role'] !== 'model');
  return (asArray(asObject(last)?.['parts']) ?? []).map((part) => asString(asObject(part)?.['text']) ?? '').join('\n');
}

function generateHandler(options: GeminiRouteOptions, { stream }: { readonly stream: boolean }): (call: Call) => Promise<void> {
  return async (call) => {
    const bytes = await readBody(call.request, options.limits);
    const scanned = scanObject(bytes, { maxDepth: options.limits.jsonDepth, shape: generateShape });
    const dialect: ClientDialect = stream && call.query.get('alt') !== 'sse' ? createGeminiArray() : gemini;
    await serveScanned(call, { scanned, model: modelOf(call), stream }, { ...options, dialect, shape: generateShape, reading });
  };
}

/** SDKs write `models/` before the id as the API does; in the path it may come twice. Another publisher is part of the id. */
function modelOf(call: Call): string {
  const { model = '', publisher } = call.params;
  const id = model.replace(/^models\//, '');
  return publisher === undefined ? id : `${publisher}/${id}`;
}

const embedShape: Shape = { kinds: ['object'], required: ['content'] };
const batchEmbedShape: Shape = {
  kinds: ['object'],
  required: ['requests'],
  members: new Map<string, Shape>([
    ['requests', { kinds: ['array'], notEmpty: true, items: { kinds: ['object'], required: ['content'] } }],
  ]),
};

/** Always translated: the single and the batch form are one grammar, and a request of a batch names its model once more. */
const embedRoute: TaskRoute = {
  task: 'embed',
  dialect: anyTask(geminiEmbed),
  need: 'embeddings',
  modality: 'embedding',
  shape: embedShape,
  alwaysTranslated: true,
};
const batchEmbedRoute: TaskRoute = { ...embedRoute, shape: batchEmbedShape };

function countHandler({ gateway, limits }: GeminiRouteOptions): (call: Call) => Promise<void> {
  return async (call) => {
    const scanned = scanObject(await readBody(call.request, limits), { maxDepth: limits.jsonDepth, shape: countShape });
    assertCountable(scanned);
    await answerCount(call, gateway, {
      scanned,
      dialectName: gemini.id,
      name: modelOf(call),
      member: 'totalTokens',
      endpointOf: ({ countTokens }, wireId) =>
        countTokens?.dialect === gemini.id && countTokens.models?.test(wireId) !== false ? countTokens : undefined,
      forwardHeaders: [],
    });
  };
}

function assertCountable(scanned: Scanned): void {
  const asked = ['contents', 'generateContentRequest', 'generate_content_request'].some((name) => readMember(scanned, name) !== undefined);
  if (!asked) throw new GatewayError('invalid_request', 'contents: field required; send what is to be counted', { param: 'contents' });
}
