// What the load sends. The behaviour wanted from the mock upstream is a mark in the prompt's text,
// because that is the one thing every proxy passes on, translated or not.
import { conversation, type WireDialect } from './wire-dialect.ts';

export interface StreamWish {
  readonly chunks: number;
  /** Milliseconds between chunks; 0 = all chunks in one write. */
  readonly gapMs: number;
  /** Stop after the first chunk and keep the stream open. */
  readonly hold?: boolean;
}

export interface RequestWish {
  /** The dialect the client speaks. */
  readonly dialect: WireDialect;
  readonly model: string;
  /** The whole body comes to about this size. */
  readonly bodyBytes: number;
  readonly stream?: StreamWish;
}

function markOf(wish: StreamWish): string {
  return `[bench chunks=${wish.chunks} gap=${wish.gapMs} hold=${wish.hold === true ? 1 : 0}]`;
}

/** Reads the mark back; undefined when the text after `[bench ` is not one of ours. */
export function readMark(text: string): StreamWish | undefined {
  const found = /^\[bench chunks=(\d+) gap=(\d+) hold=([01])\]/.exec(text);
  if (!found) return undefined;
  return { chunks: Number(found[1]), gapMs: Number(found[2]), hold: found[3] === '1' };
}

// Quotes, line feeds and two letters outside ASCII, as in real prompts: what a JSON scanner must step over.
const prose = 'The gateway answers "as it should",\nand the next line – naïve as it is – says so again.\n';

/** A conversation of the wanted size: turns of at most 4 KB each, the mark in the first. */
export function requestBody(wish: RequestWish): string {
  let body = '';
  // The size of the JSON is not the size of its text (escapes); three steps come within some bytes of it.
  let textBytes = wish.bodyBytes;
  for (let step = 0; step < 4; step += 1) {
    body = JSON.stringify(bodyOf(wish, textBytes));
    textBytes = Math.max(0, textBytes + wish.bodyBytes - new TextEncoder().encode(body).length);
  }
  return body;
}

function bodyOf(wish: RequestWish, textBytes: number): object {
  const { dialect, model, stream } = wish;
  const text = prose.repeat(Math.ceil(textBytes / prose.length)).slice(0, textBytes);
  const turns = Math.max(1, Math.ceil(textBytes / 4096) | 1);
  const turnBytes = Math.ceil(textBytes / turns);
  const spoken = Array.from(
    { length: turns },
    (_, turn) => `${turn === 0 && stream ? `${markOf(stream)} ` : ''}Turn ${turn}: ${text.slice(turn * turnBytes, (turn + 1) * turnBytes)}`,
  );
  return conversation(dialect, {
    model,
    system: 'You are a careful assistant. Answer briefly.',
    turns: spoken,
    stream: stream !== undefined,
  });
}
