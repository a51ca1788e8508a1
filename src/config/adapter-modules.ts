// Which modules mpc.yaml names as adapters (`providers.<id>.adapter`). They are loaded before the settings are read, because what an
// account needs is told by the provider's definition. Mistakes in the file are told by `loadSettings`, not here.
import { resolve } from 'node:path';
import { type LoadOptions, openSettingsFile } from './load-settings.ts';
import { isRecord } from './settings-file.ts';

export interface AdapterModule {
  /** The section's name, which must be the provider's id. */
  readonly id: string;
  /** Absolute. */
  readonly path: string;
}

export function findAdapterModules(options: LoadOptions): readonly AdapterModule[] {
  const file = openSettingsFile(options, []);
  const sections = file?.root['providers'];
  if (file === undefined || !isRecord(sections)) return [];
  return Object.entries(sections).flatMap(([id, section]) => {
    const adapter = isRecord(section) ? section['adapter'] : undefined;
    return typeof adapter === 'string' && adapter.trim() !== '' ? [{ id, path: resolve(file.directory, adapter.trim()) }] : [];
  });
}
