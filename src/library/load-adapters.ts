// The server's way to adapters: modules that mpc.yaml names, loaded and checked before the settings are read.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type AdapterModule, findAdapterModules } from '../config/adapter-modules.ts';
import { type LoadOptions, loadSettings } from '../config/load-settings.ts';
import type { LoadedSettings } from '../config/settings.ts';
import { toGatewayError } from '../core/errors.ts';
import { taskDialectOf } from '../dialects/tasks/index.ts';
import { upstreamDialectOf } from '../dialects/upstream-dialects.ts';
import { findProvider } from '../providers/index.ts';
import type { OwnProvider } from '../providers/own-provider.ts';
import { readOwnProvider, type Wrong } from './own-provider.ts';

/** As `loadSettings`, with the operator's own adapters. Throws a ConfigError that names every mistake, those of adapters included. */
export async function loadSettingsWithAdapters(options: LoadOptions): Promise<LoadedSettings> {
  const modules = findAdapterModules(options);
  const read = await Promise.all(modules.map(async (module) => [module.id, await loadAdapter(module)] as const));
  return loadSettings({ ...options, own: new Map(read) });
}

/** The provider that a module exports: its default export, or the one export that is called as the section is. */
export async function loadAdapter({ id, path }: AdapterModule): Promise<OwnProvider | Wrong> {
  if (findProvider(id) !== undefined) return { wrong: `${id} is the name of a provider already; call yours differently` };
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = await importModule(path);
  } catch (thrown) {
    return { wrong: describeFailure(thrown, path) };
  }
  const found = Object.hasOwn(exported, 'default') ? exported['default'] : Object.values(exported).find((value) => idOf(value) === id);
  if (found === undefined) return { wrong: `${basename(path)} exports no definition or adapter with the id ${id}` };
  const own = readOwnProvider(found);
  if ('wrong' in own) return { wrong: `${basename(path)}: ${own.wrong}` };
  if (own.definition.id !== id) {
    return { wrong: `${basename(path)} exports "${own.definition.id}"; call the section providers.${own.definition.id}` };
  }
  const wrong = findUnknownDialect(own);
  return wrong === undefined ? own : { wrong: `${basename(path)}: ${wrong}` };
}

/** Modules are kept for the life of a process, under their address; new content gets a new one. */
async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  const digest = createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
    .slice(0, 16);
  const url = `${pathToFileURL(path).href}?${digest}`;
  return (await import(/* @vite-ignore */ url)) as Readonly<Record<string, unknown>>;
}

function idOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
}

/** With the line of the module where it failed, if the error knows one. */
function describeFailure(thrown: unknown, path: string): string {
  const { code, message = String(thrown), stack = '' } = thrown as Partial<NodeJS.ErrnoException>;
  if (code === 'ENOENT' || code === 'EISDIR') return `there is no file ${path}`;
  const name = basename(path);
  const line = stack
    .split('\n')
    .find((text) => text.includes(name))
    ?.match(/:(\d+)(?::\d+)?\)?$/)?.[1];
  return `${name}${line === undefined ? '' : `:${line}`} could not be loaded: ${message}`;
}

function findUnknownDialect({ definition }: OwnProvider): string | undefined {
  try {
    for (const { dialect, codec } of definition.chat) if (codec === undefined) upstreamDialectOf(dialect);
    for (const endpoints of Object.values(definition.tasks ?? {})) {
      for (const { dialect, codec } of endpoints) if (codec === undefined) taskDialectOf(dialect);
    }
    return undefined;
  } catch (thrown) {
    return toGatewayError(thrown).message;
  }
}
