// Servers that know `json_schema` but refuse `json_object` (LM Studio, Perplexity): any object is a schema too.
import { isObject } from '../../core/json.ts';
import type { Reshape } from '../provider.ts';

export const jsonObjectAsSchema: Reshape = {
  name: 'json-object-as-schema',
  members: ['response_format'],
  when: ['"json_object"'],
  apply(body, { warn }) {
    const format = body['response_format'];
    if (!isObject(format) || format['type'] !== 'json_object') return;
    body['response_format'] = { type: 'json_schema', json_schema: { name: 'json', schema: { type: 'object' } } };
    warn({ field: 'response_format', kind: 'emulated', message: 'the provider takes schemas only; sent as the schema of any object' });
  },
};
