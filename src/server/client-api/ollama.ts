// Ollama's own API, for desktop tools that speak nothing else: chat, prompts, embeddings and the lists they fill their menus from.
import type { Catalog } from '../../catalog/catalog.ts';
import { systemClock } from '../../core/clock.ts';
import { asArray, asObject, asString } from '../../core/json.ts';
import { readMember, type Scanned, type Shape, scanObject } from '../../core/json-outline.ts';
import type { ClientDialect } from '../../dialects/dialect.ts';
import { encodeLoaded } from '../../dialects/ollama/answer.ts';
import { createOllamaChat, createOllamaGenerate, ollamaEmbed, ollamaEmbeddings } from '../../dialects/ollama/index.ts';
import { ollamaChatShape, ollamaGenerateShape, ollamaLoadShape } from '../../dialects/ollama/shape.ts';
import type { TaskDialect } from '../../dialects/task-dialect.ts';
import type { Call } from '../call.ts';
import { ollamaGrammar } from '../error-grammar.ts';
import { readBody } from '../read-body.ts';
import type { Router } from '../router.ts';
import { type BodyReading, chatReading, type ChatRouteOptions, gatewayMembers, serveScanned } from './chat.ts';
import { findModel, type ModelListing } from './models.ts';
import { listOllamaModels, showOllamaModel } from './ollama-models.ts';
import { taskHandler, type TaskRoute, type TaskRouteOptions } from './task-route.ts';

export interface OllamaRouteOptions extends Omit<ChatRouteOptions, 'dialect' | 'shape' | 'reading' | 'limits'> {
  readonly limits: TaskRouteOptions['limits'];
  readonly uploadFolder: string;
  readonly catalog: () => Catalog;
  readonly listing: () => ModelListing;
}

/** Tools look at it before they ask for newer members (tools, thinking): this is the API that is spoken here. */
const spokenVersion = '0.12.0';

export function addOllamaRoutes(router: Router, options: OllamaRouteOptions): void {
  const add = (method: 'GET' | 'POST', path: string, handler: (call: Call) => Promise<void> | void): void =>
    router.add({ method, path, access: 'key', handler, grammar: ollamaGrammar });
  // Ollama looks at no content type, and the examples of its documentation send none that is JSON.
  const lenient: OllamaRouteOptions = { ...options, limits: { ...options.limits, anyContentType: true } };
  add('POST', '/api/chat', askHandler(chatForm, lenient));
  add('POST', '/api/generate', askHandler(generateForm, lenient));
  add('POST', '/api/embed', taskHandler(embedRoute, lenient));
  add('POST', '/api/embeddings', taskHandler(embeddingsRoute, lenient));
  add('GET', '/api/tags', (call) => listOllamaModels(call, options.listing()));
  add('POST', '/api/show', showHandler(lenient));
  // No model is loaded here and none has to be.
  add('GET', '/api/ps', (call) => call.json(200, { models: [] }));
  add('GET', '/api/version', (call) => call.json(200, { version: spokenVersion }));
}

/** One of the two ways to ask. */
interface AskForm {
  readonly kind: 'chat' | 'generate';
  readonly shape: Shape;
  readonly reading: BodyReading;
  readonly dialect: (elapsedMs: () => number) => ClientDialect;
  /** Nothing is asked: the tool wants the model to be loaded. */
  readonly isEmpty: (scanned: Scanned) => boolean;
}

const isBlank = (value: unknown): boolean => value === undefined || value === null || value === '';

const chatForm: AskForm = {
  kind: 'chat',
  shape: ollamaChatShape,
  reading: { maxOutputTokens: readLength, promptText: chatReading.promptText, gatewayMembers, takesFallbacks: false },
  dialect: createOllamaChat,
  isEmpty: (scanned) => (asArray(readMember(scanned, 'messages')) ?? []).length === 0,
};

const generateForm: AskForm = {
  kind: 'generate',
  shape: ollamaGenerateShape,
  reading: { ...chatForm.reading, promptText: (scanned) => asString(readMember(scanned, 'prompt')) ?? '' },
  dialect: createOllamaGenerate,
  isEmpty: (scanned) => isBlank(readMember(scanned, 'prompt')) && (asArray(readMember(scanned, 'images')) ?? []).length === 0,
};

function readLength(scanned: Scanned): number | undefined {
  const length = asObject(readMember(scanned, 'options'))?.['num_predict'];
  return typeof length === 'number' && length > 0 ? length : undefined;
}

function askHandler(form: AskForm, options: OllamaRouteOptions): (call: Call) => Promise<void> {
  return async (call) => {
    const startedMs = systemClock.monotonicMs();
    const bytes = await readBody(call.request, options.limits);
    const scanned = scanObject(bytes, { maxDepth: options.limits.jsonDepth, shape: form.shape });
    const model = nameOf(scanned, options.catalog());
    if (form.isEmpty(scanned)) {
      findModel(model ?? '', call.principal, options.listing());
      call.json(200, encodeLoaded(model ?? '', form.kind));
      return;
    }
    const dialect = form.dialect(() => systemClock.monotonicMs() - startedMs);
    const stream = readMember(scanned, 'stream') !== false;
    await serveScanned(call, { scanned, model, stream }, { ...options, dialect, shape: form.shape, reading: form.reading });
  };
}

/** Tools complete a name without a tag to `name:latest`; models of other providers have no tags. */
function nameOf(scanned: Scanned, catalog: Catalog): string | undefined {
  const name = asString(readMember(scanned, 'model')) ?? asString(readMember(scanned, 'name'));
  if (name === undefined || !name.endsWith(':latest')) return name;
  const plain = name.slice(0, -':latest'.length);
  return catalog.find(plain).kind === 'none' ? name : plain;
}

function showHandler(options: OllamaRouteOptions): (call: Call) => Promise<void> {
  return async (call) => {
    const bytes = await readBody(call.request, options.limits);
    const scanned = scanObject(bytes, { maxDepth: options.limits.jsonDepth, shape: ollamaLoadShape });
    showOllamaModel(call, nameOf(scanned, options.catalog()) ?? '', options.listing());
  };
}

const text: Shape = { kinds: ['string'] };
const optionalText: Shape = { kinds: ['string', 'null'] };

const embedRoute: TaskRoute = {
  task: 'embed',
  dialect: ollamaEmbed as TaskDialect,
  need: 'embeddings',
  modality: 'embedding',
  shape: {
    kinds: ['object'],
    required: ['input'],
    members: new Map<string, Shape>([
      ['model', optionalText],
      ['input', { kinds: ['string', 'array'], notEmpty: true, items: text }],
      ['dimensions', { kinds: ['number', 'null'], integer: true, min: 1 }],
      ['truncate', { kinds: ['boolean', 'null'] }],
    ]),
  },
};

const embeddingsRoute: TaskRoute = {
  ...embedRoute,
  dialect: ollamaEmbeddings as TaskDialect,
  shape: {
    kinds: ['object'],
    required: ['prompt'],
    members: new Map<string, Shape>([
      ['model', optionalText],
      ['prompt', text],
    ]),
  },
};
