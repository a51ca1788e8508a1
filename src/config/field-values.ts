// The values of all plain settings with their origins. Later sources overwrite earlier ones: defaults, file, environment, flags.
import type { Environment } from './environment.ts';
import { type Field, variablesOf } from './field.ts';
import { type FieldPath, fields, type PathOfKind } from './fields.ts';
import type { Problem } from './problems.ts';
import { type FieldValue, readField } from './read-field.ts';
import type { Origin } from './settings.ts';

export class FieldValues {
  readonly #values = new Map<string, FieldValue>();
  readonly origins = new Map<string, Origin>();

  constructor() {
    for (const field of fields) {
      if (field.default !== undefined) this.set(field.path as FieldPath, field.default, { kind: 'default', at: 'default' });
    }
  }

  set(path: FieldPath, value: FieldValue, origin: Origin): void {
    this.#values.set(path, value);
    this.origins.set(path, origin);
  }

  number(path: PathOfKind<'integer' | 'number'>): number {
    return Number(this.#values.get(path));
  }

  text(path: PathOfKind<'text' | 'file' | 'choice'>): string | undefined {
    const value = this.#values.get(path);
    return typeof value === 'string' ? value : undefined;
  }

  list(path: PathOfKind<'list'>): readonly string[] | undefined {
    const value = this.#values.get(path);
    return Array.isArray(value) ? (value as readonly string[]) : undefined;
  }

  readEnvironment(env: Environment, at: (name: string) => string, problems: Problem[]): void {
    for (const field of fields) {
      const name = variablesOf(field).find((candidate) => (env[candidate] ?? '').trim() !== '');
      if (name !== undefined) problems.push(...this.#read(field, env[name], { kind: 'env', at: at(name) }));
    }
  }

  readFlags(flags: Readonly<Record<string, string | undefined>>, problems: Problem[]): void {
    for (const field of fields) {
      const value = field.flag === undefined ? undefined : (flags[field.flag] ?? flags[camelCase(field.flag)]);
      if (value !== undefined) problems.push(...this.#read(field, value, { kind: 'flag', at: `--${field.flag}` }));
    }
  }

  /** Answers what is wrong with the value, if anything. */
  #read(field: Field, raw: unknown, origin: Origin): Problem[] {
    const read = readField(field, raw);
    if ('wrong' in read) return [{ at: origin.at, path: field.path, message: read.wrong }];
    this.set(field.path as FieldPath, read.value, origin);
    return [];
  }
}

/** Command line parsers hand flags over in camel case. */
function camelCase(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
