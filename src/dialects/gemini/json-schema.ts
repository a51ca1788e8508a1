// JSON Schema ⇄ the vendor's own schema, a subset of OpenAPI's. What it cannot enforce is said in the description instead, where the
// model still reads it, and in a warning.
import { asArray, isObject, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';

/** Members that mean the same on both sides. */
const kept = new Set([
  'type',
  'title',
  'description',
  'nullable',
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
  'minimum',
  'maximum',
  'pattern',
  'required',
  'propertyOrdering',
]);
/** Notes of tools for people and validators: nothing is lost without them. `additionalProperties: false` is what the vendor does anyway. */
const quiet = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'default',
  'examples',
  'example',
  'deprecated',
  'readOnly',
  'writeOnly',
  'strict',
]);
const formats: Readonly<Record<string, readonly string[]>> = {
  string: ['enum', 'date-time'],
  number: ['float', 'double'],
  integer: ['int32', 'int64'],
};
/** Schemas nest without limit in hostile input, and inlined references multiply. */
const maxNodes = 5_000;

export interface GoogleSchema {
  /** Undefined: an object without members, which the vendor wants left out. */
  readonly schema: JsonObject | undefined;
  /** What the provider will not enforce, by keyword; empty when nothing was lost. */
  readonly relaxed: readonly string[];
}

export function toGoogleSchema(schema: JsonObject): GoogleSchema {
  const visit = new Visit(schema);
  const clean = visit.schema(schema, []);
  const isEmpty = clean.type === 'object' && clean.properties === undefined;
  return { schema: isEmpty ? undefined : (clean as JsonObject), relaxed: [...visit.relaxed] };
}

class Visit {
  readonly relaxed = new Set<string>();
  readonly #root: JsonObject;
  #nodes = 0;

  constructor(root: JsonObject) {
    this.#root = root;
  }

  /** `through` holds the references that led here: one that comes again is a recursion, which the subset cannot say. */
  schema(source: JsonValue | undefined, through: readonly string[]): MutableJson {
    this.#nodes += 1;
    // `true` and `{}` allow anything; an object is the widest thing that the vendor knows.
    if (!isObject(source) || this.#nodes > maxNodes) return this.#anything(source);
    if (typeof source.$ref === 'string') return this.#reference(source, source.$ref, through);
    const lost: string[] = [];
    const out: MutableJson = {};
    for (const [key, value] of Object.entries(source)) {
      if (value !== undefined && value !== null) this.#member({ key, value, source, out, lost, through });
    }
    this.#alternatives(source, out, through);
    this.#type(source, out, through);
    this.#required(out);
    if (lost.length > 0) out.description = [out.description, `{${lost.join(', ')}}`].filter((text) => typeof text === 'string').join('\n');
    return out;
  }

  #member({ key, value, source, out, lost, through }: MemberVisit): void {
    if (key === 'properties' && isObject(value)) {
      const entries = Object.entries(value).map(([name, inner]) => [name, this.schema(inner, through)] as const);
      // The vendor refuses an empty map.
      if (entries.length > 0) out.properties = Object.fromEntries(entries);
    } else if (key === 'items') {
      out.items = this.schema(Array.isArray(value) ? { anyOf: value } : value, through);
    } else if (key === 'enum' || key === 'const') {
      this.#choices(key === 'const' ? [value] : (asArray(value) ?? []), out);
    } else if (key === 'format') {
      if (typeof value === 'string' && (formats[typeNames(source)[0] ?? ''] ?? []).includes(value)) out.format = value;
      else this.#lose(key, value, lost);
    } else if (kept.has(key)) {
      out[key] = value;
    } else if (key === 'additionalProperties') {
      if (isObject(value)) this.#lose(key, value, lost);
    } else if (!quiet.has(key) && key !== 'anyOf' && key !== 'oneOf' && key !== 'allOf') {
      this.#lose(key, value, lost);
    }
  }

  #lose(key: string, value: JsonValue, lost: string[]): void {
    this.relaxed.add(key);
    lost.push(`${key}: ${JSON.stringify(value)}`);
  }

  /** Choices are texts whatever the type says; null among them is a flag. */
  #choices(values: readonly JsonValue[], out: MutableJson): void {
    const real = values.filter((value) => value !== null);
    if (real.length < values.length) out.nullable = true;
    const first = real[0];
    if (first === undefined) return;
    out.type ??=
      typeof first === 'number' ? (real.every(Number.isInteger) ? 'integer' : 'number') : typeof first === 'boolean' ? 'boolean' : 'string';
    // A list of true and false says nothing that the type does not, unless it is one of the two.
    if (out.type === 'boolean' && real.length > 1) return;
    out.enum = real.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  }

  #alternatives(source: JsonObject, out: MutableJson, through: readonly string[]): void {
    for (const part of asArray(source.allOf) ?? []) {
      const inner = this.schema(part, through);
      out.properties = isObject(inner.properties) ? { ...(out.properties as JsonObject | undefined), ...inner.properties } : out.properties;
      if (Array.isArray(inner.required))
        out.required = [...new Set([...((out.required as string[] | undefined) ?? []), ...(inner.required as string[])])];
      for (const [key, value] of Object.entries(inner)) if (key !== 'properties' && key !== 'required') out[key] ??= value;
    }
    const listed = asArray(source.anyOf) ?? asArray(source.oneOf);
    if (listed === undefined) return;
    const real = listed.filter((one) => !isNull(one));
    if (real.length < listed.length) out.nullable = true;
    const inner = real.map((one) => this.schema(one, through));
    const [only] = inner;
    if (only !== undefined && inner.length === 1) {
      for (const [key, value] of Object.entries(only)) out[key] ??= value;
    } else if (inner.length > 1) {
      out.anyOf = inner;
    }
  }

  /** `["string", "null"]` is nullable, several types are alternatives. */
  #type(source: JsonObject, out: MutableJson, through: readonly string[]): void {
    const names = typeNames(source);
    if (Array.isArray(source.type)) {
      const real = names.filter((name) => name !== 'null');
      if (real.length < names.length) out.nullable = true;
      delete out.type;
      if (real.length === 1) out.type = real[0];
      else if (real.length > 1)
        out.anyOf ??= real.map((name) => this.schema({ ...source, type: name, description: undefined, title: undefined }, through));
      if (real.length > 1) for (const key of ['properties', 'items', 'enum', 'required']) delete out[key];
    }
    if (out.type === undefined && out.anyOf === undefined) {
      out.type = out.properties !== undefined ? 'object' : out.items !== undefined ? 'array' : out.enum !== undefined ? 'string' : 'object';
    }
    if (out.type === 'array') out.items ??= { type: 'string' };
  }

  /** A required name that is no property is refused. */
  #required(out: MutableJson): void {
    if (!Array.isArray(out.required)) {
      delete out.required;
      return;
    }
    const properties = isObject(out.properties) ? out.properties : {};
    const known = (out.required as readonly unknown[]).filter((name) => typeof name === 'string' && Object.hasOwn(properties, name));
    if (known.length > 0) out.required = known;
    else delete out.required;
  }

  #reference(source: JsonObject, reference: string, through: readonly string[]): MutableJson {
    const target = findReference(this.#root, reference);
    if (target === undefined || through.includes(reference) || through.length > 20) {
      this.relaxed.add(target === undefined ? '$ref' : 'recursion');
      return { type: 'object', description: `see ${reference}` };
    }
    const { $ref: _reference, ...beside } = source;
    return {
      ...this.schema(target, [...through, reference]),
      ...(typeof beside.description === 'string' && { description: beside.description }),
    };
  }

  #anything(source: JsonValue | undefined): MutableJson {
    if (this.#nodes > maxNodes) this.relaxed.add('depth');
    return source === false ? { type: 'string', nullable: true } : { type: 'object' };
  }
}

interface MemberVisit {
  readonly key: string;
  readonly value: JsonValue;
  readonly source: JsonObject;
  readonly out: MutableJson;
  readonly lost: string[];
  readonly through: readonly string[];
}

function typeNames(schema: JsonObject): readonly string[] {
  const names = Array.isArray(schema.type) ? (schema.type as readonly JsonValue[]) : [schema.type];
  return names.filter((name) => typeof name === 'string');
}

function isNull(schema: JsonValue): boolean {
  return isObject(schema) && schema.type === 'null';
}

function findReference(root: JsonObject, reference: string): JsonObject | undefined {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return undefined;
  let at: JsonValue | undefined = root;
  for (const step of reference.slice(2).split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return isObject(at) ? at : undefined;
}

const countFields = new Set(['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties']);
const maxDepth = 100;

/** The vendor's schema → JSON Schema, which every other grammar takes. JSON Schema itself passes unchanged. */
export function toJsonSchema(schema: JsonObject, depth = 0): JsonObject {
  if (depth > maxDepth) return {};
  const out: MutableJson = {};
  for (const [key, value] of Object.entries(schema)) {
    if (value === undefined || key === 'nullable' || key === 'propertyOrdering' || key === 'property_ordering') continue;
    const name = camel(key);
    Object.defineProperty(out, name, { value: memberToJson(name, value, depth), enumerable: true, configurable: true, writable: true });
  }
  if (typeof out.type === 'string') out.type = out.type.toLowerCase();
  restoreChoices(out);
  if (schema.nullable === true && typeof out.type === 'string') out.type = [out.type, 'null'];
  return out as JsonObject;
}

function memberToJson(name: string, value: JsonValue, depth: number): unknown {
  if (name === 'properties' && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, isObject(inner) ? toJsonSchema(inner, depth + 1) : inner]));
  }
  if (name === 'items' && isObject(value)) return toJsonSchema(value, depth + 1);
  if (name === 'anyOf' && Array.isArray(value)) {
    return (value as readonly JsonValue[]).map((inner) => (isObject(inner) ? toJsonSchema(inner, depth + 1) : inner));
  }
  // 64-bit numbers are texts in the vendor's JSON.
  return countFields.has(name) && typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

/** Choices of numbers are written as texts by the vendor. */
function restoreChoices(out: MutableJson): void {
  if (out.format === 'enum') delete out.format;
  if (!Array.isArray(out.enum) || (out.type !== 'integer' && out.type !== 'number')) return;
  out.enum = out.enum.map((value: unknown) =>
    typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value)) ? Number(value) : value,
  );
}

const snakeFields: Readonly<Record<string, string>> = {
  any_of: 'anyOf',
  min_items: 'minItems',
  max_items: 'maxItems',
  min_length: 'minLength',
  max_length: 'maxLength',
  min_properties: 'minProperties',
  max_properties: 'maxProperties',
};

function camel(key: string): string {
  return Object.hasOwn(snakeFields, key) ? (snakeFields[key] ?? key) : key;
}
