// Rerank in the form of Cohere, Jina and LiteLLM.
import type { Shape } from '../../core/json-outline.ts';
import { cohereEmbed } from '../../dialects/cohere-v2/embed.ts';
import { cohereRerank } from '../../dialects/cohere-v2/rerank.ts';
import { anyTask } from '../../dialects/task-dialect.ts';
import type { TaskRoute } from './task-route.ts';

const text: Shape = { kinds: ['string'] };
const optional = (kind: 'string' | 'boolean'): Shape => ({ kinds: [kind, 'null'] });

const rerankShape: Shape = {
  kinds: ['object'],
  required: ['query', 'documents'],
  members: new Map<string, Shape>([
    ['model', optional('string')],
    ['query', text],
    ['documents', { kinds: ['array'], notEmpty: true, items: { kinds: ['string', 'object'] } }],
    ['top_n', { kinds: ['number', 'null'], integer: true, min: 1 }],
    ['max_tokens_per_doc', { kinds: ['number', 'null'], integer: true, min: 1 }],
    ['return_documents', optional('boolean')],
    ['rank_fields', { kinds: ['array', 'null'], items: text }],
  ]),
};

/** `/v2/rerank`: Cohere's own, whose bytes pass to Cohere unchanged. */
export const rerankRoute: TaskRoute = {
  task: 'rerank',
  dialect: anyTask(cohereRerank),
  need: 'rerank',
  modality: 'scores',
  shape: rerankShape,
};

/** `/v1/rerank` and `/rerank`: the older form, with documents that may be objects and come back when asked for; no upstream has all of it. */
export const olderRerankRoute: TaskRoute = { ...rerankRoute, alwaysTranslated: true };

const embedShape: Shape = {
  kinds: ['object'],
  members: new Map<string, Shape>([
    ['model', optional('string')],
    ['texts', { kinds: ['array', 'null'], items: text }],
    ['images', { kinds: ['array', 'null'], items: text }],
    ['inputs', { kinds: ['array', 'null'], items: { kinds: ['object'] } }],
    ['input_type', optional('string')],
    ['embedding_types', { kinds: ['array', 'null'], items: text }],
    ['output_dimension', { kinds: ['number', 'null'], integer: true, min: 1 }],
    ['truncate', optional('string')],
  ]),
};

/** `/v2/embed`. */
export const cohereEmbedRoute: TaskRoute = {
  task: 'embed',
  dialect: anyTask(cohereEmbed),
  need: 'embeddings',
  modality: 'embedding',
  shape: embedShape,
};
