// Virtual keys over HTTP, for those who hold the admin key. The secret is in the answer of the creation and nowhere else.
import { GatewayError } from '../../core/errors.ts';
import { asArray, asString, isObject, type JsonObject, parseJson } from '../../core/json.ts';
import { scanObject } from '../../core/json-outline.ts';
import { readDuration } from '../../core/duration.ts';
import type { Key, KeyRing } from '../../ledger/key-ring.ts';
import type { Call } from '../call.ts';
import { type BodyLimits, readBody } from '../read-body.ts';

export interface KeyRoutesOptions {
  readonly keys: KeyRing;
  readonly limits: BodyLimits & { readonly jsonDepth: number };
  readonly nowMs: () => number;
}

const allowedFields: ReadonlySet<string> = new Set(['name', 'models', 'expires']);

export function createKeyHandler(options: KeyRoutesOptions): (call: Call) => Promise<void> {
  return async (call) => {
    const bytes = await readBody(call.request, options.limits);
    scanObject(bytes, { maxDepth: options.limits.jsonDepth });
    const body = parseJson(bytes.toString());
    if (!isObject(body)) throw new GatewayError('invalid_request', 'the body must be a JSON object');
    const wish = readWish(body, options.nowMs());
    const { key, secret } = options.keys.createKey(wish);
    call.json(201, { ...describeKey(key), key: secret }, ['cache-control', 'no-store']);
  };
}

export function listKeysHandler(options: KeyRoutesOptions): (call: Call) => void {
  return (call) => call.json(200, { object: 'list', data: options.keys.listKeys().map(describeKey) });
}

export function revokeKeyHandler(options: KeyRoutesOptions): (call: Call) => void {
  return (call) => {
    const id = call.params['id'] ?? '';
    const key = options.keys.revokeKey(id);
    if (key === undefined) throw new GatewayError('not_found', `there is no key ${id.slice(0, 80)}; GET /admin/keys lists them`);
    call.json(200, describeKey(key));
  };
}

/** Unknown fields are refused: a misspelt `models` would otherwise make a key for everything. */
function readWish(body: JsonObject, nowMs: number): { name: string; models?: readonly string[]; expiresMs?: number } {
  for (const field of Object.keys(body)) {
    if (!allowedFields.has(field)) {
      throw new GatewayError('invalid_request', `unknown field "${field.slice(0, 60)}"; a key has ${[...allowedFields].join(', ')}`, {
        param: field,
      });
    }
  }
  const name = asString(body['name']);
  if (name === undefined) throw new GatewayError('invalid_request', 'name must be a string', { param: 'name' });
  const models = asArray(body['models']);
  if (body['models'] !== undefined && (models === undefined || models.some((model) => typeof model !== 'string'))) {
    throw new GatewayError('invalid_request', 'models must be a list of strings', { param: 'models' });
  }
  const expires = body['expires'];
  const expiresMs = expires === undefined ? undefined : readExpiry(expires, nowMs);
  return { name, ...(models !== undefined && { models: models as readonly string[] }), ...(expiresMs !== undefined && { expiresMs }) };
}

/** `30d`, or an ISO date. */
function readExpiry(value: unknown, nowMs: number): number {
  const text = asString(value) ?? '';
  const durationMs = readDuration(text);
  const timeMs = durationMs === undefined ? Date.parse(text) : nowMs + durationMs;
  if (Number.isFinite(timeMs)) return timeMs;
  throw new GatewayError('invalid_request', 'expires must be a duration ("30d", "12h") or an ISO date', { param: 'expires' });
}

function describeKey(key: Key): Record<string, unknown> {
  return {
    id: key.id,
    name: key.name,
    last4: key.last4,
    models: key.models ?? null,
    created: new Date(key.createdMs).toISOString(),
    expires: key.expiresMs === undefined ? null : new Date(key.expiresMs).toISOString(),
    revoked: key.revokedMs === undefined ? null : new Date(key.revokedMs).toISOString(),
  };
}
