// Together takes the schema beside the type, without OpenAI's wrapper: {type, schema}. `strict` has no counterpart: it always constrains.
import { isObject } from '../../core/json.ts';
import type { Reshape } from '../provider.ts';

export const flatJsonSchema: Reshape = {
  name: 'json-schema-flat',
  members: ['response_format'],
  when: ['"json_schema"'],
  apply(body) {
    const format = body['response_format'];
    if (!isObject(format) || format['type'] !== 'json_schema' || !isObject(format['json_schema'])) return;
    body['response_format'] = { type: 'json_schema', schema: format['json_schema']['schema'] ?? {} };
  },
};
