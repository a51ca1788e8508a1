// Reads members of a caller's body. A wrong type is the caller's mistake and names the field, never a crash further down.
import { GatewayError } from '../../core/errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';

export function wrongField(path: string, expected: string): GatewayError {
  return new GatewayError('invalid_request', `${path}: expected ${expected}`, { param: path });
}

export function requireString(value: unknown, path: string): string {
  if (typeof value !== 'string') throw wrongField(path, 'a string');
  return value;
}

export function requireObject(value: unknown, path: string): JsonObject {
  if (!isObject(value)) throw wrongField(path, 'an object');
  return value;
}

export function requireArray(value: unknown, path: string): readonly JsonValue[] {
  if (!Array.isArray(value)) throw wrongField(path, 'an array');
  return value as readonly JsonValue[];
}

/** Null counts as absent in all `optional…` readers: SDKs of typed languages send it for unset fields. */
export function optionalString(value: unknown, path: string): string | undefined {
  return value === undefined || value === null ? undefined : requireString(value, path);
}

export function optionalNumber(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongField(path, 'a number');
  return value;
}

export function optionalBoolean(value: unknown, path: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw wrongField(path, 'true or false');
  return value;
}

export function optionalObject(value: unknown, path: string): JsonObject | undefined {
  return value === undefined || value === null ? undefined : requireObject(value, path);
}

export function optionalArray(value: unknown, path: string): readonly JsonValue[] | undefined {
  return value === undefined || value === null ? undefined : requireArray(value, path);
}

/** A whole number of at least `least`. */
export function requireInteger(value: unknown, path: string, least: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least) throw wrongField(path, `a whole number of at least ${least}`);
  return value;
}

/** The members that `known` does not name, or undefined when there are none. */
export function unknownMembers(body: JsonObject, known: ReadonlySet<string>): JsonObject | undefined {
  const unknown = Object.entries(body).filter(([key, value]) => !known.has(key) && value !== undefined);
  // fromEntries and not assignment: a caller's `__proto__` member stays plain data.
  return unknown.length === 0 ? undefined : (Object.fromEntries(unknown) as JsonObject);
}

/** Unknown members that say something: providers send null for everything that does not apply. */
export function toldMembers(body: JsonObject, known: ReadonlySet<string>): JsonObject | undefined {
  const told = Object.entries(body).filter(([key, value]) => !known.has(key) && value !== undefined && value !== null);
  return told.length === 0 ? undefined : (Object.fromEntries(told) as JsonObject);
}
