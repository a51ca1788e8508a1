// JSON Schema → a value that meets it, the same one every time: tool arguments and structured answers of the simulator.
import { asArray, asNumber, asObject, asString, type JsonObject, type JsonValue } from '../../core/json.ts';
import { meetsSchema, mergeSchemas, resolveSchema } from './schema.ts';
import { samplePattern } from './sample-pattern.ts';
import { sampleFormat } from './sample-format.ts';

/** A schema may ask for a million items or grow with each level; beyond this much the value stays small. */
const maxNodes = 5_000;
const maxDepth = 24;
const maxLength = 10_000;
const maxItems = 1_000;

export interface SynthesizeOptions {
  /** Used in order for strings that nothing else restricts: what the user put in quotes. */
  readonly hints?: readonly string[];
  /** An object that requires nothing: leave it empty, or show its properties (at the top only). */
  readonly optional?: 'omit' | 'show';
}

export function synthesize(schema: JsonObject, options: SynthesizeOptions = {}): JsonValue {
  const work: Work = { root: schema, hints: [...(options.hints ?? [])], nodes: 0, showOptional: options.optional === 'show' };
  return make(work, { schema, name: 'value', depth: 0, nth: 0 });
}

interface Work {
  readonly root: JsonObject;
  readonly hints: string[];
  nodes: number;
  readonly showOptional: boolean;
}

interface Place {
  readonly schema: JsonValue | undefined;
  /** Name of the property, for readable strings. */
  readonly name: string;
  readonly depth: number;
  /** Position among siblings: makes the items of a list differ. */
  readonly nth: number;
}

function make(work: Work, place: Place): JsonValue {
  work.nodes += 1;
  const given = asObject(place.schema);
  if (given === undefined) return numbered(`demo ${place.name}`, place.nth);
  if (place.depth > maxDepth || work.nodes > maxNodes) return null;
  const schema = resolveSchema(given, work.root);
  const suggested = suggestion(work, schema, place.nth);
  if (suggested !== undefined) return suggested;
  const branches = asArray(schema.anyOf) ?? asArray(schema.oneOf);
  return branches === undefined ? makeTyped(work, schema, place) : makeBranch(work, { schema, branches }, place);
}

/** const, enum, default and examples say best what a sensible value is. */
function suggestion(work: Work, schema: JsonObject, nth: number): JsonValue | undefined {
  if (schema.const !== undefined) return schema.const;
  const choices = (asArray(schema.enum) ?? []).filter((choice) => meetsSchema(choice, schema, work.root));
  if (choices.length > 0) return choices[nth % choices.length];
  if (nth > 0) return undefined;
  const { default: usual, examples, example } = schema;
  return [usual, ...(asArray(examples) ?? []), example].find(
    (value) => value !== undefined && value !== null && asString(schema.pattern) === undefined && meetsSchema(value, schema, work.root),
  );
}

interface Branching {
  readonly schema: JsonObject;
  readonly branches: readonly JsonValue[];
}

/** The first branch whose value meets the whole schema; one that is null or refers back comes last, which ends recursion. */
function makeBranch(work: Work, { schema, branches }: Branching, place: Place): JsonValue {
  const { anyOf: _any, oneOf: _one, ...rest } = schema;
  const weight = (branch: JsonObject): number => {
    if (branch.type === 'null') return place.depth > 4 ? -1 : 1;
    return branch.$ref !== undefined || branch.type === 'object' || branch.type === 'array' ? Math.min(place.depth, 2) : 0;
  };
  const ordered = branches.map((branch) => asObject(branch) ?? {}).sort((a, b) => weight(a) - weight(b));
  let last: JsonValue = null;
  for (const branch of ordered) {
    last = make(work, { ...place, schema: mergeSchemas(rest, resolveSchema(branch, work.root)), depth: place.depth + 1 });
    if (meetsSchema(last, schema, work.root)) return last;
    if (work.nodes > maxNodes) return last;
  }
  return last;
}

function makeTyped(work: Work, schema: JsonObject, place: Place): JsonValue {
  switch (typeOf(schema)) {
    case 'object':
      return makeObject(work, schema, place);
    case 'array':
      return makeArray(work, schema, place);
    case 'integer':
      return makeNumber(schema, 1, place.nth);
    case 'number':
      return makeNumber(schema, 0, place.nth);
    case 'boolean':
      return place.nth % 2 === 0;
    case 'null':
      return null;
    default:
      return makeString(work, schema, place);
  }
}

function typeOf(schema: JsonObject): string {
  const type = asArray(schema.type)?.find((single) => single !== 'null') ?? asArray(schema.type)?.[0] ?? schema.type;
  if (typeof type === 'string') return type;
  if (schema.properties !== undefined || schema.required !== undefined || schema.additionalProperties !== undefined) return 'object';
  if (schema.items !== undefined || schema.prefixItems !== undefined || schema.minItems !== undefined) return 'array';
  const numeric = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'].some((key) => schema[key] !== undefined);
  return numeric ? 'number' : 'string';
}

function makeObject(work: Work, schema: JsonObject, place: Place): JsonObject {
  const properties = asObject(schema.properties) ?? {};
  const required = (asArray(schema.required) ?? []).filter((key) => typeof key === 'string');
  const showAll = work.showOptional && place.depth === 0 && required.length === 0;
  const least = Math.min(asNumber(schema.minProperties) ?? 0, maxItems);
  const keys = new Set(showAll ? Object.keys(properties) : required);
  for (const key of Object.keys(properties)) if (keys.size < least) keys.add(key);

  const value: Record<string, JsonValue> = {};
  const put = (key: string, schemaOfKey: JsonValue | undefined): void => {
    const made = make(work, { schema: schemaOfKey, name: key, depth: place.depth + 1, nth: place.nth });
    // A plain assignment to `__proto__` would set the prototype and lose the property.
    Object.defineProperty(value, key, { value: made, enumerable: true, writable: true, configurable: true });
  };
  for (const key of keys) put(key, Object.hasOwn(properties, key) ? properties[key] : schema.additionalProperties);
  for (let extra = 1; keys.size < least; extra += 1) {
    const key = `property_${extra}`;
    if (keys.has(key)) continue;
    keys.add(key);
    put(key, schema.additionalProperties);
  }
  return value;
}

function makeArray(work: Work, schema: JsonObject, place: Place): JsonValue {
  const least = Math.min(asNumber(schema.minItems) ?? 0, maxItems);
  const most = asNumber(schema.maxItems) ?? Infinity;
  const prefix = asArray(schema.prefixItems) ?? [];
  const free = place.depth > 4 || schema.items === false ? 0 : 1;
  const length = Math.min(Math.max(least, prefix.length, free), Math.max(most, least));
  const items: JsonValue[] = [];
  const seen = new Set<string>();
  // Distinct items may need a few more tries than there are items.
  for (let nth = 0; items.length < length && nth < length * 3 + 8; nth += 1) {
    const itemSchema = items.length < prefix.length ? prefix[items.length] : schema.items;
    const item = make(work, { schema: itemSchema, name: place.name, depth: place.depth + 1, nth });
    const text = schema.uniqueItems === true ? JSON.stringify(item) : '';
    if (schema.uniqueItems === true && seen.has(text)) continue;
    seen.add(text);
    items.push(item);
  }
  return items;
}

/** The smallest allowed value from 1 upwards if the limits permit, else the nearest to it; `nth` moves on within the limits. */
function makeNumber(schema: JsonObject, grid: number, nth: number): number {
  const above = asNumber(schema.exclusiveMinimum);
  const below = asNumber(schema.exclusiveMaximum);
  const low = Math.max(asNumber(schema.minimum) ?? -Infinity, above ?? -Infinity);
  const high = Math.min(asNumber(schema.maximum) ?? Infinity, below ?? Infinity);
  const open = { low: above !== undefined && above >= low, high: below !== undefined && below <= high };
  const step = commonStep(grid, asNumber(schema.multipleOf));
  if (step > 0) return onGrid({ low, high, step, open }, nth);
  const start = Math.min(Math.max(1, low), high);
  const wide = start + nth;
  if (wide > low && wide < high) return wide;
  if (
    nth === 0 &&
    ((start > low && start < high) ||
      (start === low && !open.low && (start < high || !open.high)) ||
      (start === high && !open.high && (start > low || !open.low)))
  )
    return start;
  if (!Number.isFinite(low)) return high - 1 - nth;
  if (!Number.isFinite(high)) return low + 1 + nth;
  return low + (high - low) / (nth + 2);
}

/** A step that satisfies both "whole number" and `multipleOf`. */
function commonStep(grid: number, multiple: number | undefined): number {
  if (multiple === undefined || multiple <= 0) return grid;
  if (grid === 0 || Number.isInteger(multiple)) return multiple;
  for (let factor = 1; factor <= 10_000; factor += 1) {
    const step = multiple * factor;
    if (Math.abs(step - Math.round(step)) < 1e-9) return Math.round(step);
  }
  return multiple;
}

interface Grid {
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly open: { readonly low: boolean; readonly high: boolean };
}

function onGrid({ low, high, step, open }: Grid, nth: number): number {
  const first = low === -Infinity ? -Infinity : open.low && Number.isInteger(low / step) ? low / step + 1 : Math.ceil(low / step - 1e-9);
  const last = high === Infinity ? Infinity : open.high && Number.isInteger(high / step) ? high / step - 1 : Math.floor(high / step + 1e-9);
  const wanted = Math.min(Math.max(1, first), last) + nth;
  const index = wanted <= last ? wanted : Math.max(first === -Infinity ? last - nth : first, last - nth);
  // 3 × 0.1 is 0.30000000000000004; the shortest decimal is what a person would write.
  return Number((index * step).toPrecision(15));
}

function makeString(work: Work, schema: JsonObject, place: Place): string {
  const format = asString(schema.format);
  const pattern = asString(schema.pattern);
  const least = Math.min(asNumber(schema.minLength) ?? 0, maxLength);
  const most = asNumber(schema.maxLength) ?? maxLength;
  if (pattern !== undefined) {
    const sample = samplePattern(pattern, { least, most, nth: place.nth });
    if (sample !== undefined) return sample;
  }
  const formatted = format === undefined ? undefined : sampleFormat(format, place.nth);
  if (formatted !== undefined) return formatted;
  const text = numbered(work.hints.shift() ?? `demo ${place.name}`, place.nth);
  const padded = [...text].length < least ? text.padEnd(least, 'x') : text;
  return fit(padded, most, place.nth);
}

/** Cut strings would lose the number that tells them apart, so it is kept at the end. */
function fit(text: string, most: number, nth: number): string {
  const characters = [...text];
  if (characters.length <= most) return text;
  const mark = nth === 0 ? '' : String(nth + 1);
  return mark.length > most ? mark.slice(-most || mark.length) : characters.slice(0, most - mark.length).join('') + mark;
}

function numbered(text: string, nth: number): string {
  return nth === 0 ? text : `${text} ${nth + 1}`;
}
