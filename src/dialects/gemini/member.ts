// Members of the vendor's bodies. It takes `inlineData` and `inline_data` alike, and its own SDKs send either.
import { asArray, asObject, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';

const snakeNames = new Map<string, string>();

/** Names are ours and not the caller's, so the memory is bounded. */
function snakeOf(name: string): string {
  let snake = snakeNames.get(name);
  if (snake === undefined) {
    snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    snakeNames.set(name, snake);
  }
  return snake;
}

/** The value under either spelling; null counts as absent. */
export function member(object: JsonObject, name: string): JsonValue | undefined {
  return object[nameIn(object, name)] ?? undefined;
}

/** How this object spells the name, for errors and warnings in the caller's words. */
export function nameIn(object: JsonObject, name: string): string {
  const own = object[name];
  if (own !== undefined && own !== null) return name;
  const snake = snakeOf(name);
  const other = object[snake];
  return other !== undefined && other !== null ? snake : name;
}

export function objectMember(object: JsonObject, name: string): JsonObject | undefined {
  return asObject(member(object, name));
}

export function arrayMember(object: JsonObject, name: string): readonly JsonValue[] {
  return asArray(member(object, name)) ?? [];
}

export function objectsIn(values: readonly JsonValue[] | undefined): readonly JsonObject[] {
  return (values ?? []).filter(isObject);
}

/** Both spellings of these names. */
export function bothSpellings(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => [name, snakeOf(name)]));
}
