// Typed reading of nested parts of mpc.yaml: every wrong value and unknown key becomes a problem with its place.
import type { Environment } from './environment.ts';
import { nearestName } from './nearest-name.ts';
import type { Problem } from './problems.ts';
import { nameOf } from './read-field.ts';
import { dotted, type FilePath, isRecord, type SettingsFile } from './settings-file.ts';

/** A day. Beyond 24 of them a timer of Node ends at once. */
const longestMs = 86_400_000;

const reference = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

export class FileReader {
  readonly file: SettingsFile;
  readonly #env: Environment;
  readonly #problems: Problem[];

  constructor(file: SettingsFile, env: Environment, problems: Problem[]) {
    this.file = file;
    this.#env = env;
    this.#problems = problems;
  }

  wrong(path: FilePath, message: string): void {
    this.#problems.push({ at: this.file.locate(path), path: dotted(path), message });
  }

  /** A map, or {} with a problem. Keys outside `known` are problems with the nearest name. */
  map(path: FilePath, value: unknown, known?: Iterable<string>): Readonly<Record<string, unknown>> {
    if (value === undefined || value === null) return {};
    if (!isRecord(value)) {
      this.wrong(path, `must be a map, not ${nameOf(value)}`);
      return {};
    }
    if (known !== undefined) {
      const names = [...known];
      for (const key of Object.keys(value)) if (!names.includes(key)) this.unknown([...path, key], names);
    }
    return value;
  }

  /** `elsewhere`: full paths of other settings, for a key that stands in the wrong section. */
  unknown(path: FilePath, siblings: readonly string[], elsewhere: readonly string[] = []): void {
    const key = String(path.at(-1));
    const prefix = dotted(path.slice(0, -1));
    const near = nearestName(key, siblings);
    const endOf = (other: string): string => other.slice(other.lastIndexOf('.') + 1);
    const end = nearestName(key, elsewhere.map(endOf));
    const moved = end === undefined ? undefined : elsewhere.find((other) => endOf(other) === end);
    const suggestion = near === undefined ? moved : prefix === '' ? near : `${prefix}.${near}`;
    const hint = suggestion === undefined ? `known here: ${siblings.join(', ')}` : `did you mean ${suggestion}?`;
    this.wrong(path, `unknown setting; ${hint}`);
  }

  text(path: FilePath, value: unknown): string | undefined {
    const resolved = this.resolve(path, value);
    if (resolved === undefined || resolved === null) return undefined;
    if (typeof resolved === 'string' && resolved.trim() !== '') return resolved.trim();
    // An unquoted key of digits only is a number to YAML, and has lost its leading zeros already.
    this.wrong(path, `must be a text, not ${nameOf(resolved)}; put quotes around it`);
    return undefined;
  }

  list(path: FilePath, value: unknown): readonly string[] {
    const items = typeof value === 'string' ? [value] : value;
    if (items === undefined || items === null) return [];
    if (!Array.isArray(items)) {
      this.wrong(path, `must be a list of texts, not ${nameOf(items)}`);
      return [];
    }
    return items.map((item, index) => this.text([...path, index], item)).filter((item) => item !== undefined);
  }

  flag(path: FilePath, value: unknown): boolean | undefined {
    if (value === undefined || value === null || typeof value === 'boolean') return value ?? undefined;
    this.wrong(path, `must be true or false, not ${nameOf(value)}`);
    return undefined;
  }

  milliseconds(path: FilePath, value: unknown): number | undefined {
    const resolved = this.resolve(path, value);
    if (resolved === undefined || resolved === null) return undefined;
    if (typeof resolved === 'number' && Number.isInteger(resolved) && resolved > 0 && resolved <= longestMs) return resolved;
    this.wrong(path, `must be a whole number of milliseconds from 1 to ${longestMs}, not ${nameOf(resolved)}`);
    return undefined;
  }

  texts(path: FilePath, value: unknown): Readonly<Record<string, string>> {
    const texts: Record<string, string> = {};
    for (const [key, item] of Object.entries(this.map(path, value))) {
      const text = this.text([...path, key], item);
      if (text !== undefined) texts[key] = text;
    }
    return texts;
  }

  /** `${NAME}` as a whole value → the variable; anything else as it is. Undefined with a problem when the variable is missing. */
  resolve(path: FilePath, value: unknown): unknown {
    if (typeof value !== 'string') return value;
    const name = reference.exec(value.trim())?.[1];
    if (name === undefined) {
      if (!value.includes('${')) return value;
      this.wrong(path, 'a ${NAME} must be the whole value');
      return undefined;
    }
    const found = this.#env[name]?.trim();
    if (found !== undefined && found !== '') return found;
    this.wrong(path, `the variable ${name} is not set`);
    return undefined;
  }

  isReference(value: unknown): boolean {
    return typeof value === 'string' && reference.test(value.trim());
  }
}
