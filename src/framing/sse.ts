// Server-sent events, both ways. Bytes in any cut → complete frames; frames → text.

export interface SseFrame {
  /** The `event:` field, '' when absent. */
  readonly event: string;
  /** The `data:` lines joined with \n. */
  readonly data: string;
}

/** One frame as text with LF line ends. */
export function encodeSse(data: string, event = ''): string {
  return event === '' ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
}
