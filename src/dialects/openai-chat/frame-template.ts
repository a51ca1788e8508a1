// Recognises a content chunk of a stream without parsing it. Nearly all chunks of a stream differ in one string only; once one
// of them has been parsed, the text around that string proves that the others carry nothing else: no usage, no finish
// reason, no error. Any deviation, were it a space, is simply no match and goes the slow way.
import { asArray, asObject, isObject, type JsonObject, type JsonValue, tryParseJson } from '../../core/json.ts';

export interface FrameTemplate {
  /** Bytes of the varying string, as it is spelled, when the line `text[start, end)` is such a chunk; else -1. `text` is latin1: one character a byte. */
  measure(text: string, start: number, end: number): number;
}

const slot = /"(?:content|reasoning_content|reasoning|arguments|refusal)"\s*:\s*"(?!")/g;
/** Random padding against traffic analysis: OpenAI's `obfuscation`, Mistral's `p`. */
const padding = /"(?:obfuscation|p)"\s*:\s*"/;

/**
 * Learns from a single-line frame (latin1); undefined when it is not one in which only one string varies. The line is kept as long as the
 * template, so it must be a string of its own and no part of a network read.
 */
export function learnTemplate(line: string): FrameTemplate | undefined {
  slot.lastIndex = 0;
  for (let found = slot.exec(line); found !== null; found = slot.exec(line)) {
    const from = found.index + found[0].length;
    const to = closingQuote(line, from);
    if (to === -1) return undefined;
    const template = cutTemplate(line, from, to);
    if (template !== undefined) return template;
  }
  return undefined;
}

function cutTemplate(line: string, from: number, to: number): FrameTemplate | undefined {
  const head = line.slice(0, from);
  const rest = line.slice(to);
  const padded = padding.exec(rest);
  const tail = padded === null ? rest : rest.slice(0, padded.index + padded[0].length);
  const paddingEnd = padded === null ? -1 : closingQuote(rest, tail.length);
  if (padded !== null && paddingEnd === -1) return undefined;
  const close = padded === null ? undefined : rest.slice(paddingEnd);
  // The proof: the same chunk with another text in its place is still nothing but content.
  if (!head.startsWith('data:') || !isPlainContent(tryParseJson(`${head.slice(5)}x${tail}${close ?? ''}`))) return undefined;

  return {
    measure(text, start, end) {
      const begin = start + head.length;
      if (begin > end || text.slice(start, begin) !== head) return -1;
      const quote = closingQuote(text, begin);
      if (quote === -1) return -1;
      const after = quote + tail.length;
      if (after > end || text.slice(quote, after) !== tail) return -1;
      if (close === undefined) return after === end ? quote - begin : -1;
      const last = closingQuote(text, after);
      return last + close.length === end && text.slice(last, end) === close ? quote - begin : -1;
    },
  };
}

/** Offset of the quote that ends the JSON string starting at `from`; -1 without one. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at > from && text.charCodeAt(at - 1) === 92) {
    let slashes = 1;
    while (at - slashes > from && text.charCodeAt(at - 1 - slashes) === 92) slashes += 1;
    if (slashes % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
  return at;
}

function isPlainContent(chunk: JsonValue | undefined): boolean {
  if (!isObject(chunk) || isObject(chunk.usage) || isObject(asObject(chunk.x_groq)?.usage)) return false;
  if (chunk.error !== undefined && chunk.error !== null) return false;
  const choices = asArray(chunk.choices) ?? [];
  return choices.length > 0 && choices.every(isUnfinished) && hasContent(chunk);
}

function isUnfinished(choice: JsonValue): boolean {
  return isObject(choice) && (choice.finish_reason ?? null) === null && (choice.error ?? null) === null && !isObject(choice.usage);
}

/** Whether a chunk says anything: text, reasoning, a refusal, a tool call, or media. */
export function hasContent(chunk: JsonObject): boolean {
  return (asArray(chunk.choices) ?? []).some((choice) => {
    const delta = asObject(asObject(choice)?.delta) ?? asObject(asObject(choice)?.message);
    return delta !== undefined && contentFields.some((field) => isFilled(delta[field]));
  });
}

const contentFields = [
  'content',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'thinking_blocks',
  'refusal',
  'tool_calls',
  'function_call',
  'images',
  'audio',
] as const;

function isFilled(value: JsonValue | undefined): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0;
  return isObject(value);
}
