// What all routes of work that is not chat share: the body as JSON or as a form, the wish, the call.
import type { TaskId } from '../../canonical/tasks.ts';
import type { Modality } from '../../catalog/catalog.ts';
import { asString, type JsonObject, type JsonValue } from '../../core/json.ts';
import { readMember, type Scanned, type Shape, scanObject } from '../../core/json-outline.ts';
import { GatewayError } from '../../core/errors.ts';
import type { TaskDialect } from '../../dialects/task-dialect.ts';
import { type ReceivedForm, readForm } from '../../framing/multipart-read.ts';
import type { FormFile } from '../../framing/multipart-write.ts';
import type { Need, Reply, TaskRequestCall } from '../../gateway/call.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { Call } from '../call.ts';
import { type BodyLimits, readBody } from '../read-body.ts';
import { sendReply } from '../send-reply.ts';
import { gatewayMembersOpenai } from './chat.ts';
import { readWishOf } from './task-wish.ts';

export interface TaskRouteOptions {
  readonly gateway: Gateway;
  readonly limits: BodyLimits & { readonly jsonDepth: number; readonly uploadBytes: number };
  /** Where uploads lie while they are needed. */
  readonly uploadFolder: string;
}

/** One kind of work in one grammar of clients. */
export interface TaskRoute {
  readonly task: TaskId;
  readonly dialect: TaskDialect;
  readonly need: Need;
  readonly modality: Modality;
  /** Checked before anything is chosen: wrong types are 400 for every upstream alike. */
  readonly shape: Shape;
  /** The body is a multipart form; a JSON body is let in where a grammar has both. */
  readonly form?: true;
  readonly alwaysTranslated?: boolean;
  readonly rewrite?: (scanned: Scanned) => TaskRequestCall['rewrite'];
}

/** Answers the request of a route; the model may come from the path (deployments). */
export function taskHandler(route: TaskRoute, options: TaskRouteOptions): (call: Call) => Promise<void> {
  return async (call) => {
    const model = call.params['deployment'] ?? call.params['model'];
    const reply =
      isForm(call) && route.form === true ? await serveForm(call, route, options) : await serveJson(call, route, { ...options, model });
    if (reply !== undefined) await sendReply(call, reply);
  };
}

interface JsonOptions extends TaskRouteOptions {
  /** Stands above the `model` of the body. */
  readonly model?: string | undefined;
}

async function serveJson(call: Call, route: TaskRoute, options: JsonOptions): Promise<Reply> {
  const bytes = await readBody(call.request, options.limits);
  const scanned = scanObject(bytes, { maxDepth: options.limits.jsonDepth, shape: route.shape });
  const read = (key: string): unknown => readMember(scanned, key);
  const name = options.model ?? asString(read('model'));
  const rewrite = route.rewrite?.(scanned);
  return options.gateway.task({
    ...contextOf(call, route),
    wish: readWishOf({ call, route, name, read }),
    stream: read('stream') === true || read('stream_format') === 'sse',
    task: { ...taskOf(call, route, name), body: { kind: 'json', outline: scanned } },
    ...(rewrite !== undefined && { rewrite }),
  });
}

/** The form is kept until the answer is complete: a retry or a fallback sends it again. */
async function serveForm(call: Call, route: TaskRoute, options: TaskRouteOptions): Promise<undefined> {
  const form = await readForm(call.request, {
    contentType: call.header('content-type') ?? '',
    limits: { ...formLimits, totalBytes: options.limits.uploadBytes },
    folder: options.uploadFolder,
    ownsChunks: true,
  });
  try {
    const fields = fieldsOf(form);
    checkFields(fields, route.shape);
    const name = call.params['deployment'] ?? asString(fields['model']);
    const reply = await options.gateway.task({
      ...contextOf(call, route),
      wish: readWishOf({ call, route, name, read: (key) => fields[key] }),
      stream: fields['stream'] === 'true',
      task: { ...taskOf(call, route, name), body: { kind: 'form', fields, files: filesOf(form), parts: form.parts } },
    });
    // Before the answer, so that nobody who has it finds the files still there.
    if (reply.kind !== 'stream') await form.discard();
    await sendReply(call, reply);
  } finally {
    await form.discard();
  }
}

/** Files of a picture's size stay in memory on their way to disk only as far as one piece of them. */
const formLimits = { fieldBytes: 1024 * 1024, parts: 200, headerBytes: 16 * 1024, memoryBytes: 64 * 1024 } as const;

function isForm(call: Call): boolean {
  return /^multipart\//i.test(call.header('content-type') ?? '');
}

function contextOf(call: Call, route: TaskRoute): Omit<TaskRequestCall, 'task' | 'wish'> {
  return {
    requestId: call.id,
    endpoint: call.path,
    dialectName: route.dialect.id,
    principal: call.principal,
    arrivedMs: call.arrivedMs,
    arrivedWallMs: call.arrivedWallMs,
    authMs: call.authMs,
    interruption: call.interruption,
    failsAs: call.grammar,
  };
}

function taskOf(call: Call, route: TaskRoute, name: string | undefined): Omit<TaskRequestCall['task'], 'body'> {
  const demoHeader = call.header('x-mpc-demo');
  return {
    task: route.task,
    dialect: route.dialect,
    requestedModel: name ?? '',
    gatewayMembers: gatewayMembersOpenai,
    forwardHeaders: [],
    ...(demoHeader !== undefined && { demoHeader }),
    ...(route.alwaysTranslated === true && { alwaysTranslated: true }),
  };
}

/** Texts by name; `name[]` and repeated names are lists. Whatever a name is, it is an own member. */
function fieldsOf({ parts }: ReceivedForm): JsonObject {
  const fields = new Map<string, JsonValue>();
  for (const part of parts) {
    if (part.kind !== 'field') continue;
    const isList = part.name.endsWith('[]');
    const name = isList ? part.name.slice(0, -2) : part.name;
    const before = fields.get(name);
    if (before === undefined) fields.set(name, isList ? [part.value] : part.value);
    else fields.set(name, [...(Array.isArray(before) ? (before as readonly JsonValue[]) : [before]), part.value]);
  }
  return Object.fromEntries(fields);
}

function filesOf({ parts }: ReceivedForm): Readonly<Record<string, readonly FormFile[]>> {
  const files = new Map<string, FormFile[]>();
  for (const part of parts) {
    if (part.kind !== 'file') continue;
    const name = part.name.endsWith('[]') ? part.name.slice(0, -2) : part.name;
    files.set(name, [...(files.get(name) ?? []), part.file]);
  }
  return Object.fromEntries(files);
}

/** What a form must have; types are the decoder's to check, because everything in a form is a text. */
function checkFields(fields: JsonObject, shape: Shape): void {
  for (const [name, member] of shape.members ?? []) {
    const value = fields[name];
    if (value === undefined) continue;
    if (Array.isArray(value) && !member.kinds.includes('array')) {
      throw new GatewayError('invalid_request', `${name} is given more than once`, { param: name });
    }
    if (typeof value === 'string' && member.oneOf !== undefined && !member.oneOf.includes(value)) {
      throw new GatewayError('invalid_request', `${name} must be one of ${member.oneOf.join(', ')}`, { param: name });
    }
  }
  for (const name of shape.required ?? []) {
    if (fields[name] === undefined || fields[name] === '') throw new GatewayError('invalid_request', `${name} is missing`, { param: name });
  }
}
