// Virtual keys over HTTP. The admin key manages all of them; a key with the scope `team-admin` those of its team, and never beyond
// what it may do itself. A secret is in the answer of the creation or rotation and nowhere else.
import { readDuration } from '../../core/duration.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Principal } from '../../gateway/call.ts';
import { mayUseName } from '../../ledger/allow-list.ts';
import type { AuditLog } from '../../ledger/audit/audit-log.ts';
import type { Key, KeyRing, NewKey } from '../../ledger/key-ring.ts';
import { type OwnerKind, type Scope, scopes } from '../../ledger/owners/owner.ts';
import type { OwnerStore } from '../../ledger/owners/owner-store.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../router.ts';
import {
  type AdminBodyLimits,
  isoOrNull,
  readExpiry,
  readObject,
  readText,
  readTexts,
  refuseUnknownFields,
  wrongField,
} from './read-fields.ts';

export interface KeyRoutesOptions {
  readonly keys: KeyRing;
  readonly owners: OwnerStore;
  readonly audit: AuditLog;
  readonly limits: AdminBodyLimits;
  readonly nowMs: () => number;
}

const keyFields = ['name', 'models', 'expires', 'user_id', 'team_id', 'organisation_id', 'tags', 'scopes'] as const;
/** What a team's manager may set; whose the key is follows from the manager. */
const managerFields = ['name', 'models', 'expires', 'user_id', 'tags'] as const;
const defaultOverlapMs = 24 * 3_600_000;
const longestOverlapMs = 90 * 24 * 3_600_000;

export function createKeyHandler(options: KeyRoutesOptions): Handler {
  return async (call) => {
    const body = await readObject(call, options.limits);
    if (typeof body['name'] !== 'string') throw wrongField('name', 'name must be a string');
    const changes = readKeyFields(body, call.principal, options);
    const wish: Record<string, unknown> = {};
    for (const [field, value] of Object.entries(changes)) if (value !== null && value !== undefined) wish[field] = value;
    const { key, secret } = options.keys.createKey(wish as unknown as NewKey);
    const detail = describeKey(key);
    options.audit.record({ actor: call.principal.id, action: 'key.create', target: key.id, detail });
    call.json(201, { ...detail, key: secret }, ['cache-control', 'no-store']);
  };
}

export function listKeysHandler({ keys }: KeyRoutesOptions): Handler {
  return (call) => {
    const data = keys.listKeys().filter((key) => maySee(call.principal, key, keys));
    call.json(200, { object: 'list', data: data.map(describeKey) });
  };
}

export function getKeyHandler(options: KeyRoutesOptions): Handler {
  return (call) => call.json(200, describeKey(findKey(call, options)));
}

export function updateKeyHandler(options: KeyRoutesOptions): Handler {
  return async (call) => {
    const body = await readObject(call, options.limits);
    const { id } = findKey(call, options);
    if (body['name'] === null) throw wrongField('name', 'a key needs a name');
    const changes = readKeyFields(body, call.principal, options);
    const key = options.keys.updateKey(id, changes);
    if (key === undefined) throw noSuchKey(id);
    const detail = describeKey(key);
    options.audit.record({
      actor: call.principal.id,
      action: 'key.update',
      target: id,
      detail: { fields: Object.keys(body), after: detail },
    });
    call.json(200, detail);
  };
}

/** Both secrets open until the overlap is over: clients change theirs without a gap. */
export function rotateKeyHandler(options: KeyRoutesOptions): Handler {
  return async (call) => {
    const body = call.header('content-length') === '0' ? {} : await readObject(call, options.limits);
    refuseUnknownFields(body, ['overlap'], 'a rotation');
    const { id } = findKey(call, options);
    const overlapMs = body['overlap'] === undefined ? defaultOverlapMs : readOverlap(body['overlap']);
    const rotated = options.keys.rotateKey(id, overlapMs);
    if (rotated === undefined) throw wrongField('id', `the key ${id} is revoked; make a new one`);
    const detail = describeKey(rotated.key);
    options.audit.record({ actor: call.principal.id, action: 'key.rotate', target: id, detail });
    call.json(200, { ...detail, key: rotated.secret }, ['cache-control', 'no-store']);
  };
}

export function revokeKeyHandler(options: KeyRoutesOptions): Handler {
  return (call) => {
    const { id } = findKey(call, options);
    const key = options.keys.revokeKey(id);
    if (key === undefined) throw noSuchKey(id);
    options.audit.record({ actor: call.principal.id, action: 'key.revoke', target: id });
    call.json(200, describeKey(key));
  };
}

/** A key of another team does not exist for a team's manager. */
function findKey(call: Call, { keys }: KeyRoutesOptions): Key {
  const id = call.params['id'] ?? '';
  const key = keys.getKey(id);
  if (key === undefined || !maySee(call.principal, key, keys)) throw noSuchKey(id);
  // Else a manager could end, or take over, the one who made it a manager.
  if (isManager(call.principal) && call.request.method !== 'GET' && key.scopes?.includes('team-admin') === true)
    throw new GatewayError('scope_required', 'a key that manages its team is changed with the admin key only');
  return key;
}

function noSuchKey(id: string): GatewayError {
  return new GatewayError('not_found', `there is no key ${id.slice(0, 80)}; GET /admin/keys lists them`);
}

function isManager({ id }: Principal): boolean {
  return id !== 'admin' && id !== 'open';
}

function maySee(principal: Principal, key: Key, keys: KeyRing): boolean {
  return !isManager(principal) || (principal.owners?.teamId !== undefined && keys.ownersOf(key).teamId === principal.owners.teamId);
}

type KeyFields = { -readonly [Field in keyof Omit<NewKey, 'name'>]?: NewKey[Field] | null } & { name?: string };

function readKeyFields(body: JsonObject, principal: Principal, { owners, nowMs }: KeyRoutesOptions): KeyFields {
  const manager = isManager(principal) ? principal : undefined;
  if (manager !== undefined) {
    for (const field of keyFields)
      if (body[field] !== undefined && !managerFields.some((allowed) => allowed === field))
        throw new GatewayError('scope_required', `${field} can be set with the admin key only`, { param: field });
  }
  refuseUnknownFields(body, manager === undefined ? keyFields : managerFields, 'a key');
  const fields: KeyFields = {
    ...given('name', readText(body, 'name') ?? undefined),
    ...given('models', readTexts(body, 'models')),
    ...given('expiresMs', readExpiry(body, nowMs())),
    ...given('userId', readText(body, 'user_id')),
    ...given('teamId', readText(body, 'team_id')),
    ...given('organisationId', readText(body, 'organisation_id')),
    ...given('tags', readTexts(body, 'tags')),
    ...given('scopes', readScopes(body)),
  };
  assertOwner(owners, { kind: 'user', field: 'user_id', id: fields.userId });
  assertOwner(owners, { kind: 'team', field: 'team_id', id: fields.teamId });
  assertOwner(owners, { kind: 'organisation', field: 'organisation_id', id: fields.organisationId });
  if (manager !== undefined) limitToManager(fields, manager, owners);
  return fields;
}

function limitToManager(fields: KeyFields, { owners: chain, allowed }: Principal, owners: OwnerStore): void {
  const teamId = chain?.teamId;
  if (teamId !== undefined) fields.teamId = teamId;
  if (typeof fields.userId === 'string' && owners.findOwner(fields.userId)?.teamId !== teamId)
    throw wrongField('user_id', 'the user belongs to another team');
  if (allowed === undefined) return;
  const { models } = fields;
  if (models === undefined || models === null) {
    throw wrongField('models', 'name the models: your own key is limited to some');
  }
  const beyond = models.find((name) => !mayUseName(allowed, name));
  if (beyond !== undefined) throw wrongField('models', `"${beyond.slice(0, 100)}" is beyond what your own key may use`);
}

function given<Field extends string, Value>(field: Field, value: Value | undefined): { [Name in Field]?: Value } {
  return value === undefined ? {} : ({ [field]: value } as { [Name in Field]?: Value });
}

function assertOwner(
  owners: OwnerStore,
  wanted: { readonly kind: OwnerKind; readonly field: string; readonly id: string | null | undefined },
): void {
  const { kind, field, id } = wanted;
  if (id === undefined || id === null || owners.findOwner(id)?.kind === kind) return;
  throw wrongField(field, `there is no ${kind} ${id.slice(0, 80)}; GET /admin/${kind}s lists them`);
}

function readScopes(body: JsonObject): readonly Scope[] | null | undefined {
  const list = readTexts(body, 'scopes');
  if (list === undefined || list === null) return list;
  const unknown = list.find((scope) => !scopes.some((known) => known === scope));
  if (list.length > 0 && unknown === undefined) return list as Scope[];
  throw wrongField('scopes', `scopes must be a list of ${scopes.join(', ')}`);
}

function readOverlap(value: unknown): number {
  const overlapMs = value === 0 || value === '0' ? 0 : readDuration(String(value));
  if (overlapMs !== undefined && overlapMs <= longestOverlapMs) return overlapMs;
  throw wrongField('overlap', 'overlap must be a duration up to 90d, as in "24h", or 0');
}

export function describeKey(key: Key): Record<string, JsonObject[string]> {
  return {
    id: key.id,
    name: key.name,
    last4: key.last4,
    models: key.models ?? null,
    created: isoOrNull(key.createdMs),
    expires: isoOrNull(key.expiresMs),
    revoked: isoOrNull(key.revokedMs),
    user_id: key.userId ?? null,
    team_id: key.teamId ?? null,
    organisation_id: key.organisationId ?? null,
    tags: key.tags ?? [],
    scopes: key.scopes ?? ['calls'],
    previous_secret_until: isoOrNull(key.previousUntilMs),
  };
}
