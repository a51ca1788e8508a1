// Cohere's embeddings, version 2, both sides: typed vectors by name, a purpose for every call, images beside texts.
import type { EmbedInput, EmbedRequest, EmbedResponse } from '../../canonical/tasks.ts';
import { usageFromTotals } from '../../canonical/usage.ts';
import { GatewayError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { asArray, asNumber, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { MediaSource } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { decodeContent } from '../openai-chat/decode-parts.ts';
import { invalid, nameOf, readArray, readCount, readString } from '../openai-chat/fields.ts';
import type { EncodedAnswer, EncodedTask, TaskDialect, TaskTarget } from '../task-dialect.ts';
import { badReply, decodeError, findError } from './errors.ts';

const understood: ReadonlySet<string> = new Set([
  'model',
  'texts',
  'images',
  'input_type',
  'output_dimension',
  'truncate',
  'embedding_types',
]);

const purposes = {
  search_query: 'query',
  search_document: 'document',
  classification: 'classification',
  clustering: 'clustering',
} as const satisfies Record<string, EmbedRequest['purpose']>;

const inputTypes: Readonly<Record<NonNullable<EmbedRequest['purpose']>, string>> = {
  query: 'search_query',
  document: 'search_document',
  classification: 'classification',
  clustering: 'clustering',
  // The nearest of the four: both compare texts of one kind with each other.
  similarity: 'clustering',
};

const knownTypes: ReadonlySet<string> = new Set(['float', 'int8', 'uint8', 'binary', 'ubinary', 'base64']);

export const cohereEmbed: TaskDialect<EmbedRequest, EmbedResponse> = {
  id: 'cohere-embed',
  tasks: ['embed'],
  decodeRequest,
  encodeResponse,
  encodeRequest,
  decodeResponse,
  decodeError,
};

function decodeRequest(body: JsonObject, { warnings }: { readonly warnings: Warning[] }): EmbedRequest {
  const types = readTypes(body);
  const purpose = readPurpose(body);
  const dimensions = readCount(body, 'output_dimension');
  const truncate = readTruncate(body);
  const unknown = Object.entries(body).filter(([key, value]) => !understood.has(key) && value !== null && value !== undefined);
  return {
    task: 'embed',
    dialect: 'cohere-embed',
    model: readString(body, 'model') ?? '',
    inputs: readInputs(body, warnings),
    // A caller that wants numbers, too, gets those; ours can be made into the other.
    ...(types.includes('base64') && !types.includes('float') && { encoding: 'base64' as const }),
    ...(dimensions !== undefined && { dimensions }),
    ...(purpose !== undefined && { purpose }),
    ...(truncate !== undefined && { truncate }),
    extensions: { 'cohere-embed': Object.fromEntries([...unknown, ['embedding_types', types]]) as JsonObject },
  };
}

function readTypes(body: JsonObject): readonly string[] {
  const types = readArray(body, 'embedding_types') ?? ['float'];
  return types.map((type, at) => {
    if (typeof type !== 'string' || !knownTypes.has(type)) {
      throw invalid(`embedding_types[${at}]`, `is unknown; use ${[...knownTypes].join(', ')}`);
    }
    return type;
  });
}

function readPurpose(body: JsonObject): EmbedRequest['purpose'] {
  const type = readString(body, 'input_type');
  // `image` says what the input is, not what it is for.
  if (type === undefined || type === 'image') return undefined;
  if (Object.hasOwn(purposes, type)) return purposes[type as keyof typeof purposes];
  throw invalid('input_type', `"${type}" is unknown; use ${Object.keys(purposes).join(', ')} or image`);
}

function readTruncate(body: JsonObject): EmbedRequest['truncate'] {
  const word = readString(body, 'truncate');
  switch (word?.toUpperCase()) {
    case undefined:
      return undefined;
    case 'NONE':
      return 'none';
    case 'START':
    case 'LEFT':
      return 'start';
    case 'END':
    case 'RIGHT':
      return 'end';
    default:
      throw invalid('truncate', `"${word}" is unknown; use NONE, START or END`);
  }
}

function readInputs(body: JsonObject, warnings: Warning[]): EmbedInput[] {
  const texts = readArray(body, 'texts')?.map((text, at): EmbedInput => {
    if (typeof text !== 'string') throw invalid(`texts[${at}]`, `must be a string, not ${nameOf(text)}`);
    return { kind: 'text', text };
  });
  const images = readArray(body, 'images')?.map((image, at): EmbedInput => ({ kind: 'image', source: readImage(image, `images[${at}]`) }));
  const mixed = readArray(body, 'inputs')?.map((input, at) => readMixed(input, `inputs[${at}]`, warnings));
  const inputs = [...(texts ?? []), ...(images ?? []), ...(mixed ?? [])];
  if (inputs.length === 0) throw invalid('texts', 'is missing or empty; send texts, images or inputs');
  return inputs;
}

function readImage(value: JsonValue, path: string): MediaSource {
  const [part] = decodeContent([{ type: 'image_url', image_url: value }], path);
  if (part?.type !== 'image') throw invalid(path, 'must be the data URL of an image');
  return part.source;
}

function readMixed(input: JsonValue, path: string, warnings: Warning[]): EmbedInput {
  if (!isObject(input)) throw invalid(path, `must be an object, not ${nameOf(input)}`);
  const parts = decodeContent(input.content, `${path}.content`);
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const image = parts.find((part) => part.type === 'image');
  if (texts.length === 0 && image?.type === 'image') return { kind: 'image', source: image.source };
  if (image !== undefined && !warnings.some((warning) => warning.field === 'inputs')) {
    warnings.push({
      field: 'inputs',
      kind: 'changed',
      message: 'where text and images stand in one input, only the provider itself joins them; others get the text',
    });
  }
  return { kind: 'text', text: texts.join('\n') };
}

function encodeRequest(request: EmbedRequest, target: TaskTarget): EncodedTask {
  const warnings: Warning[] = [];
  const { inputs } = request;
  const images = inputs.filter((input) => input.kind === 'image');
  if (inputs.some((input) => input.kind === 'tokens')) {
    throw new GatewayError('unsupported_capability', 'input: this provider embeds text, not token ids; send the text itself', {
      param: 'input',
    });
  }
  // `inputs` of the caller's own grammar says more than our list of them.
  const own = request.extensions?.['cohere-embed'] ?? {};
  const content =
    own.inputs !== undefined
      ? {}
      : images.length === 0
        ? { texts: inputs.map((input) => (input.kind === 'text' ? input.text : '')) }
        : { inputs: inputs.map((input) => ({ content: [toWirePart(input)] })) };
  return {
    body: {
      kind: 'json',
      json: {
        ...own,
        model: target.model,
        ...content,
        input_type: inputTypeOf(request, { onlyImages: images.length === inputs.length, warnings }),
        embedding_types: own.embedding_types ?? ['float'],
        ...(request.dimensions !== undefined && { output_dimension: request.dimensions }),
        ...(request.truncate !== undefined && { truncate: request.truncate.toUpperCase() }),
      },
    },
    warnings,
  };
}

function inputTypeOf(
  request: EmbedRequest,
  { onlyImages, warnings }: { readonly onlyImages: boolean; readonly warnings: Warning[] },
): string {
  if (request.purpose !== undefined) return inputTypes[request.purpose];
  if (onlyImages) return 'image';
  // LiteLLM's and our own callers of other grammars may send it along.
  const said = Object.values(request.extensions ?? {})
    .map((members) => asString(members.input_type))
    .find((type) => type !== undefined);
  if (said !== undefined) return said;
  warnings.push({
    field: 'input_type',
    kind: 'changed',
    message: 'the provider must know the purpose; search_document was taken (for questions send search_query)',
  });
  return 'search_document';
}

function toWirePart(input: EmbedInput): JsonObject {
  if (input.kind === 'text') return { type: 'text', text: input.text };
  if (input.kind !== 'image' || input.source.kind === 'file-id') {
    throw new GatewayError('unsupported_capability', 'input: an image must be sent as data to this provider', { param: 'input' });
  }
  const { source } = input;
  return { type: 'image_url', image_url: { url: source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}` } };
}

function decodeResponse(body: JsonValue, { model }: { readonly model: string }): EmbedResponse {
  const answer = asObject(body);
  const error = answer === undefined ? undefined : findError(answer);
  if (error !== undefined) throw error;
  const vectors = readVectors(answer?.embeddings);
  if (answer === undefined || vectors === undefined) throw badReply('the provider answered without embeddings', body);
  const billed = asObject(asObject(answer.meta)?.billed_units);
  const tokens = asNumber(billed?.input_tokens);
  const imageTokens = asNumber(billed?.image_tokens);
  return {
    model: asString(answer.model) ?? model,
    vectors,
    ...((tokens !== undefined || imageTokens !== undefined) && {
      usage: usageFromTotals({ inputTotal: (tokens ?? 0) + (imageTokens ?? 0), outputTotal: 0 }),
    }),
  };
}

/** By type (float before the packed ones), or the bare list of the first version (`embeddings_floats`). */
function readVectors(wire: JsonValue | undefined): EmbedResponse['vectors'] | undefined {
  const byType = asObject(wire);
  const types = [...knownTypes].map((type) => asArray(byType?.[type]));
  const list = asArray(wire) ?? types.find((vectors) => vectors !== undefined);
  if (list === undefined || !list.every((vector) => typeof vector === 'string' || isVector(vector))) return undefined;
  return list as EmbedResponse['vectors'];
}

const isVector = (value: JsonValue): boolean => Array.isArray(value) && value.every((item: JsonValue) => typeof item === 'number');

function encodeResponse(
  response: EmbedResponse,
  { request, warnings }: { readonly request: EmbedRequest; readonly warnings: Warning[] },
): EncodedAnswer {
  const asked = asArray(request.extensions?.['cohere-embed']?.embedding_types) ?? ['float'];
  const embeddings: Record<string, JsonValue> = {};
  for (const type of asked) {
    if (type === 'float') embeddings.float = response.vectors.map(toNumbers);
    else if (type === 'base64') embeddings.base64 = response.vectors.map(toBase64);
    else
      warnings.push({
        field: 'embedding_types',
        kind: 'dropped',
        message: `${String(type)} vectors are made by the provider of the grammar only`,
      });
  }
  if (Object.keys(embeddings).length === 0) embeddings.float = response.vectors.map(toNumbers);
  const texts = request.inputs.flatMap((input) => (input.kind === 'text' ? [input.text] : []));
  return {
    kind: 'json',
    json: {
      id: newId('embed'),
      embeddings,
      texts,
      meta: {
        api_version: { version: '2' },
        ...(response.usage !== undefined && { billed_units: { input_tokens: response.usage.input + response.usage.cachedInput } }),
      },
      response_type: 'embeddings_by_type',
    },
  };
}

/** Base64 of little-endian float32 ⇄ numbers. */
function toNumbers(vector: readonly number[] | string): readonly number[] {
  if (typeof vector !== 'string') return vector;
  const bytes = Buffer.from(vector, 'base64');
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) => bytes.readFloatLE(at * 4));
}

function toBase64(vector: readonly number[] | string): string {
  return typeof vector === 'string' ? vector : Buffer.from(Float32Array.from(vector).buffer).toString('base64');
}
