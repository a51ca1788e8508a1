// `routing.fallbacks`: who takes over for whom. Circles and chains that nothing can use are mistakes, not something to find out in a fire.
import { providerSettings } from '../providers/config.ts';
import { openChoices, othersThan } from './file-aliases.ts';
import type { FieldValues } from './field-values.ts';
import type { FileReader } from './file-reader.ts';
import { findCircle } from './find-circle.ts';
import { ConfigError, type Problem } from './problems.ts';
import type { AliasSetting, ConnectionSetting, LoadedSettings, Origin } from './settings.ts';

export type FallbackChains = Readonly<Record<string, readonly string[]>>;

const path = ['routing', 'fallbacks'] as const;

/** Undefined: there are none. Whether the names exist is known only where the catalog is (`origins` tells where they stand). */
export function readFallbacks(
  reader: FileReader,
  aliases: Readonly<Record<string, AliasSetting>>,
  values: FieldValues,
): FallbackChains | undefined {
  const section = reader.file.root['routing'];
  const value = typeof section === 'object' && section !== null && 'fallbacks' in section ? section.fallbacks : undefined;
  if (value === undefined || value === null) return undefined;
  const chains = new Map<string, readonly string[]>();
  for (const [name, listed] of Object.entries(reader.map(path, value))) {
    const chain = reader.list([...path, name], listed);
    if (chain.length === 0) reader.wrong([...path, name], 'needs at least one model');
    else chains.set(name, chain);
    values.origins.set(`routing.fallbacks.${name}`, { kind: 'file', at: reader.file.locate([...path, name]) } satisfies Origin);
  }
  refuseContradictions(reader, values);
  refuseCircles(reader, chains, aliases);
  return chains.size === 0 ? undefined : Object.fromEntries(chains);
}

function refuseContradictions(reader: FileReader, values: FieldValues): void {
  if (values.text('routing.fallback') === 'none')
    reader.wrong(path, 'lists fallbacks, but routing.fallback is `none`, so they would never serve; drop one of the two');
  if (values.list('routing.fallback_on')?.length === 0)
    reader.wrong(path, 'lists fallbacks, but routing.fallback_on is empty, so they would never serve; drop one of the two');
}

/** A chain goes on with the chains of its members; an alias stands for its models. */
function refuseCircles(
  reader: FileReader,
  chains: ReadonlyMap<string, readonly string[]>,
  aliases: Readonly<Record<string, AliasSetting>>,
): void {
  const next = new Map<string, readonly string[]>();
  for (const [alias, { models }] of Object.entries(aliases)) next.set(alias.toLowerCase(), othersThan(alias, models));
  for (const [name, chain] of chains) next.set(name.toLowerCase(), [...(next.get(name.toLowerCase()) ?? []), ...chain]);
  const told = new Set<string>();
  for (const name of chains.keys()) {
    const circle = findCircle(name.toLowerCase(), next);
    if (circle === undefined || circle.some((member) => told.has(member))) continue;
    for (const member of circle) told.add(member);
    reader.wrong([...path, name], `goes in a circle: ${[...circle, circle[0]].join(' → ')}; a model cannot take over for itself`);
  }
}

/** Throws a ConfigError that names every model or alias nobody knows. `find` answers the nearest known names, or undefined for a known one. */
export function assertKnownFallbacks({ settings, origins }: LoadedSettings, find: Find): void {
  const problems: Problem[] = [];
  const isOwn = (name: string): boolean => settings.connections.some((connection) => serves(connection, name, find));
  for (const [name, chain] of Object.entries(settings.routing.fallbacks ?? {})) {
    for (const one of name === '*' ? chain : [name, ...chain]) {
      if (isOwn(one) || openChoices.has(one)) continue;
      const nearest = find(one);
      if (nearest === undefined) continue;
      const hint = nearest.length === 0 ? 'GET /v1/models lists the known ones' : `did you mean ${nearest.join(' or ')}?`;
      const at = origins.get(`routing.fallbacks.${name}`)?.at ?? 'mpc.yaml';
      problems.push({ at, path: `routing.fallbacks.${name}`, message: `"${one}" is not known; ${hint}` });
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

type Find = (name: string) => readonly string[] | undefined;

/** Beyond the catalog's names: what a connection lists, and what `connection/model` means. */
export function serves({ id, provider, models }: ConnectionSetting, name: string, find: Find): boolean {
  if (models.includes(name)) return true;
  const slash = name.indexOf('/');
  const prefix = slash < 0 ? undefined : name.slice(0, slash);
  if (prefix !== id && prefix !== provider) return false;
  const definition = providerSettings.find((known) => known.id === provider);
  // A provider that is not built in is a module of the operator's own; what it serves, only it knows.
  if (definition === undefined || definition.openEnded === true || models.includes('*')) return true;
  const model = name.slice(slash + 1);
  return models.includes(model) || find(`${provider}/${model}`) === undefined;
}
