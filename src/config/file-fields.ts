// The plain settings of mpc.yaml: finds each field's value, and names every key that is none.
import { type FieldPath, fields } from './fields.ts';
import type { FileReader } from './file-reader.ts';
import { readField } from './read-field.ts';
import { type FilePath, isRecord } from './settings-file.ts';
import type { FieldValues } from './field-values.ts';

const sections = new Set<string>(
  fields.filter((field) => field.path.includes('.')).map((field) => field.path.slice(0, field.path.indexOf('.'))),
);
const byPath = new Map(fields.map((field) => [field.path, field]));
/** Read by their own files. */
const nested = ['aliases', 'model_timeouts', 'providers', 'connections', 'budgets', 'rate_limits'];
const nestedInSections: ReadonlySet<string> = new Set(['routing.fallbacks']);

export function readFileFields(reader: FileReader, values: FieldValues): void {
  const { root } = reader.file;
  for (const [key, value] of Object.entries(root)) {
    if (nested.includes(key)) continue;
    if (sections.has(key)) readSection(reader, values, { name: key, value });
    else readKey(reader, values, { path: [key], value });
  }
}

function readSection(reader: FileReader, values: FieldValues, section: { readonly name: string; readonly value: unknown }): void {
  if (section.value !== null && !isRecord(section.value)) {
    reader.wrong([section.name], 'must be a map of settings');
    return;
  }
  for (const [key, value] of Object.entries(section.value ?? {})) readKey(reader, values, { path: [section.name, key], value });
}

function readKey(reader: FileReader, values: FieldValues, entry: { readonly path: FilePath; readonly value: unknown }): void {
  const { path } = entry;
  if (nestedInSections.has(path.join('.'))) return;
  const field = byPath.get(path.join('.'));
  if (field === undefined) {
    const prefix = path.length > 1 ? `${path[0]}.` : '';
    const inSection = fields.map((known) => known.path).filter((known) => known.startsWith(prefix));
    const siblings = path.length > 1 ? inSection.map((known) => known.slice(prefix.length)) : rootNames;
    reader.unknown(
      path,
      siblings,
      fields.map((known) => known.path),
    );
    return;
  }
  const raw = reader.resolve(path, entry.value);
  if (raw === undefined || raw === null) return;
  const read = readField(field, raw);
  if ('wrong' in read) reader.wrong(path, read.wrong);
  else values.set(field.path as FieldPath, read.value, { kind: 'file', at: reader.file.locate(path) });
}

const rootNames = [...sections, ...fields.map((field) => field.path).filter((path) => !path.includes('.')), ...nested];
