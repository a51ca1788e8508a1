// The section `aliases`: a name → one model, a list in order of preference, or a map with a description.
import type { FileReader } from './file-reader.ts';
import { isRecord } from './settings-file.ts';
import type { AliasSetting } from './settings.ts';

export function readAliases(reader: FileReader): Readonly<Record<string, AliasSetting>> {
  const aliases: Record<string, AliasSetting> = {};
  for (const [name, value] of Object.entries(reader.map(['aliases'], reader.file.root['aliases']))) {
    const path = ['aliases', name];
    const members = isRecord(value) ? reader.map(path, value, ['models', 'description']) : { models: value };
    const models = reader.list(isRecord(value) ? [...path, 'models'] : path, members['models']);
    const description = reader.text([...path, 'description'], members['description']);
    if (models.length === 0) reader.wrong(path, 'needs at least one model');
    else aliases[name] = { models, ...(description !== undefined && { description }) };
  }
  return aliases;
}
