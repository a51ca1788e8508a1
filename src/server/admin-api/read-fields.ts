// Bodies of the admin API: one JSON object, every field known and of its type. Unknown fields are refused: a misspelt `models`
// would otherwise make a key for everything.
import { readDuration } from '../../core/duration.ts';
import { GatewayError } from '../../core/errors.ts';
import { isObject, type JsonObject, parseJson } from '../../core/json.ts';
import { scanObject } from '../../core/json-outline.ts';
import type { Call } from '../call.ts';
import { type BodyLimits, readBody } from '../read-body.ts';

export interface AdminBodyLimits extends BodyLimits {
  readonly jsonDepth: number;
}

export async function readObject(call: Call, limits: AdminBodyLimits): Promise<JsonObject> {
  const bytes = await readBody(call.request, limits);
  scanObject(bytes, { maxDepth: limits.jsonDepth });
  const body = parseJson(bytes.toString());
  if (!isObject(body)) throw new GatewayError('invalid_request', 'the body must be a JSON object');
  return body;
}

export function wrongField(param: string, message: string): GatewayError {
  return new GatewayError('invalid_request', message, { param });
}

export function refuseUnknownFields(body: JsonObject, known: readonly string[], what: string): void {
  for (const field of Object.keys(body)) {
    if (!known.includes(field))
      throw wrongField(field.slice(0, 60), `unknown field "${field.slice(0, 60)}"; ${what} has ${known.join(', ')}`);
  }
}

/** undefined = absent, null = taken away. */
export function readText(body: JsonObject, field: string): string | null | undefined {
  const value = body[field];
  if (value === undefined || value === null) return value;
  if (typeof value === 'string' && value.trim() !== '' && value.length <= 200) return value.trim();
  throw wrongField(field, `${field} must be a text of 1 to 200 characters`);
}

export function readTexts(body: JsonObject, field: string): readonly string[] | null | undefined {
  const value = body[field];
  if (value === undefined || value === null) return value;
  if (Array.isArray(value) && value.length <= 1_000 && value.every((item) => typeof item === 'string' && item !== ''))
    return value as string[];
  throw wrongField(field, `${field} must be a list of strings`);
}

/** `30d`, or an ISO date. */
export function readExpiry(body: JsonObject, nowMs: number): number | null | undefined {
  const value = body['expires'];
  if (value === undefined || value === null) return value;
  const text = typeof value === 'string' ? value : '';
  const durationMs = readDuration(text);
  const timeMs = durationMs === undefined ? Date.parse(text) : nowMs + durationMs;
  if (Number.isFinite(timeMs)) return timeMs;
  throw wrongField('expires', 'expires must be a duration ("30d", "12h") or an ISO date');
}

export function isoOrNull(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : new Date(timeMs).toISOString();
}
