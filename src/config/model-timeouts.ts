// The section `model_timeouts`: limits for single models, above those of their connections. Which names exist, only the catalog knows.
import { serves } from './file-fallbacks.ts';
import type { FieldValues } from './field-values.ts';
import type { FileReader } from './file-reader.ts';
import { ConfigError, type Problem } from './problems.ts';
import type { LoadedSettings, ModelTimeouts } from './settings.ts';

const section = 'model_timeouts';
const members = ['connect_ms', 'first_byte_ms', 'idle_ms', 'total_ms'] as const;

export function readModelTimeouts(reader: FileReader, values: FieldValues): Readonly<Record<string, ModelTimeouts>> {
  const all: Record<string, ModelTimeouts> = {};
  for (const [name, value] of Object.entries(reader.map([section], reader.file.root[section]))) {
    const path = [section, name];
    const raw = reader.map(path, value, members);
    const [connectMs, firstByteMs, idleMs, totalMs] = members.map((member) => reader.milliseconds([...path, member], raw[member]));
    if (members.every((member) => raw[member] === undefined || raw[member] === null))
      reader.wrong(path, `needs at least one of ${members.join(', ')}`);
    if (totalMs !== undefined)
      for (const [at, partMs] of [connectMs, firstByteMs, idleMs].entries())
        if (partMs !== undefined && partMs > totalMs)
          reader.wrong([...path, members[at] ?? ''], `is longer than total_ms (${totalMs}), which would always end the call first`);
    values.origins.set(`${section}.${name}`, { kind: 'file', at: reader.file.locate(path) });
    all[name] = {
      ...(connectMs !== undefined && { connectMs }),
      ...(firstByteMs !== undefined && { firstByteMs }),
      ...(idleMs !== undefined && { idleMs }),
      ...(totalMs !== undefined && { totalMs }),
    };
  }
  return all;
}

/** What the catalog says of a name: the offers that it means, or the nearest known names. */
export type FoundName =
  | { readonly kind: 'offers'; readonly ids: readonly string[] }
  | { readonly kind: 'alias'; readonly ids: readonly string[] }
  | { readonly kind: 'none'; readonly nearest: readonly string[] };

/** Throws a ConfigError that names every model nobody knows, and those that stand there under two names. */
export function assertKnownModelTimeouts({ settings, origins }: LoadedSettings, find: (name: string) => FoundName): void {
  const problems: Problem[] = [];
  const before = new Map<string, string>();
  const nearestOf = (name: string): readonly string[] | undefined => {
    const found = find(name);
    return found.kind === 'none' ? found.nearest : undefined;
  };
  for (const name of Object.keys(settings.modelTimeouts)) {
    const path = `${section}.${name}`;
    const wrong = (message: string): void => {
      problems.push({ at: origins.get(path)?.at ?? 'mpc.yaml', path, message });
    };
    const found = find(name);
    if (found.kind === 'alias') wrong('is an alias, which has timeout_ms; name its models here');
    else if (found.kind === 'none') {
      if (settings.connections.some((connection) => serves(connection, name, nearestOf))) continue;
      wrong(
        `is not known; ${found.nearest.length === 0 ? 'GET /v1/models lists the known ones' : `did you mean ${found.nearest.join(' or ')}?`}`,
      );
    } else {
      const key = [...found.ids].sort().join();
      const same = before.get(key);
      if (same === undefined) before.set(key, name);
      else wrong(`means the same model as ${same}; keep one of them`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
}
