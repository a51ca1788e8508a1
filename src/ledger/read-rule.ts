// What budgets and rate limits share when they are read, from mpc.yaml or from an administrator's JSON: every mistake is told
// with its field, and a field that is none is a mistake too.
import { GatewayError } from '../core/errors.ts';
import { type AllowList, compileAllowList } from './allow-list.ts';
import { type Holder, type HolderKind, holderKinds } from './rules.ts';

/** A rule as it came: only its shape as an object is known. */
export type RawRule = Readonly<Record<string, unknown>>;

export interface ReadRuleOptions {
  readonly id: string;
  readonly origin: 'config' | 'admin';
  /** Told of each mistake. `field` is '' for the rule as a whole. */
  readonly wrong: (field: string, message: string) => void;
}

/** Counts the mistakes on their way. */
export function countWrong(options: ReadRuleOptions): { readonly wrong: ReadRuleOptions['wrong']; readonly count: () => number } {
  let count = 0;
  return {
    wrong(field, message) {
      count += 1;
      options.wrong(field, message);
    },
    count: () => count,
  };
}

export function refuseUnknown(raw: RawRule, known: readonly string[], wrong: ReadRuleOptions['wrong']): void {
  for (const field of Object.keys(raw)) {
    if (!known.includes(field)) wrong(field.slice(0, 60), `is unknown; known: ${known.join(', ')}`);
  }
}

const idForm = /^[^\s:]{1,200}$/;

/** `global`, `team:research`, `key:*`. */
export function readHolder(value: unknown, wrong: ReadRuleOptions['wrong']): Holder | undefined {
  const kinds = holderKinds.filter((kind) => kind !== 'global').join(', ');
  const hint = `must be "global" or one of ${kinds} with an id or "*", as in "team:research" or "key:*"`;
  if (value === 'global') return { kind: 'global', id: '' };
  if (typeof value !== 'string') {
    wrong('holder', hint);
    return undefined;
  }
  const colon = value.indexOf(':');
  const kind = holderKinds.find((known) => known !== 'global' && known === value.slice(0, colon)) as HolderKind | undefined;
  const id = value.slice(colon + 1);
  // End users and tags are the callers' own words: anything but nothing.
  const fits = kind === 'end_user' || kind === 'tag' ? id.length > 0 && id.length <= 200 : idForm.test(id);
  if (colon !== -1 && kind !== undefined && fits) return { kind, id };
  wrong('holder', hint);
  return undefined;
}

export function readModels(value: unknown, wrong: ReadRuleOptions['wrong']): AllowList | undefined {
  if (value === undefined || value === null) return undefined;
  const names = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(names) || names.length === 0 || names.some((name) => typeof name !== 'string')) {
    wrong('models', 'must be a list of model names, as in ["openai/*"]');
    return undefined;
  }
  try {
    return compileAllowList(names as string[]);
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    wrong('models', thrown.message);
    return undefined;
  }
}

export function readProviderId(value: unknown, wrong: ReadRuleOptions['wrong']): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && /^[a-z0-9-]{1,60}$/.test(value)) return value;
  wrong('provider', 'must be the id of a provider');
  return undefined;
}

export function readChoice<Choice extends string>(
  value: unknown,
  choices: readonly Choice[],
  miss: (message: string) => void,
): Choice | undefined {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) miss(`must be ${choices.map((choice) => `"${choice}"`).join(' or ')}`);
  return found;
}
