// JSON Schema in the subset that the vendor's constrained decoding accepts. What it cannot enforce is said in the
// description instead, where the model still reads it.
import { isObject, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';

const limits = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
]);

const formats = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid']);

/** Members whose value is a map of schemas, a schema, or a list of schemas. */
const schemaMaps = new Set(['properties', '$defs', 'definitions', 'patternProperties']);
const schemaLists = new Set(['anyOf', 'allOf', 'prefixItems']);

interface SanitisedSchema {
  readonly schema: JsonObject;
  /** What the provider will not enforce, by keyword; empty when nothing was lost. */
  readonly relaxed: readonly string[];
}

export function sanitiseSchema(schema: JsonObject): SanitisedSchema {
  const relaxed = new Set<string>();
  return { schema: visitSchema(schema, relaxed), relaxed: [...relaxed] };
}

function visitSchema(schema: JsonObject, relaxed: Set<string>): JsonObject {
  const members: [string, unknown][] = [];
  const notes: string[] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (value === undefined || key === 'additionalProperties') continue;
    if (limits.has(key) || (key === 'format' && !(typeof value === 'string' && formats.has(value)))) {
      notes.push(`${key}: ${JSON.stringify(value)}`);
      relaxed.add(key);
    } else {
      members.push([key === 'oneOf' ? 'anyOf' : key, visitMember(key, value, relaxed)]);
    }
  }
  if (isObjectSchema(schema)) {
    if (isObject(schema.additionalProperties) || schema.additionalProperties === true) relaxed.add('additionalProperties');
    members.push(['additionalProperties', false]);
  }
  const clean: MutableJson = Object.fromEntries(members);
  if (notes.length > 0) {
    const said = typeof clean.description === 'string' && clean.description !== '' ? `${clean.description}\n` : '';
    clean.description = `${said}{${notes.join(', ')}}`;
  }
  return clean as JsonObject;
}

function visitMember(key: string, value: JsonValue, relaxed: Set<string>): unknown {
  if (schemaMaps.has(key) && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, visitAny(inner, relaxed)]));
  }
  if ((schemaLists.has(key) || key === 'oneOf') && Array.isArray(value)) {
    return (value as readonly JsonValue[]).map((inner) => visitAny(inner, relaxed));
  }
  return key === 'items' || key === 'not' ? visitAny(value, relaxed) : value;
}

function visitAny(value: JsonValue | undefined, relaxed: Set<string>): unknown {
  return isObject(value) ? visitSchema(value, relaxed) : value;
}

function isObjectSchema(schema: JsonObject): boolean {
  return schema.type === 'object' || isObject(schema.properties) || (Array.isArray(schema.type) && schema.type.includes('object'));
}

/**
 * Whether a strict tool may be sent with this schema: the vendor allows only a few optional and union members over all
 * strict tools and refuses the request above that, so only schemas without any are sent as strict.
 */
export function isPlainlyStrict(schema: JsonObject): boolean {
  if (Array.isArray(schema.type) || schema.anyOf !== undefined || schema.oneOf !== undefined || schema.allOf !== undefined) return false;
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const properties = isObject(schema.properties) ? Object.entries(schema.properties) : [];
  const inner = [...properties.map(([, value]) => value), schema.items];
  return properties.every(([name]) => required.has(name)) && inner.every((value) => !isObject(value) || isPlainlyStrict(value));
}
