// The catalog for a command that works without a server: what the package brings, and the operator's overlay over it.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { Catalog } from '../catalog/catalog.ts';
import type { CompiledCatalog, Overlay } from '../catalog/records.ts';
import { flagsOf, loadCliSettings } from './load-cli-settings.ts';

export interface OpenedCatalog {
  readonly compiled: CompiledCatalog;
  /** Where the overlay is, or would be; undefined = none is configured and none was named. */
  readonly overlayFile: string | undefined;
  /** '' where the file does not exist yet. */
  readonly overlayText: string;
  readonly overlay: Overlay | undefined;
  readonly catalog: Catalog;
}

/** `--overlay` over the configured one. A file that does not exist is an empty overlay only when it was named here. */
export async function openCatalog(command: Command): Promise<OpenedCatalog> {
  const { overlay: named } = flagsOf(command);
  const { settings } = await loadCliSettings(command);
  const overlayFile = named === undefined ? settings.catalog.overlay : resolve(named);
  const exists = overlayFile !== undefined && existsSync(overlayFile);
  const compiled = await readCompiled();
  const overlay = overlayFile === undefined || (!exists && named !== undefined) ? undefined : await readOverlayFile(overlayFile);
  const { createCatalog } = await import('../catalog/create-catalog.ts');
  const { aliases } = settings;
  const hasAliases = Object.keys(aliases).length > 0;
  const merged = overlay === undefined && !hasAliases ? undefined : { ...overlay, aliases: { ...overlay?.aliases, ...aliases } };
  return {
    compiled,
    overlayFile,
    overlayText: exists ? readFileSync(overlayFile, 'utf8') : '',
    overlay,
    catalog: createCatalog(compiled, merged),
  };
}

async function readOverlayFile(file: string): Promise<Overlay> {
  const { readOverlay } = await import('../config/read-overlay.ts');
  const { parseOverlay } = await import('../catalog/overlay.ts');
  return parseOverlay(readOverlay(file), file);
}

/** The built catalog; in a checkout that runs from its sources, the data files themselves. */
async function readCompiled(): Promise<CompiledCatalog> {
  const here = dirname(fileURLToPath(import.meta.url));
  if (here.endsWith('cli')) {
    const { compileCatalog } = await import('../catalog/compile-catalog.ts');
    return compileCatalog(join(here, '..', '..', 'data'));
  }
  const { readCompiledCatalog } = await import('../catalog/read-catalog.ts');
  return readCompiledCatalog(join(here.endsWith('chunks') ? dirname(here) : here, 'catalog.json'));
}
