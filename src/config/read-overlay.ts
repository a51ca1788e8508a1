// The operator's catalog overlay (`catalog.overlay`): YAML as plain values. What may stand in it is the catalog's business.
import { readFileSync } from 'node:fs';
import { ConfigError, type Problem } from './problems.ts';
import { parseSettingsFile } from './settings-file.ts';

/** Throws a ConfigError when the file cannot be read or is no map. */
export function readOverlay(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new ConfigError([{ at: path, path: 'catalog.overlay', message: `cannot be read (${reason})` }]);
  }
  const problems: Problem[] = [];
  const file = parseSettingsFile(path, text, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return file.root;
}
