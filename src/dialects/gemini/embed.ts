// `:embedContent` and `:batchEmbedContents` ⇄ canonical. Upstream always the batch form: one input is a batch of one.
import type { EmbedInput, EmbedRequest, EmbedResponse } from '../../canonical/tasks.ts';
import type { Warning } from '../../canonical/warning.ts';
import { GatewayError } from '../../core/errors.ts';
import { asArray, asNumber, isObject, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';
import {
  optionalString,
  requireArray,
  requireInteger,
  requireObject,
  requireString,
  wrongField,
} from '../anthropic-messages/wire-field.ts';
import type { EncodedAnswer, EncodedTask, TaskDecodeContext, TaskDialect, TaskTarget } from '../task-dialect.ts';
import { decodeUpstreamError } from '../upstream-error.ts';
import { badReply, findError } from './errors.ts';
import { bothSpellings, member, nameIn, objectMember } from './member.ts';
import { encodeMedia } from './media.ts';
import { decodeUsage } from './usage.ts';

const purposes = {
  RETRIEVAL_QUERY: 'query',
  RETRIEVAL_DOCUMENT: 'document',
  CLASSIFICATION: 'classification',
  CLUSTERING: 'clustering',
  SEMANTIC_SIMILARITY: 'similarity',
} as const;
/** Purpose → the vendor's word for it. */
export const taskTypes: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(purposes).map(([wire, purpose]) => [purpose, wire]),
);

const known = bothSpellings(['model', 'content', 'taskType', 'outputDimensionality']);
/** Marks a request of one content, which is answered as one embedding. */
const single = 'single';

function decodeRequest(body: JsonObject, { warnings }: TaskDecodeContext): EmbedRequest {
  const batch = body.requests;
  const bodies = batch === undefined || batch === null ? undefined : requireArray(batch, 'requests');
  if (bodies?.length === 0) throw wrongField('requests', 'at least one request');
  const wires = bodies?.map((wire, index) => ({ wire: requireObject(wire, `requests[${index}]`), path: `requests[${index}].` })) ?? [
    { wire: body, path: '' },
  ];
  const decoded = wires.map(({ wire, path }) => decodeOne(wire, path, warnings));
  const [first] = decoded;
  if (first === undefined) throw wrongField('requests', 'at least one request');
  if (decoded.some((one) => one.dimensions !== first.dimensions || one.purpose !== first.purpose)) {
    warnings.push({ field: 'requests', kind: 'changed', message: 'all requests of a batch are served with the settings of the first' });
  }
  return {
    task: 'embed',
    dialect: 'gemini-embed',
    model: optionalString(body.model, 'model') ?? optionalString(wires[0]?.wire.model, 'requests[0].model') ?? '',
    inputs: decoded.map((one) => one.input),
    ...(first.dimensions !== undefined && { dimensions: first.dimensions }),
    ...(first.purpose !== undefined && { purpose: first.purpose }),
    ...(bodies === undefined && { extensions: { 'gemini-embed': { [single]: true } } }),
  };
}

interface DecodedOne {
  readonly input: EmbedInput;
  readonly dimensions: number | undefined;
  readonly purpose: EmbedRequest['purpose'];
}

function decodeOne(wire: JsonObject, path: string, warnings: Warning[]): DecodedOne {
  const dimensions = member(wire, 'outputDimensionality');
  const type = optionalString(member(wire, 'taskType'), `${path}${nameIn(wire, 'taskType')}`);
  const purpose = type !== undefined && Object.hasOwn(purposes, type) ? purposes[type as keyof typeof purposes] : undefined;
  if (type !== undefined && purpose === undefined && type !== 'TASK_TYPE_UNSPECIFIED') {
    warnings.push({ field: `${path}${nameIn(wire, 'taskType')}`, kind: 'dropped', message: 'the gateway has no word for this purpose' });
  }
  for (const [name, value] of Object.entries(wire)) {
    if (known.has(name) || value === null || value === undefined || name === 'requests') continue;
    warnings.push({ field: `${path}${name}`, kind: 'dropped', message: 'only Gemini models know this setting' });
  }
  return {
    input: decodeInput(wire.content, `${path}content`),
    dimensions: dimensions === undefined ? undefined : requireInteger(dimensions, `${path}${nameIn(wire, 'outputDimensionality')}`, 1),
    purpose,
  };
}

/** A content is one input: its texts together, or its image. */
function decodeInput(value: JsonValue | undefined, path: string): EmbedInput {
  if (typeof value === 'string') return { kind: 'text', text: value };
  const parts = requireArray(requireObject(value, path).parts, `${path}.parts`).map((part, index) =>
    requireObject(part, `${path}.parts[${index}]`),
  );
  const blob = parts.map((part) => objectMember(part, 'inlineData')).find((one) => one !== undefined);
  if (blob !== undefined) {
    const mediaType = requireString(member(blob, 'mimeType'), `${path}.parts[0].inlineData.mimeType`);
    return { kind: 'image', source: { kind: 'base64', mediaType, data: requireString(blob.data, `${path}.parts[0].inlineData.data`) } };
  }
  if (parts.length === 0) throw wrongField(`${path}.parts`, 'at least one part with text');
  return { kind: 'text', text: parts.map((part, index) => requireString(part.text, `${path}.parts[${index}].text`)).join('\n') };
}

function encodeResponse(response: EmbedResponse, { request }: { readonly request: EmbedRequest }): EncodedAnswer {
  const embeddings = response.vectors.map((vector) => ({ values: typeof vector === 'string' ? readFloats(vector) : vector }));
  const isSingle = request.extensions?.['gemini-embed']?.[single] === true;
  const json = isSingle ? { embedding: embeddings[0] ?? { values: [] } } : { embeddings };
  return { kind: 'json', json: json as JsonObject };
}

/** Base64 of little-endian float32. */
function readFloats(text: string): readonly number[] {
  const bytes = Buffer.from(text, 'base64');
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readFloatLE(index * 4));
}

function encodeRequest(request: EmbedRequest, target: TaskTarget): EncodedTask {
  const warnings: Warning[] = [];
  if (request.truncate !== undefined && request.truncate !== 'end') {
    warnings.push({ field: 'truncate', kind: 'dropped', message: 'this provider cuts inputs that are too long at their end' });
  }
  if (request.endUser !== undefined) warnings.push({ field: 'user', kind: 'dropped', message: 'this provider takes no user' });
  const settings: MutableJson = {
    ...(request.purpose !== undefined && { taskType: taskTypes[request.purpose] }),
    ...(request.dimensions !== undefined && { outputDimensionality: request.dimensions }),
  };
  const requests = request.inputs.map((input) => ({
    model: `models/${target.model}`,
    content: { parts: [encodeInput(input)] },
    ...settings,
  }));
  return { body: { kind: 'json', json: { requests } as JsonObject }, warnings };
}

function encodeInput(input: EmbedInput): MutableJson {
  if (input.kind === 'text') return { text: input.text };
  const media = input.kind === 'image' ? encodeMedia(input.source) : undefined;
  if (media !== undefined) return media;
  throw new GatewayError('unsupported_capability', 'this provider embeds texts, not lists of token ids; send the text', { param: 'input' });
}

function decodeResponse(body: JsonValue, { request, model }: { readonly request: EmbedRequest; readonly model: string }): EmbedResponse {
  const answer = isObject(body) ? body : {};
  const error = findError(answer);
  if (error !== undefined) throw error;
  const rows = asArray(answer.embeddings) ?? (answer.embedding === undefined ? [] : [answer.embedding]);
  const vectors = rows.map((row) => (isObject(row) ? asArray(row.values) : undefined)?.map((value) => asNumber(value) ?? 0) ?? []);
  if (vectors.length !== request.inputs.length || vectors.some((vector) => vector.length === 0)) {
    throw badReply('the provider answered with another number of embeddings than it was asked for', answer);
  }
  const usage = decodeUsage(answer.usageMetadata);
  return { model, vectors, ...(usage !== undefined && { usage }) };
}

export const geminiEmbed: TaskDialect<EmbedRequest, EmbedResponse> = {
  id: 'gemini-embed',
  tasks: ['embed'],
  decodeRequest,
  encodeResponse,
  encodeRequest,
  decodeResponse,
  decodeError: decodeUpstreamError,
};
