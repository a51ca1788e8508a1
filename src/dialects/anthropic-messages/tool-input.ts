// Tool arguments: text in the canonical form (as models write it), an object on this dialect's wire.
import { isObject, type JsonObject, type JsonValue, tryParseJson } from '../../core/json.ts';

interface ToolInput {
  readonly input: JsonObject;
  /** The text was no JSON object and stands inside `input` as it was. */
  readonly wrapped: boolean;
}

/** Broken arguments are wrapped instead of refused: the reader sees what the model wrote and can answer to it. */
export function toToolInput(text: string): ToolInput {
  if (text.trim() === '') return { input: {}, wrapped: false };
  const value = tryParseJson(text);
  if (isObject(value)) return { input: value, wrapped: false };
  return value === null ? { input: {}, wrapped: false } : { input: { rawInvalidInput: text }, wrapped: true };
}

/** A tool without parameters is called with an empty object, never with nothing. */
export function toArguments(input: JsonValue | undefined): string {
  if (input === undefined || input === null || input === '') return '{}';
  return typeof input === 'string' ? input : JSON.stringify(input);
}
