// Embeddings by `invoke`: each vendor's model has its own body. Upstreams only.
import type { MediaSource } from '../../canonical/chat.ts';
import type { EmbedInput, EmbedRequest, EmbedResponse } from '../../canonical/tasks.ts';
import { usageFromTotals } from '../../canonical/usage.ts';
import type { Warning } from '../../canonical/warning.ts';
import { GatewayError } from '../../core/errors.ts';
import { asArray, asNumber, asObject, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';
import { readDataUrl } from '../anthropic-messages/encode-media.ts';
import type { EncodedTask, TaskDialect, TaskTarget } from '../task-dialect.ts';
import { dropped, warnForeign } from '../tasks/left-out.ts';
import { badReply, decodeError, findError } from './errors.ts';

/** The provider refuses more texts in one call. */
const mostTexts = 96;

const coherePurposes: Readonly<Record<NonNullable<EmbedRequest['purpose']>, string>> = {
  query: 'search_query',
  document: 'search_document',
  classification: 'classification',
  clustering: 'clustering',
  similarity: 'clustering',
};

const novaPurposes: Readonly<Record<NonNullable<EmbedRequest['purpose']>, string>> = {
  query: 'TEXT_RETRIEVAL',
  document: 'GENERIC_INDEX',
  classification: 'CLASSIFICATION',
  clustering: 'CLUSTERING',
  similarity: 'CLUSTERING',
};

export const bedrockEmbed: TaskDialect<EmbedRequest, EmbedResponse> = {
  id: 'bedrock-embed',
  tasks: ['embed'],
  encodeRequest,
  decodeResponse,
  decodeError,
};

function encodeRequest(request: EmbedRequest, target: TaskTarget): EncodedTask {
  if (request.inputs.some((input) => input.kind === 'tokens')) {
    throw refused('input: this provider embeds text, not token ids; send the text itself');
  }
  const warnings = warnForeign(request, 'bedrock-embed');
  return { body: { kind: 'json', json: writeBody(request, target, warnings) as JsonObject }, warnings };
}

function writeBody(request: EmbedRequest, { model }: TaskTarget, warnings: Warning[]): MutableJson {
  if (/\bcohere\./.test(model)) return writeCohere(request, model, warnings);
  const [only, ...more] = request.inputs;
  if (only === undefined || more.length > 0) {
    throw refused('input: this model embeds one text per call; send the texts one by one, or take a Cohere model');
  }
  if (/\bamazon\.nova/.test(model)) return writeNova(only, request, warnings);
  return writeTitan(only, request, { model, warnings });
}

function writeCohere(request: EmbedRequest, model: string, warnings: Warning[]): MutableJson {
  if (request.inputs.length > mostTexts) throw refused(`input: at most ${mostTexts} texts per call; send them in several calls`);
  const images = request.inputs.flatMap((input) => (input.kind === 'image' ? [dataUrlOf(input.source)] : []));
  const texts = request.inputs.flatMap((input) => (input.kind === 'text' ? [input.text] : []));
  if (images.length > 0 && texts.length > 0) throw refused('input: this provider embeds texts or images in one call, not both');
  const purpose = request.purpose === undefined ? undefined : coherePurposes[request.purpose];
  if (purpose === undefined && images.length === 0) {
    warnings.push({
      field: 'input_type',
      kind: 'changed',
      message: 'the provider must know the purpose; search_document was taken (for questions send search_query)',
    });
  }
  const choosesLength = /embed-v4/.test(model);
  if (request.dimensions !== undefined && !choosesLength) warnings.push(dropped('dimensions', 'the vectors of this model have one length'));
  return {
    ...(images.length > 0 ? { images, input_type: 'image' } : { texts, input_type: purpose ?? 'search_document' }),
    embedding_types: ['float'],
    ...(request.truncate !== undefined && { truncate: request.truncate.toUpperCase() }),
    ...(request.dimensions !== undefined && choosesLength && { output_dimension: request.dimensions }),
  };
}

function writeNova(input: EmbedInput, request: EmbedRequest, warnings: Warning[]): MutableJson {
  if (request.truncate === 'none') warnings.push(dropped('truncate', 'this model always cuts a text that is too long'));
  const side = request.truncate === 'start' ? 'START' : 'END';
  const content =
    input.kind === 'image'
      ? { image: { format: formatOf(input.source), source: { bytes: base64Of(input.source) } } }
      : { text: { truncationMode: side, value: input.kind === 'text' ? input.text : '' } };
  return {
    taskType: 'SINGLE_EMBEDDING',
    singleEmbeddingParams: {
      embeddingPurpose: novaPurposes[request.purpose ?? 'document'],
      ...(request.dimensions !== undefined && { embeddingDimension: request.dimensions }),
      ...content,
    },
  };
}

function writeTitan(
  input: EmbedInput,
  request: EmbedRequest,
  { model, warnings }: { readonly model: string; readonly warnings: Warning[] },
): MutableJson {
  if (request.purpose !== undefined) warnings.push(dropped('input_type', 'this model embeds for every purpose alike'));
  if (request.truncate !== undefined) warnings.push(dropped('truncate'));
  if (/titan-embed-image/.test(model)) {
    return {
      ...(input.kind === 'image' ? { inputImage: base64Of(input.source) } : { inputText: input.kind === 'text' ? input.text : '' }),
      ...(request.dimensions !== undefined && { embeddingConfig: { outputEmbeddingLength: request.dimensions } }),
    };
  }
  if (input.kind !== 'text') throw refused('input: this model embeds text only');
  // The first generation knows no other member.
  const choosesLength = !/titan-embed-text-v1|titan-embed-g1/.test(model);
  if (request.dimensions !== undefined && !choosesLength) warnings.push(dropped('dimensions', 'the vectors of this model have one length'));
  return { inputText: input.text, ...(request.dimensions !== undefined && choosesLength && { dimensions: request.dimensions }) };
}

function decodeResponse(body: JsonValue, { request, model }: { readonly request: EmbedRequest; readonly model: string }): EmbedResponse {
  const answer = asObject(body);
  const error = answer === undefined ? undefined : findError(answer);
  if (error !== undefined && answer?.embedding === undefined && answer?.embeddings === undefined) throw error;
  const vectors = readVectors(answer ?? {});
  if (vectors.length !== request.inputs.length) {
    throw badReply(`the provider answered ${vectors.length} vectors for ${request.inputs.length} inputs`);
  }
  const tokens = asNumber(answer?.inputTextTokenCount);
  return { model, vectors, ...(tokens !== undefined && { usage: usageFromTotals({ inputTotal: tokens, outputTotal: 0 }) }) };
}

/** `embedding` (Titan), `embeddings` as a list, by type (Cohere), or one object per input (Nova). */
function readVectors(answer: JsonObject): (readonly number[])[] {
  if (answer.embedding !== undefined) return [readVector(answer.embedding)];
  const list = asArray(answer.embeddings) ?? asArray(asObject(answer.embeddings)?.float) ?? [];
  return list.map((entry) => readVector(asObject(entry)?.embedding ?? entry));
}

function readVector(value: JsonValue): readonly number[] {
  const vector = asArray(value);
  if (vector === undefined || vector.some((number) => typeof number !== 'number'))
    throw badReply('the provider answered a vector that is none');
  return vector as readonly number[];
}

function plainOf(source: MediaSource): Extract<MediaSource, { readonly kind: 'base64' }> {
  const plain = source.kind === 'url' && source.url.startsWith('data:') ? readDataUrl(source.url, 'input') : source;
  if (plain.kind === 'base64') return plain;
  throw refused('input: this provider fetches no web addresses; send the image as a data URL');
}

function base64Of(source: MediaSource): string {
  return plainOf(source).data;
}

function dataUrlOf(source: MediaSource): string {
  const { mediaType, data } = plainOf(source);
  return `data:${mediaType};base64,${data}`;
}

function formatOf(source: MediaSource): string {
  const format =
    plainOf(source)
      .mediaType.replace(/^image\//, '')
      .split(';')[0] ?? 'png';
  return format === 'jpg' ? 'jpeg' : format;
}

function refused(message: string): GatewayError {
  return new GatewayError('unsupported_capability', message, { param: 'input' });
}
