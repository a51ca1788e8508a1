// Users, teams and organisations over HTTP, for those who hold the admin key.
import { GatewayError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Owner, OwnerKind } from '../../ledger/owners/owner.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../router.ts';
import type { KeyRoutesOptions } from './keys.ts';
import { isoOrNull, readObject, readText, refuseUnknownFields, wrongField } from './read-fields.ts';

const fieldsOf: Readonly<Record<OwnerKind, readonly string[]>> = {
  organisation: ['id', 'name'],
  team: ['id', 'name', 'organisation_id'],
  user: ['id', 'name', 'organisation_id', 'team_id'],
};
const idForm = /^[A-Za-z0-9._@-]{1,100}$/;

export interface OwnerHandlers {
  readonly create: Handler;
  readonly list: Handler;
  readonly get: Handler;
  readonly update: Handler;
  readonly remove: Handler;
}

export function ownerHandlers(kind: OwnerKind, { owners, keys, audit, limits, nowMs }: KeyRoutesOptions): OwnerHandlers {
  function find(call: Call): Owner {
    const id = call.params['id'] ?? '';
    const owner = owners.findOwner(id);
    if (owner?.kind === kind) return owner;
    throw new GatewayError('not_found', `there is no ${kind} ${id.slice(0, 80)}; GET /admin/${kind}s lists them`);
  }

  /** Whom the owner belongs to, as the body says, or as it was. */
  function parentsOf(body: JsonObject, before: Partial<Owner>): Pick<Owner, 'organisationId' | 'teamId'> {
    const organisationId = parent(body, 'organisation', before.organisationId);
    const teamId = parent(body, 'team', before.teamId);
    const ofTeam = teamId === undefined ? undefined : owners.findOwner(teamId)?.organisationId;
    if (organisationId !== undefined && ofTeam !== undefined && ofTeam !== organisationId)
      throw wrongField('team_id', `the team belongs to the organisation ${ofTeam}, not to ${organisationId}`);
    return { ...(organisationId !== undefined && { organisationId }), ...(teamId !== undefined && { teamId }) };
  }

  function parent(body: JsonObject, parentKind: 'organisation' | 'team', before: string | undefined): string | undefined {
    const field = `${parentKind}_id`;
    const id = readText(body, field);
    if (id === undefined) return before;
    if (id === null) return undefined;
    if (owners.findOwner(id)?.kind === parentKind) return id;
    throw wrongField(field, `there is no ${parentKind} ${id.slice(0, 80)}; GET /admin/${parentKind}s lists them`);
  }

  function dependants(id: string): string | undefined {
    const child = (['team', 'user'] as const)
      .flatMap((other) => owners.listOwners(other))
      .find((o) => o.organisationId === id || o.teamId === id);
    if (child !== undefined) return `${child.kind} ${child.id}`;
    const key = keys
      .listKeys()
      .find((known) => known.revokedMs === undefined && [known.userId, known.teamId, known.organisationId].includes(id));
    return key === undefined ? undefined : `key ${key.id}`;
  }

  return {
    async create(call) {
      const body = await readObject(call, limits);
      refuseUnknownFields(body, fieldsOf[kind], `a ${kind}`);
      const name = readText(body, 'name');
      if (typeof name !== 'string') throw wrongField('name', `a ${kind} needs a name`);
      const id = readText(body, 'id') ?? newId(kind === 'organisation' ? 'org' : kind);
      if (!idForm.test(id)) throw wrongField('id', 'id must be 1 to 100 letters, digits, dots, dashes, underscores or @');
      if (owners.findOwner(id) !== undefined)
        throw new GatewayError('invalid_request', `the id ${id} is taken`, { param: 'id', status: 409 });
      const owner: Owner = { id, kind, name, createdMs: nowMs(), ...parentsOf(body, {}) };
      owners.saveOwner(owner);
      audit.record({ actor: call.principal.id, action: `${kind}.create`, target: id, detail: describeOwner(owner) });
      call.json(201, describeOwner(owner));
    },
    list: (call) => call.json(200, { object: 'list', data: owners.listOwners(kind).map(describeOwner) }),
    get: (call) => call.json(200, describeOwner(find(call))),
    async update(call) {
      const body = await readObject(call, limits);
      const before = find(call);
      refuseUnknownFields(body, fieldsOf[kind].slice(1), `a change of a ${kind}`);
      const { id, createdMs } = before;
      const owner: Owner = { id, kind, createdMs, name: readText(body, 'name') ?? before.name, ...parentsOf(body, before) };
      owners.saveOwner(owner);
      audit.record({ actor: call.principal.id, action: `${kind}.update`, target: id, detail: describeOwner(owner) });
      call.json(200, describeOwner(owner));
    },
    remove(call) {
      const { id } = find(call);
      const dependant = dependants(id);
      // Its keys would go on without anybody's budget.
      if (dependant !== undefined)
        throw new GatewayError('invalid_request', `${dependant} belongs to ${kind} ${id}; move or revoke it first`, {
          param: 'id',
          status: 409,
        });
      owners.deleteOwner(id);
      audit.record({ actor: call.principal.id, action: `${kind}.delete`, target: id });
      call.json(200, { id, deleted: true });
    },
  };
}

function describeOwner(owner: Owner): Record<string, JsonObject[string]> {
  return {
    id: owner.id,
    name: owner.name,
    ...(owner.kind !== 'organisation' && { organisation_id: owner.organisationId ?? null }),
    ...(owner.kind === 'user' && { team_id: owner.teamId ?? null }),
    created: isoOrNull(owner.createdMs),
  };
}
