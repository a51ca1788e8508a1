// The part of JSON Schema that tool parameters and output formats use: resolving, and checking a value against it.
// A `pattern` is never executed: a hostile expression would hold up the whole process.
import { asArray, asNumber, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';

const maxReferences = 32;

/** Follows `$ref` (local pointers only) and folds `allOf` in, so that what is left has neither at its top. */
export function resolveSchema(schema: JsonObject, root: JsonObject): JsonObject {
  let current = schema;
  for (let hop = 0; hop < maxReferences; hop += 1) {
    const reference = asString(current.$ref);
    const parts = asArray(current.allOf);
    if (reference !== undefined) {
      const { $ref: _followed, ...rest } = current;
      current = mergeSchemas(pointedAt(reference, root), rest);
    } else if (parts !== undefined) {
      const { allOf: _folded, ...rest } = current;
      current = parts.reduce<JsonObject>((merged, part) => mergeSchemas(merged, resolveSchema(asObject(part) ?? {}, root)), rest);
    } else {
      return current;
    }
  }
  return {};
}

function pointedAt(reference: string, root: JsonObject): JsonObject {
  if (!reference.startsWith('#')) return {};
  let target: JsonValue | undefined = root;
  for (const step of reference.slice(1).split('/').slice(1)) {
    const key = decodeStep(step);
    target = Array.isArray(target) ? (target as readonly JsonValue[])[Number(key)] : asObject(target)?.[key];
  }
  return asObject(target) ?? {};
}

function decodeStep(step: string): string {
  const plain = step.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

/** Both hold: properties and required add up, limits tighten, everything else is the second's. */
export function mergeSchemas(first: JsonObject, second: JsonObject): JsonObject {
  const merged: Record<string, JsonValue | undefined> = { ...first, ...second };
  if (first.properties !== undefined && second.properties !== undefined) {
    merged.properties = { ...asObject(first.properties), ...asObject(second.properties) };
  }
  if (first.required !== undefined && second.required !== undefined) {
    merged.required = [...new Set([...(asArray(first.required) ?? []), ...(asArray(second.required) ?? [])])];
  }
  for (const key of ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'] as const)
    tighten(merged, [first, second], { key, pick: Math.max });
  for (const key of ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'] as const)
    tighten(merged, [first, second], { key, pick: Math.min });
  return merged;
}

interface Tightening {
  readonly key: string;
  readonly pick: (a: number, b: number) => number;
}

function tighten(
  merged: Record<string, JsonValue | undefined>,
  [first, second]: readonly [JsonObject, JsonObject],
  { key, pick }: Tightening,
): void {
  const a = asNumber(first[key]);
  const b = asNumber(second[key]);
  if (a !== undefined && b !== undefined) merged[key] = pick(a, b);
}

/** Does the value meet the schema? Unknown keywords, `format` and `pattern` are taken as met. */
export function meetsSchema(value: JsonValue, schema: JsonValue | undefined, root: JsonObject): boolean {
  if (schema === false) return false;
  const given = asObject(schema);
  if (given === undefined) return true;
  const resolved = resolveSchema(given, root);
  if (resolved.const !== undefined && !sameJson(value, resolved.const)) return false;
  const choices = asArray(resolved.enum);
  if (choices !== undefined && !choices.some((choice) => sameJson(value, choice))) return false;
  if (!hasType(value, resolved.type) || !meetsBranches(value, resolved, root)) return false;
  if (typeof value === 'number') return meetsNumber(value, resolved);
  if (typeof value === 'string') return between([...value].length, resolved.minLength, resolved.maxLength);
  if (Array.isArray(value)) return meetsArray(value as readonly JsonValue[], resolved, root);
  return isObject(value) ? meetsObject(value, resolved, root) : true;
}

function meetsBranches(value: JsonValue, schema: JsonObject, root: JsonObject): boolean {
  const meets = (branch: JsonValue): boolean => meetsSchema(value, branch, root);
  const any = asArray(schema.anyOf);
  if (any !== undefined && !any.some(meets)) return false;
  const one = asArray(schema.oneOf);
  if (one !== undefined && one.filter(meets).length !== 1) return false;
  return schema.not === undefined || !meets(schema.not);
}

function meetsNumber(value: number, schema: JsonObject): boolean {
  const step = asNumber(schema.multipleOf);
  if (step !== undefined && step > 0 && !isMultiple(value, step)) return false;
  const above = asNumber(schema.exclusiveMinimum);
  const below = asNumber(schema.exclusiveMaximum);
  return between(value, schema.minimum, schema.maximum) && (above === undefined || value > above) && (below === undefined || value < below);
}

/** 0.3 is a multiple of 0.1 although the division says 2.9999…. */
function isMultiple(value: number, step: number): boolean {
  if (Number.isSafeInteger(value) && Number.isSafeInteger(step)) return value % step === 0;
  const ratio = value / step;
  return Math.abs(ratio - Math.round(ratio)) < 1e-12 * Math.max(1, Math.abs(ratio));
}

function meetsArray(value: readonly JsonValue[], schema: JsonObject, root: JsonObject): boolean {
  if (!between(value.length, schema.minItems, schema.maxItems)) return false;
  if (schema.uniqueItems === true && new Set(value.map((item) => JSON.stringify(item))).size !== value.length) return false;
  const prefix = asArray(schema.prefixItems) ?? [];
  return value.every((item, index) => meetsSchema(item, index < prefix.length ? prefix[index] : schema.items, root));
}

function meetsObject(value: JsonObject, schema: JsonObject, root: JsonObject): boolean {
  const keys = Object.keys(value);
  if (!between(keys.length, schema.minProperties, schema.maxProperties)) return false;
  if (!(asArray(schema.required) ?? []).every((key) => typeof key === 'string' && Object.hasOwn(value, key))) return false;
  const properties = asObject(schema.properties) ?? {};
  return keys.every((key) =>
    meetsSchema(value[key] ?? null, Object.hasOwn(properties, key) ? properties[key] : schema.additionalProperties, root),
  );
}

function hasType(value: JsonValue, type: JsonValue | undefined): boolean {
  if (type === undefined) return true;
  if (Array.isArray(type)) return type.some((single: JsonValue) => hasType(value, single));
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function between(size: number, low: JsonValue | undefined, high: JsonValue | undefined): boolean {
  return size >= (asNumber(low) ?? -Infinity) && size <= (asNumber(high) ?? Infinity);
}

function sameJson(a: JsonValue, b: JsonValue): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));
}
