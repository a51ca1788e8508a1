// OpenAI's embeddings: texts or token ids in, vectors out, as numbers or as base64 of little-endian float32.
import type { EmbedInput, EmbedRequest, EmbedResponse } from '../../canonical/tasks.ts';
import { type Usage, usageFromTotals } from '../../canonical/usage.ts';
import { GatewayError } from '../../core/errors.ts';
import { asArray, asNumber, asObject, asString, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { TaskDialect } from '../task-dialect.ts';
import { warnForeign } from './left-out.ts';
import { otherMembers, readNumber, readOneOf, readText, wrongField } from './read-fields.ts';

const id = 'openai-embeddings';
const known = new Set(['model', 'input', 'dimensions', 'encoding_format', 'user', 'input_type']);
const purposes: Readonly<Record<string, EmbedRequest['purpose']>> = {
  query: 'query',
  search_query: 'query',
  passage: 'document',
  document: 'document',
  search_document: 'document',
  classification: 'classification',
  clustering: 'clustering',
};

export const openaiEmbeddings: TaskDialect<EmbedRequest, EmbedResponse> = {
  id,
  tasks: ['embed'],

  decodeRequest(body) {
    const dimensions = readNumber(body, 'dimensions', { min: 1, integer: true });
    const encoding = readOneOf(body, 'encoding_format', ['float', 'base64']);
    const purpose = purposes[readText(body, 'input_type') ?? ''];
    const endUser = readText(body, 'user');
    const others = otherMembers(body, known);
    return {
      task: 'embed',
      dialect: id,
      model: readText(body, 'model') ?? '',
      inputs: readInputs(body['input']),
      ...(dimensions !== undefined && { dimensions }),
      ...(encoding !== undefined && { encoding }),
      ...(purpose !== undefined && { purpose }),
      ...(endUser !== undefined && { endUser }),
      ...(others !== undefined && { extensions: { [id]: others } }),
    };
  },

  encodeResponse({ vectors, model, usage }, { request }) {
    const wantsBase64 = request.encoding === 'base64';
    const tokens = usage === undefined ? 0 : usage.input + usage.cachedInput;
    return {
      kind: 'json',
      json: {
        object: 'list',
        data: vectors.map((vector, index) => ({
          object: 'embedding',
          index,
          embedding: wantsBase64 ? toBase64(vector) : toNumbers(vector),
        })),
        model,
        usage: { prompt_tokens: tokens, total_tokens: tokens },
      },
    };
  },

  encodeRequest(request, { model }) {
    const { inputs } = request;
    const texts = inputs.map(encodeInput);
    return {
      body: {
        kind: 'json',
        json: {
          model,
          input: texts,
          ...(request.dimensions !== undefined && { dimensions: request.dimensions }),
          encoding_format: request.encoding ?? 'float',
          ...(request.endUser !== undefined && { user: request.endUser }),
          ...request.extensions?.[id],
        },
      },
      warnings: [
        ...warnForeign(request, id),
        ...(request.truncate === undefined || request.truncate === 'none'
          ? []
          : [
              {
                field: 'truncate',
                kind: 'dropped' as const,
                message: 'this provider decides itself what happens to a text that is too long',
              },
            ]),
      ],
    };
  },

  decodeResponse(json, { model }) {
    const body = asObject(json);
    const data = asArray(body?.['data']);
    if (data === undefined) throw noList();
    const vectors: (readonly number[] | string)[] = [];
    for (const [position, entry] of data.entries()) {
      const fields = asObject(entry);
      vectors[asNumber(fields?.['index']) ?? position] = readVector(fields?.['embedding']);
    }
    const usage = readUsage(body);
    return { model: asString(body?.['model']) ?? model, vectors, ...(usage !== undefined && { usage }) };
  },

  readAnswerFacts(json) {
    const body = asObject(json);
    if (asArray(body?.['data']) === undefined) throw noList();
    const usage = readUsage(body);
    return { outputChars: 0, ...(usage !== undefined && { usage }) };
  },
};

function readInputs(input: JsonValue | undefined): readonly EmbedInput[] {
  if (typeof input === 'string') return [{ kind: 'text', text: input }];
  const items = asArray(input);
  if (items === undefined || items.length === 0) throw wrongField('input', 'must be a string or a non-empty list');
  // A flat list of numbers is one text as token ids (LangChain for Python sends lists of these).
  if (items.every((item) => typeof item === 'number')) return [{ kind: 'tokens', ids: items as readonly number[] }];
  return items.map((item, index) => {
    if (typeof item === 'string') return { kind: 'text', text: item };
    const ids = asArray(item);
    if (ids?.every((one) => typeof one === 'number') !== true)
      throw wrongField(`input[${index}]`, 'must be a string or a list of token ids');
    return { kind: 'tokens', ids: ids as readonly number[] };
  });
}

function encodeInput(input: EmbedInput, index: number): JsonValue {
  if (input.kind === 'text') return input.text;
  if (input.kind === 'tokens') return input.ids;
  throw new GatewayError('unsupported_capability', 'this model embeds texts only; name one that takes images', {
    param: `input[${index}]`,
  });
}

function readVector(value: JsonValue | undefined): readonly number[] | string {
  if (typeof value === 'string') return value;
  const numbers = asArray(value);
  if (numbers?.every((one) => typeof one === 'number') !== true) {
    throw new GatewayError('upstream_bad_reply', 'the provider answered with an embedding that is no list of numbers');
  }
  return numbers as readonly number[];
}

function readUsage(body: JsonObject | undefined): Usage | undefined {
  const reported = asObject(body?.['usage']);
  const total = asNumber(reported?.['prompt_tokens']) ?? asNumber(reported?.['total_tokens']);
  return total === undefined ? undefined : usageFromTotals({ inputTotal: total, outputTotal: 0 });
}

function noList(): GatewayError {
  return new GatewayError('upstream_bad_reply', 'the provider answered without a list of embeddings');
}

/** Little-endian float32, as the OpenAI SDKs decode it. */
export function toBase64(vector: readonly number[] | string): string {
  if (typeof vector === 'string') return vector;
  const bytes = Buffer.allocUnsafe(vector.length * 4);
  for (let i = 0; i < vector.length; i += 1) bytes.writeFloatLE(vector[i] ?? 0, i * 4);
  return bytes.toString('base64');
}

export function toNumbers(vector: readonly number[] | string): readonly number[] {
  if (typeof vector !== 'string') return vector;
  const bytes = Buffer.from(vector, 'base64');
  const numbers: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) numbers.push(bytes.readFloatLE(at));
  return numbers;
}
