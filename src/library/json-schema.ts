// A program's schema as JSON Schema for the provider, and as a check of what came back.
import { isObject, type JsonObject } from '../core/json.ts';
import { invalidOption } from './llm-error.ts';
import type { SchemaInput, TypedSchema } from './schema.ts';

const draft = 'draft-2020-12';

/** Throws `invalid_request` naming the option when the schema cannot be written as JSON Schema. */
export function toJsonSchema(schema: SchemaInput, option: string): JsonObject {
  // Schemas of some libraries are functions with members.
  const isFunction = typeof schema === 'function';
  if (!isFunction && !isObject(schema)) throw invalidOption(option, 'must be a schema: a zod object, a Standard Schema or JSON Schema');
  const standard = (
    schema as { '~standard'?: { jsonSchema?: { output?: (target: object) => unknown; input?: (target: object) => unknown } } }
  )['~standard'];
  if (standard === undefined && !isFunction) return schema as unknown as JsonObject;
  const write = standard?.jsonSchema?.input ?? standard?.jsonSchema?.output;
  const own = (schema as { toJSONSchema?: () => unknown }).toJSONSchema;
  if (write === undefined && typeof own !== 'function') {
    throw invalidOption(option, 'this schema cannot be written as JSON Schema; use zod 4.2 or newer, or pass JSON Schema itself');
  }
  const written = write === undefined ? own?.call(schema) : write({ target: draft });
  if (!isObject(written)) throw invalidOption(option, 'the schema did not give a JSON Schema object');
  // Providers refuse members they do not know, and the dialect is no part of the contract.
  const { $schema: _dialect, '~standard': _standard, ...plain } = written;
  return plain;
}

export type Checked = { readonly value: unknown } | { readonly problem: string };

/** The value as its schema reads it; plain JSON Schema is the provider's to enforce and is not checked again. */
export async function checkValue(schema: SchemaInput, value: unknown): Promise<Checked> {
  const standard = (schema as Partial<TypedSchema>)['~standard'];
  if (standard === undefined) return { value };
  const outcome = await standard.validate(value);
  if (outcome.issues === undefined) return { value: outcome.value };
  return { problem: outcome.issues.map((issue) => `${pathOf(issue.path)}${issue.message}`).join('; ') };
}

function pathOf(path: readonly unknown[] | undefined): string {
  if (path === undefined || path.length === 0) return '';
  return `${path.map((step) => (isObject(step) ? String(step['key']) : String(step))).join('.')}: `;
}
