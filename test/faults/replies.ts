// What the scripted providers say: whole answers and streams with drawn numbers, intact or spoiled in a drawn way.
import { anthropicAnswer, anthropicError, anthropicStream, openaiAnswer, openaiError, openaiStream } from '../support/canned-replies.ts';
import type { Draw } from '../support/draw.ts';
import type { Reply, SeenRequest } from '../support/fake-upstream.ts';

export type Side = 'openai' | 'anthropic';

/** How an answer is to be written. */
export interface Form {
  readonly side: Side;
  readonly stream: boolean;
}

/** Token counts that a provider tells: all input, the cached part of it, all output. */
export interface Told {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
}

export interface Turn {
  readonly reply: Reply;
  /** What is said instead, when that depends on what was asked. It ends as `reply` does. */
  readonly answerTo?: (request: SeenRequest) => Reply;
  /** What an untouched answer told; absent when something about it is spoiled. */
  readonly told?: Told;
  /** Its text, when all of it arrives. */
  readonly text?: string;
}

const words = ['alpha', 'größe', '東京', 'naïve', '🙂🙃', 'line\nbreak', '"quoted"', '\u2028', 'delta', 'end'] as const;

export function drawText(draw: Draw, most = 12): string {
  return Array.from({ length: draw.int(2, most) }, () => draw.pick(words)).join(' ');
}

export function drawTold(draw: Draw): Told {
  const input = draw.int(1, 5_000);
  return { input, cached: draw.chance(0.4) ? draw.int(0, input) : 0, output: draw.int(1, 3_000) };
}

export function intact(draw: Draw, form: Form): Turn {
  const told = drawTold(draw);
  const text = drawText(draw);
  return { told, text, reply: write(form, { text, told }) };
}

export function write({ side, stream }: Form, { text, told }: { readonly text: string; readonly told: Told }): Reply {
  const canned = { text, inputTokens: told.input, cachedTokens: told.cached, outputTokens: told.output };
  if (side === 'openai') return stream ? openaiStream(canned) : openaiAnswer(canned);
  return stream ? anthropicStream(canned) : anthropicAnswer(canned);
}

export function bodyOf(reply: Reply): Buffer {
  return Buffer.concat((reply.pieces ?? [reply.body ?? '']).map((piece) => Buffer.from(piece as string)));
}

/** The same bytes in other packets. */
export function rechopped(draw: Draw, turn: Turn): Turn {
  const { body: _body, pieces: _pieces, ...rest } = turn.reply;
  return { ...turn, reply: { ...rest, pieces: draw.chop(bodyOf(turn.reply)), gapMs: draw.pick([0, 0, 1, 3]) } };
}

type Death = 'close' | 'reset' | 'stall';

/** Ends anywhere, in any way that a dying server ends. */
export function dying(draw: Draw, form: Form, ways: readonly Death[] = ['close', 'reset', 'stall']): Turn {
  return cutAnywhere(draw, intact(draw, form), ways);
}

export function cutAnywhere(draw: Draw, turn: Turn, ways: readonly Death[] = ['close', 'reset', 'stall']): Turn {
  const { reply } = rechopped(draw, turn);
  const size = bodyOf(reply).length;
  return { reply: { ...reply, cutAt: draw.int(0, size - 1), then: draw.pick(ways) } };
}

/** An error status as this provider words it. */
export function refusing(draw: Draw, side: Side, statuses: readonly number[] = [429, 500, 502, 503, 529]): Turn {
  const status = draw.pick(statuses);
  const type = status === 429 ? 'rate_limit_error' : status === 529 || status === 503 ? 'overloaded_error' : 'api_error';
  return { reply: side === 'openai' ? openaiError(status) : anthropicError(status, type) };
}

/** Never a head. */
export const silent: Turn = { reply: { headDelayMs: Number.POSITIVE_INFINITY } };
