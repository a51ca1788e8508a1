// xAI refuses `additionalProperties: false` in tool parameters and answer schemas.
import { isObject, type JsonValue } from '../../core/json.ts';
import type { Reshape } from '../provider.ts';

export const stripAdditionalProperties: Reshape = {
  name: 'strip-additional-properties',
  members: ['tools', 'response_format'],
  when: { keys: ['additionalProperties'] },
  apply(body, { warn }) {
    for (const member of ['tools', 'response_format']) {
      const before = body[member] as JsonValue | undefined;
      if (before === undefined) continue;
      const after = strip(before);
      if (after === before) continue;
      body[member] = after;
      warn({ field: member, kind: 'changed', message: 'additionalProperties: false was removed: the provider refuses it' });
    }
  },
};

/** The same value when there was nothing to remove. A property that happens to be called additionalProperties holds a schema, not false. */
function strip(value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    const items = (value as JsonValue[]).map(strip);
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isObject(value)) return value;
  let changed = false;
  const entries: [string, JsonValue][] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    if (key === 'additionalProperties' && member === false) {
      changed = true;
      continue;
    }
    const stripped = strip(member);
    if (stripped !== member) changed = true;
    entries.push([key, stripped]);
  }
  return changed ? Object.fromEntries(entries) : value;
}
