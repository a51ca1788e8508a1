// Names of models and providers in aliases, budgets and rate limits that mean nothing: such a rule would hold for nothing, silently.
// And fallbacks that mean what has failed.
// Checked where the catalog is at hand; what only a connection knows cannot always be told from a mistake, and is let be.
import { providerSettings } from '../providers/config.ts';
import { serves } from './file-fallbacks.ts';
import type { FoundName } from './model-timeouts.ts';
import { nearestName } from './nearest-name.ts';
import { ConfigError, type Problem } from './problems.ts';
import type { LoadedSettings } from './settings.ts';

export interface KnownNames {
  find(name: string): FoundName;
  /** Does any known model's name begin so? Lower case. */
  isBeginning(prefix: string): boolean;
}

/** Throws a ConfigError that names every one of them with its place. */
export function assertKnownNames({ settings, origins }: LoadedSettings, names: KnownNames): void {
  const problems: Problem[] = [];
  const { connections } = settings;
  const nearestOf = (name: string): readonly string[] | undefined => {
    const found = names.find(name);
    return found.kind === 'none' ? found.nearest : undefined;
  };
  const definitionOf = (provider: string) => providerSettings.find(({ id }) => id === provider);
  // A provider that is not built in is a module of the operator's own; what it serves, only it knows.
  const takesAny = connections.some(({ provider, models }) => {
    const definition = definitionOf(provider);
    return definition === undefined || (definition.openEnded === true && definition.builtIn !== true) || models.includes('*');
  });
  const isElsewhere = (name: string): boolean =>
    (takesAny && !name.includes('/')) || connections.some((connection) => serves(connection, name, nearestOf));
  /** undefined = it is known, or may be. */
  const unknown = (name: string): string | undefined => {
    const nearest = nearestOf(name);
    if (nearest === undefined || isElsewhere(name)) return undefined;
    return `"${name}" is not known; ${nearest.length === 0 ? 'GET /v1/models lists the known ones' : `did you mean ${nearest.join(' or ')}?`}`;
  };
  const originOf = (path: string): string => origins.get(path)?.at ?? 'mpc.yaml';
  const check = (at: string, found: string | undefined): void => {
    if (found !== undefined) problems.push({ at, path: '', message: found });
  };

  for (const [alias, { models }] of Object.entries(settings.aliases)) {
    const at = originOf(`aliases.${alias}`);
    for (const name of models) {
      const found = names.find(name);
      // An alias may be named like the model it means; then the catalog's answer is the alias itself, with what it leads to.
      const leadsNowhere = found.kind === 'alias' && name === alias && found.ids.length === 0 && !isElsewhere(name);
      check(at, leadsNowhere ? `"${name}" is no model but this alias itself` : unknown(name));
    }
  }
  for (const [name, chain] of Object.entries(settings.routing.fallbacks ?? {})) {
    const failed = names.find(name);
    if (failed.kind !== 'offers') continue;
    for (const one of chain) {
      const next = names.find(one);
      // All of it has been tried by then: a circle under another name.
      if (next.kind === 'offers' && next.ids.every((id) => failed.ids.includes(id)))
        check(originOf(`routing.fallbacks.${name}`), `"${one}" is the same model as ${name}; a model cannot take over for itself`);
    }
  }
  for (const rule of [...settings.budgets, ...settings.rateLimits]) {
    const at = (field: string): string => originOf(`rules.${rule.id}.${field}`);
    const { models, provider } = rule;
    for (const name of models?.names ?? [])
      check(at('models'), names.find(name).kind === 'alias' ? `"${name}" is an alias; name its models here` : unknown(name));
    for (const prefix of models?.prefixes ?? []) {
      const isConnection = connections.some(({ id, provider: own }) => prefix.startsWith(`${id}/`) || prefix.startsWith(`${own}/`));
      if (!names.isBeginning(prefix) && !isConnection && !(takesAny && !prefix.includes('/')))
        check(at('models'), `no model begins with "${prefix}"; GET /v1/models lists the known ones`);
    }
    if (provider !== undefined && definitionOf(provider) === undefined && !connections.some((one) => one.provider === provider)) {
      const near = nearestName(
        provider,
        providerSettings.map(({ id }) => id),
      );
      check(
        at('provider'),
        `"${provider}" is no provider${near === undefined ? '; docs/providers.md lists them' : `; did you mean ${near}?`}`,
      );
    }
    for (const [name, cheaper] of Object.entries('fallbacks' in rule ? rule.fallbacks : {})) {
      if (name !== '*')
        check(at('fallbacks'), names.find(name).kind === 'alias' ? `"${name}" is an alias; name its models here` : unknown(name));
      for (const one of cheaper) check(at('fallbacks'), unknown(one));
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
}
