// Ollama's embeddings, for clients: `/api/embed` for many texts, `/api/embeddings` for one, as the first versions had it.
import type { EmbedRequest, EmbedResponse } from '../../canonical/tasks.ts';
import { inputTotal } from '../../canonical/usage.ts';
import type { Warning } from '../../canonical/warning.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { invalid, nameOf, readBoolean, readCount, readString } from '../openai-chat/fields.ts';
import type { EncodedAnswer, TaskDialect } from '../task-dialect.ts';
import { readModel, warnOfTheRest } from './options.ts';

const understood: ReadonlySet<string> = new Set(['model', 'name', 'input', 'prompt', 'truncate', 'dimensions', 'options']);

export const ollamaEmbed: TaskDialect<EmbedRequest, EmbedResponse> = {
  id: 'ollama-embed',
  tasks: ['embed'],
  decodeRequest: (body, { warnings }) => decode(body, { inputs: readInputs(body), warnings }),
  encodeResponse: (response) => encodeMany(response),
};

export const ollamaEmbeddings: TaskDialect<EmbedRequest, EmbedResponse> = {
  id: 'ollama-embed',
  tasks: ['embed'],
  decodeRequest: (body, { warnings }) => decode(body, { inputs: [readString(body, 'prompt') ?? ''], warnings }),
  encodeResponse: ({ vectors }) => ({ kind: 'json', json: { embedding: toNumbers(vectors[0] ?? []) } }),
};

function decode(
  body: JsonObject,
  { inputs, warnings }: { readonly inputs: readonly string[]; readonly warnings: Warning[] },
): EmbedRequest {
  const dimensions = readCount(body, 'dimensions');
  const truncate = readBoolean(body, 'truncate');
  warnOfTheRest(body, understood, warnings);
  return {
    task: 'embed',
    dialect: 'ollama-embed',
    model: readModel(body),
    inputs: inputs.map((text) => ({ kind: 'text', text })),
    ...(dimensions !== undefined && { dimensions }),
    // Cutting off the end is what happens unless told otherwise.
    ...(truncate !== undefined && { truncate: truncate ? ('end' as const) : ('none' as const) }),
  };
}

function readInputs(body: JsonObject): readonly string[] {
  const { input } = body;
  if (typeof input === 'string') return [input];
  if (!Array.isArray(input) || input.length === 0) throw invalid('input', 'is missing or empty; send a text or a list of texts');
  return (input as readonly JsonValue[]).map((text, at) => {
    if (typeof text !== 'string') throw invalid(`input[${at}]`, `must be a string, not ${nameOf(text)}`);
    return text;
  });
}

function encodeMany({ model, vectors, usage }: EmbedResponse): EncodedAnswer {
  return {
    kind: 'json',
    json: {
      model,
      embeddings: vectors.map(toNumbers),
      total_duration: 1,
      load_duration: 1,
      ...(usage !== undefined && { prompt_eval_count: inputTotal(usage) }),
    },
  };
}

function toNumbers(vector: readonly number[] | string): readonly number[] {
  if (typeof vector !== 'string') return vector;
  const bytes = Buffer.from(vector, 'base64');
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) => bytes.readFloatLE(at * 4));
}
