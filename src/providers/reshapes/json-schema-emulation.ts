// DeepSeek has JSON mode but no schemas: the schema goes into the system prompt, which must contain the word JSON anyway.
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Reshape } from '../provider.ts';

export const jsonSchemaEmulation: Reshape = {
  name: 'json-schema-emulation',
  members: ['response_format', 'messages'],
  when: ['"json_schema"'],
  apply(body, { warn }) {
    const format = body['response_format'];
    if (!isObject(format) || format['type'] !== 'json_schema' || !isObject(format['json_schema'])) return;
    const schema = JSON.stringify(format['json_schema']['schema'] ?? {});
    body['response_format'] = { type: 'json_object' };
    body['messages'] = withInstruction(body['messages'], `Answer with one JSON object that is valid against this JSON schema:\n${schema}`);
    warn({ field: 'response_format', kind: 'emulated', message: 'the provider has JSON mode only; the schema was put into the prompt' });
  },
};

function withInstruction(messages: unknown, instruction: string): JsonValue {
  const list = Array.isArray(messages) ? (messages as JsonValue[]) : [];
  const first = list[0];
  if (isObject(first) && first['role'] === 'system' && typeof first['content'] === 'string') {
    const merged: JsonObject = { ...first, content: `${first['content']}\n\n${instruction}` };
    return [merged, ...list.slice(1)];
  }
  return [{ role: 'system', content: instruction }, ...list];
}
