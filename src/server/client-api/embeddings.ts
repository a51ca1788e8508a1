// Embeddings: the caller's bytes to the provider, its bytes back; floats become base64 where that was asked and not given.
import { asArray, asObject, type JsonValue } from '../../core/json.ts';
import { readMember, type Shape } from '../../core/json-outline.ts';
import { openaiEmbeddings, toBase64 } from '../../dialects/tasks/openai-embeddings.ts';
import { anyTask } from '../../dialects/task-dialect.ts';
import type { TaskRoute } from './task-route.ts';

const shape: Shape = {
  kinds: ['object'],
  required: ['input'],
  members: new Map<string, Shape>([
    ['model', { kinds: ['string', 'null'] }],
    // A text, texts, token ids, lists of token ids (LangChain for Python sends those).
    [
      'input',
      { kinds: ['string', 'array'], notEmpty: true, items: { kinds: ['string', 'number', 'array'], items: { kinds: ['number'] } } },
    ],
    ['dimensions', { kinds: ['number', 'null'], integer: true, min: 1 }],
    ['encoding_format', { kinds: ['string', 'null'], oneOf: ['float', 'base64'] }],
    ['user', { kinds: ['string', 'null'] }],
  ]),
};

export const embeddingsRoute: TaskRoute = {
  task: 'embed',
  dialect: anyTask(openaiEmbeddings),
  need: 'embeddings',
  modality: 'embedding',
  shape,
  rewrite: (scanned) => (readMember(scanned, 'encoding_format') === 'base64' ? vectorsToBase64 : undefined),
};

/** Untouched when the provider did it already. */
function vectorsToBase64(json: JsonValue): string | undefined {
  const body = asObject(json);
  const data = asArray(body?.['data']) ?? [];
  if (!data.some((entry) => Array.isArray(asObject(entry)?.['embedding']))) return undefined;
  return JSON.stringify({
    ...body,
    data: data.map((entry) => {
      const fields = asObject(entry);
      const vector = asArray(fields?.['embedding']);
      return vector === undefined ? entry : { ...fields, embedding: toBase64(vector as readonly number[]) };
    }),
  });
}
