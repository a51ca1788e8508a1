// Newline-delimited JSON: one object a line.

/** One frame; JSON text never holds a raw line end. */
export function encodeNdjson(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
