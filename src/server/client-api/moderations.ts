// OpenAI's moderations.
import { asArray, asObject, type JsonValue } from '../../core/json.ts';
import type { Shape } from '../../core/json-outline.ts';
import { anyTask } from '../../dialects/task-dialect.ts';
import { openaiModerations } from '../../dialects/tasks/openai-moderations.ts';
import type { TaskRoute } from './task-route.ts';

export const moderationsRoute: TaskRoute = {
  task: 'moderate',
  dialect: anyTask(openaiModerations),
  need: 'moderation',
  modality: 'scores',
  shape: {
    kinds: ['object'],
    required: ['input'],
    members: new Map<string, Shape>([
      ['model', { kinds: ['string', 'null'] }],
      ['input', { kinds: ['string', 'array'], notEmpty: true, items: { kinds: ['string', 'object'] } }],
    ]),
  },
  rewrite: () => withVerdict,
};

/** Some servers of this grammar leave the verdict to the reader; a caller who reads `flagged` would take everything for harmless. */
function withVerdict(json: JsonValue): string | undefined {
  const body = asObject(json);
  const results = asArray(body?.['results']) ?? [];
  if (results.every((entry) => typeof asObject(entry)?.['flagged'] === 'boolean')) return undefined;
  const judged = results.map((entry) => {
    const result = asObject(entry) ?? {};
    return { flagged: Object.values(asObject(result['categories']) ?? {}).includes(true), ...result };
  });
  return JSON.stringify({ ...body, results: judged });
}
