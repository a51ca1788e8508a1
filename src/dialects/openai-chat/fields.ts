// Typed reading of request members: null and absent are the same, a wrong type is `invalid_request` naming the member.
import { GatewayError } from '../../core/errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';

export function invalid(param: string, problem: string): GatewayError {
  return new GatewayError('invalid_request', `${param} ${problem}`, { param });
}

/** The value of a member where null means absent. */
function present(source: JsonObject, key: string): JsonValue | undefined {
  const value = source[key];
  return value === null ? undefined : value;
}

const at = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

export function readString(source: JsonObject, key: string, path = ''): string | undefined {
  const value = present(source, key);
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(at(path, key), `must be a string, not ${nameOf(value)}`);
}

export function readNumber(source: JsonObject, key: string, path = ''): number | undefined {
  const value = present(source, key);
  if (value === undefined || typeof value === 'number') return value;
  throw invalid(at(path, key), `must be a number, not ${nameOf(value)}`);
}

export function readInteger(source: JsonObject, key: string, path = ''): number | undefined {
  const value = readNumber(source, key, path);
  if (value === undefined || Number.isInteger(value)) return value;
  throw invalid(at(path, key), 'must be a whole number');
}

/** A whole number of at least 1. */
export function readCount(source: JsonObject, key: string, path = ''): number | undefined {
  const value = readInteger(source, key, path);
  if (value === undefined || value >= 1) return value;
  throw invalid(at(path, key), 'must be at least 1');
}

export function readBoolean(source: JsonObject, key: string, path = ''): boolean | undefined {
  const value = present(source, key);
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalid(at(path, key), `must be true or false, not ${nameOf(value)}`);
}

export function readObject(source: JsonObject, key: string, path = ''): JsonObject | undefined {
  const value = present(source, key);
  if (value === undefined || isObject(value)) return value;
  throw invalid(at(path, key), `must be an object, not ${nameOf(value)}`);
}

export function readArray(source: JsonObject, key: string, path = ''): readonly JsonValue[] | undefined {
  const value = present(source, key);
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value as readonly JsonValue[];
  throw invalid(at(path, key), `must be a list, not ${nameOf(value)}`);
}

export function requireString(source: JsonObject, key: string, path: string): string {
  const value = readString(source, key, path);
  if (value === undefined) throw invalid(at(path, key), 'is missing; it must be a string');
  return value;
}

export function nameOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
