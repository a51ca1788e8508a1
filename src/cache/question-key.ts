// What makes two questions the same: who asks (no answer ever crosses tenants), in which grammar, of which model, under which
// policy, and the body without what only says how the answer is delivered.
import { createHash } from 'node:crypto';
import { isObject, type JsonObject, type JsonValue } from '../core/json.ts';

export interface Question {
  /** Whose answers these are; part of the key, so that no other tenant's can be found. */
  readonly tenant: string;
  /** Further names that separate, as the caller sends them. */
  readonly scope: string;
  readonly dialect: string;
  /** The model as asked for; undefined = the gateway chooses. */
  readonly model: string | undefined;
  /** Digest of what the gateway would do with it: catalog, strategy, aliases. */
  readonly policy: string;
  readonly body: JsonObject;
}

/** Members that change the delivery and not the answer. */
const deliveryMembers: ReadonlySet<string> = new Set(['model', 'stream', 'stream_options']);

export function questionKey(question: Question): string {
  const hash = createHash('sha256');
  // The lengths keep two fields from flowing into each other.
  for (const part of [question.tenant, question.scope, question.dialect, question.model ?? '', question.policy])
    hash.update(`${part.length}:${part}`);
  hash.update(canonicalText(Object.fromEntries(Object.entries(question.body).filter(([name]) => !deliveryMembers.has(name)))));
  return hash.digest('base64url');
}

/** JSON with sorted members: the order in which a client writes them means nothing. */
export function canonicalText(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => canonicalText(item)).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value ?? null);
  const members = Object.keys(value)
    .sort()
    .filter((name) => value[name] !== undefined)
    .map((name) => `${JSON.stringify(name)}:${canonicalText(value[name])}`);
  return `{${members.join(',')}}`;
}
