// Reading a task's body member by member: wrong types are `invalid_request` naming the field. Members of a multipart form are
// texts, so numbers and flags are read from texts, too.
import { GatewayError } from '../../core/errors.ts';
import { asArray, type JsonObject, type JsonValue } from '../../core/json.ts';

export function wrongField(field: string, message: string): GatewayError {
  return new GatewayError('invalid_request', `${field} ${message}`, { param: field });
}

const isAbsent = (value: JsonValue | undefined): value is undefined | null => value === undefined || value === null;

export function readText(body: JsonObject, field: string): string | undefined {
  const value = body[field];
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'string') throw wrongField(field, 'must be a string');
  return value;
}

/** Must be there and say something. */
export function needText(body: JsonObject, field: string): string {
  const value = readText(body, field);
  if (value === undefined || value.trim() === '') throw wrongField(field, 'must be a non-empty string');
  return value;
}

export interface NumberLimits {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: true;
}

export function readNumber(body: JsonObject, field: string, limits: NumberLimits = {}): number | undefined {
  const given = body[field];
  if (isAbsent(given) || given === '') return undefined;
  const value = typeof given === 'string' ? Number(given) : given;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongField(field, 'must be a number');
  if (limits.integer === true && !Number.isInteger(value)) throw wrongField(field, 'must be a whole number');
  if (limits.min !== undefined && value < limits.min) throw wrongField(field, `must be at least ${limits.min}`);
  if (limits.max !== undefined && value > limits.max) throw wrongField(field, `must be at most ${limits.max}`);
  return value;
}

export function readFlag(body: JsonObject, field: string): boolean | undefined {
  const value = body[field];
  if (isAbsent(value)) return undefined;
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw wrongField(field, 'must be true or false');
}

export function readOneOf<Word extends string>(body: JsonObject, field: string, words: readonly Word[]): Word | undefined {
  const value = readText(body, field);
  if (value === undefined) return undefined;
  const word = words.find((one) => one === value);
  if (word === undefined) throw wrongField(field, `must be one of ${words.join(', ')}`);
  return word;
}

/** A list of texts; a single text counts as a list of one. */
export function readTexts(body: JsonObject, field: string): readonly string[] | undefined {
  const value = body[field];
  if (isAbsent(value)) return undefined;
  const items = typeof value === 'string' ? [value] : asArray(value);
  if (items === undefined || !items.every((item) => typeof item === 'string')) throw wrongField(field, 'must be a list of strings');
  return items as readonly string[];
}

/** `1024x1536`; undefined where the caller leaves it to the model. */
export function readSize(body: JsonObject, field: string): { readonly width: number; readonly height: number } | undefined {
  const value = readText(body, field);
  if (value === undefined || value === 'auto' || value === '') return undefined;
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(value);
  if (match === null) throw wrongField(field, 'must be a size such as 1024x1024, or auto');
  return { width: Number(match[1]), height: Number(match[2]) };
}

/** Members that the canonical form has no word for. They travel with the request and are a warning where they end. */
export function otherMembers(body: JsonObject, known: ReadonlySet<string>): JsonObject | undefined {
  const others = Object.entries(body).filter(([key, value]) => !known.has(key) && value !== undefined && value !== null);
  return others.length === 0 ? undefined : Object.fromEntries(others);
}
