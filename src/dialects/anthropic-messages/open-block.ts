// A content block of the vendor's stream while it is open, and the collecting of blocks we pass on as a whole.
import { asString, type JsonObject, type MutableJson, tryParseJson } from '../../core/json.ts';

export interface OpenBlock {
  readonly kind: 'text' | 'thinking' | 'tool' | 'json' | 'opaque' | 'ignored';
  /** Our number; undefined until something was emitted for it. */
  block: number | undefined;
  /** Arguments so far. */
  input: string;
  /** What `content_block_start` held. */
  readonly start: MutableJson;
}

export function collectOpaque(open: OpenBlock, delta: JsonObject): void {
  const piece = asString(delta.partial_json);
  if (piece !== undefined) open.input += piece;
  for (const field of ['text', 'content', 'thinking', 'signature']) {
    const more = asString(delta[field]);
    if (more !== undefined) open.start[field] = (asString(open.start[field]) ?? '') + more;
  }
}

export function finishOpaque(open: OpenBlock): JsonObject {
  const input = open.input.trim() === '' ? undefined : (tryParseJson(open.input) ?? open.input);
  return { ...open.start, ...(input !== undefined && { input }) } as JsonObject;
}
