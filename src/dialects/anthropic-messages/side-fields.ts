// Members of a block that the canonical part has no word for (citations, document context) travel as an opaque part right
// after it. Within this dialect they are put back; other dialects warn about the opaque part and still carry the block itself.
import type { Part } from '../../canonical/chat.ts';
import { type JsonObject, isObject } from '../../core/json.ts';

const sideFieldsType = 'block_fields';

export function sideFieldsPart(fields: JsonObject): Part {
  return { type: 'opaque', dialect: 'anthropic-messages', wire: { type: sideFieldsType, fields } };
}

/** The members to put back on the block before this one, or undefined when the opaque wire is a block of its own. */
export function readSideFields(wire: JsonObject): JsonObject | undefined {
  return wire.type === sideFieldsType && isObject(wire.fields) ? wire.fields : undefined;
}
