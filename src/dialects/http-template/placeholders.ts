// `{{name}}` in a body: alone it becomes the value itself, inside a text it becomes text. There is nothing else: no expressions.
import type { JsonObject, JsonValue } from '../../core/json.ts';

export type Values = Readonly<Record<string, JsonValue | undefined>>;

const whole = /^\{\{\s*([a-z_]+)\s*\}\}$/;
const inside = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** The names that a template uses. */
export function namesIn(template: JsonValue): readonly string[] {
  if (typeof template === 'string') return [...template.matchAll(inside)].map((match) => match[1] ?? '');
  if (typeof template !== 'object' || template === null) return [];
  return (Array.isArray(template) ? template : Object.values(template)).flatMap((value) =>
    value === undefined ? [] : namesIn(value as JsonValue),
  );
}

/** A member whose value nobody gave is left out, an item of a list too. */
export function fillBody(template: JsonObject, values: Values): JsonObject {
  return fill(template, values) as JsonObject;
}

function fill(template: JsonValue, values: Values): JsonValue | undefined {
  if (typeof template === 'string') return fillText(template, values);
  if (Array.isArray(template)) {
    return (template as readonly JsonValue[]).map((item) => fill(item, values)).filter((item) => item !== undefined);
  }
  if (typeof template !== 'object' || template === null) return template;
  const entries = Object.entries(template).flatMap(([key, value]) => {
    const filled = value === undefined ? undefined : fill(value, values);
    return filled === undefined ? [] : [[key, filled] as const];
  });
  return Object.fromEntries(entries);
}

function fillText(text: string, values: Values): JsonValue | undefined {
  const name = whole.exec(text)?.[1];
  if (name !== undefined) return values[name];
  return text.replace(inside, (_match, key: string) => {
    const value = values[key];
    return value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  });
}
