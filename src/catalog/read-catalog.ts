// The compiled artefact, read back. It was validated when it was written, so reading it is one parse.
import { readFileSync } from 'node:fs';
import { parseJson, isObject } from '../core/json.ts';
import type { CompiledCatalog } from './records.ts';

/** Throws a RangeError for a file that some other version of the compiler wrote. */
export function readCompiledCatalog(file: string): CompiledCatalog {
  const value = parseJson(readFileSync(file, 'utf8'));
  if (!isObject(value) || value['format'] !== 1) throw new RangeError(`${file} is not a compiled catalog of this version; build again`);
  return value as unknown as CompiledCatalog;
}
