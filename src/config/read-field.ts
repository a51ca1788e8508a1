// One raw value (text from a variable or flag, anything from the file) → a checked one.
import type { Field } from './field.ts';
import { nearestName } from './nearest-name.ts';

export type FieldValue = number | string | readonly string[];
export type ReadField = { readonly value: FieldValue } | { readonly wrong: string };

export function readField(field: Field, raw: unknown): ReadField {
  switch (field.kind) {
    case 'integer':
    case 'number':
      return readNumber(field, raw);
    case 'choice':
      return readChoice(field.choices, raw);
    case 'list':
      return readList(raw, field.choices);
    case 'text':
    case 'file':
      if (field.orNumber === true && typeof raw === 'number') return { value: String(raw) };
      return typeof raw === 'string' && raw.trim() !== '' ? { value: raw.trim() } : { wrong: `must be a text, not ${nameOf(raw)}` };
  }
}

function readNumber(field: Extract<Field, { kind: 'integer' | 'number' }>, raw: unknown): ReadField {
  const isText = typeof raw === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(raw);
  const value = isText ? Number(raw) : raw;
  const what = field.kind === 'integer' ? 'a whole number' : 'a number';
  if (typeof value !== 'number' || !Number.isFinite(value) || (field.kind === 'integer' && !Number.isInteger(value))) {
    return { wrong: `must be ${what} from ${field.min} to ${field.max}, not ${nameOf(raw)}` };
  }
  if (value < field.min || value > field.max) return { wrong: `must be ${what} from ${field.min} to ${field.max}, not ${value}` };
  return { value };
}

function readChoice(choices: readonly string[], raw: unknown): ReadField {
  if (typeof raw === 'string' && choices.includes(raw.trim())) return { value: raw.trim() };
  const near = typeof raw === 'string' ? nearestName(raw, choices) : undefined;
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return { wrong: `must be one of ${choices.join(', ')}, not ${nameOf(raw)}${hint}` };
}

function readList(raw: unknown, choices: readonly string[] | undefined): ReadField {
  const listed = typeof raw === 'string' ? raw.split(',').map((item) => item.trim()) : raw;
  if (!Array.isArray(listed) || !listed.every((item) => typeof item === 'string'))
    return { wrong: `must be a list of texts, not ${nameOf(raw)}` };
  const items = typeof raw === 'string' ? listed.filter((item) => item !== '') : listed;
  for (const item of choices === undefined ? [] : items) {
    const read = readChoice(choices ?? [], item);
    if ('wrong' in read) return read;
  }
  return { value: items };
}

/** A value as messages name it. Texts are quoted and cut: they could be anything. */
export function nameOf(raw: unknown): string {
  if (raw === null || raw === undefined) return 'nothing';
  if (typeof raw === 'string') return JSON.stringify(raw.length > 40 ? `${raw.slice(0, 40)}…` : raw);
  if (Array.isArray(raw)) return 'a list';
  return typeof raw === 'object' ? 'a map' : String(raw);
}
