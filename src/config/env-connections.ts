// Variables → connection drafts: `<ID>_API_KEY` and `<ID>_BASE_URL`, the names the provider's own SDK reads, and
// `<ID>_API_KEY_<NAME>` for further accounts. They win over the file.
import { providerSettings, type ProviderSettings } from '../providers/config.ts';
import {
  accountFields,
  accountOfVariables,
  type FieldVariables,
  ownFieldVariables,
  readEnvAccount,
  readMachineAccount,
  variableStem,
} from './account-fields.ts';
import { readBaseUrl } from './base-url.ts';
import { type ConnectionDraft, newDraft } from './connection-draft.ts';
import { readCredential, readHeader } from './credential.ts';
import type { Environment } from './environment.ts';
import type { Problem } from './problems.ts';

export interface EnvSource {
  readonly env: Environment;
  /** A variable as origins and messages name it. */
  readonly at: (name: string) => string;
  /** Providers beside those of the list. */
  readonly more?: readonly ProviderSettings[];
}

/** The key and address variables of a provider, in the order they are read. */
export function providerVariables(provider: ProviderSettings): { readonly apiKey: readonly string[]; readonly baseUrl: readonly string[] } {
  const stem = variableStem(provider.id);
  return {
    apiKey: [`${stem}_API_KEY`, ...(provider.env?.apiKey ?? [])],
    baseUrl: [`${stem}_BASE_URL`, ...(provider.env?.baseUrl ?? [])],
  };
}

/** Adds to the drafts, or overrides members of them. */
export function readEnvConnections(source: EnvSource, drafts: ConnectionDraft[], problems: Problem[]): void {
  for (const provider of [...providerSettings, ...(source.more ?? [])]) {
    if (provider.builtIn === true) continue;
    const { apiKey, baseUrl } = providerVariables(provider);
    const names: DraftVariables = {
      provider,
      id: provider.id,
      apiKey,
      baseUrl,
      bearerToken: provider.env?.bearerToken ?? [],
      account: ownFieldVariables(provider),
    };
    readOne({ source, drafts, problems }, names);
    const draft = drafts.find((candidate) => candidate.id === provider.id);
    if (draft !== undefined) readEnvHeaders(source, draft, problems);
  }
  for (const names of furtherAccounts(source)) readOne({ source, drafts, problems }, names);
  for (const draft of drafts) if (draft.id !== draft.provider.id) readMachineAccount({ ...source, problems }, draft);
}

interface DraftVariables {
  readonly provider: ProviderSettings;
  readonly id: string;
  readonly apiKey: readonly string[];
  readonly baseUrl: readonly string[];
  readonly bearerToken: readonly string[];
  readonly account: FieldVariables;
}

interface Target {
  readonly source: EnvSource;
  readonly drafts: ConnectionDraft[];
  readonly problems: Problem[];
}

function readOne({ source, drafts, problems }: Target, names: DraftVariables): void {
  const key = firstSet(source.env, names.apiKey);
  const token = key === undefined ? firstSet(source.env, names.bearerToken) : undefined;
  const base = firstSet(source.env, names.baseUrl);
  const first = key ?? token ?? base ?? enablingVariable(source.env, names);

  let draft = drafts.find((candidate) => candidate.id === names.id);
  if (draft === undefined) {
    if (first === undefined) return;
    draft = newDraft({ id: names.id, provider: names.provider, at: source.at(first), named: undefined });
    drafts.push(draft);
  }
  const credential = key ?? token;
  if (credential !== undefined) {
    const read = readCredential(source.env[credential] ?? '');
    if ('wrong' in read) problems.push({ at: source.at(credential), path: `connections.${names.id}.api_key`, message: read.wrong });
    else draft.apiKey = read.value;
    if (token !== undefined) draft.auth = { kind: 'bearer' };
    draft.origins.set('api_key', { kind: 'env', at: source.at(credential) });
  }
  if (base !== undefined) {
    const read = readBaseUrl(source.env[base] ?? '', names.provider);
    if ('wrong' in read) problems.push({ at: source.at(base), path: `connections.${names.id}.base_url`, message: read.wrong });
    else draft.baseUrl = read.url;
    draft.origins.set('base_url', { kind: 'env', at: source.at(base) });
  }
  readEnvAccount({ ...source, problems }, draft, names.account);
}

/** A region alone enables nothing: the credentials of the account have to be there too. */
function enablingVariable(env: Environment, { provider, account }: DraftVariables): string | undefined {
  const { auth } = provider;
  if (auth.kind !== 'authorizer' || auth.keyless === undefined) return undefined;
  const set = accountFields(provider).map(([name]) => firstSet(env, account[name] ?? []));
  const first = set.find((variable) => variable !== undefined);
  return first !== undefined && auth.keyless(accountOfVariables(provider, account, env)) ? first : undefined;
}

/** Account headers (organisation, virtual key …) belong to the provider's first connection only: another key has another account. */
function readEnvHeaders(source: EnvSource, draft: ConnectionDraft, problems: Problem[]): void {
  for (const [header, name] of Object.entries(draft.provider.env?.headers ?? {})) {
    const text = source.env[name]?.trim();
    if (text === undefined || text === '') continue;
    const read = readHeader(header, text);
    if ('wrong' in read) problems.push({ at: source.at(name), path: `connections.${draft.id}.headers.${header}`, message: read.wrong });
    else draft.headers = { ...draft.headers, [header]: read.value };
    draft.origins.set(`headers.${header}`, { kind: 'env', at: source.at(name) });
  }
}

function firstSet(env: Environment, names: readonly string[]): string | undefined {
  return names.find((name) => (env[name] ?? '').trim() !== '');
}

/** `OPENAI_API_KEY_EU` (and `OPENAI_BASE_URL_EU`) → `openai-eu`. */
function furtherAccounts({ env, more }: EnvSource): DraftVariables[] {
  const found = new Map<string, DraftVariables>();
  for (const variable of Object.keys(env).sort()) {
    const [, stem, name] = furtherName.exec(variable) ?? [];
    const provider =
      stem === undefined ? undefined : (byStem.get(stem) ?? more?.find(({ id, builtIn }) => builtIn !== true && variableStem(id) === stem));
    if (provider === undefined || name === undefined) continue;
    const id = `${provider.id}-${name.toLowerCase().replaceAll('_', '-')}`;
    if (!found.has(id)) {
      const account = Object.fromEntries(accountFields(provider).map(([field]) => [field, [`${stem}_${field.toUpperCase()}_${name}`]]));
      found.set(id, { provider, id, apiKey: [`${stem}_API_KEY_${name}`], baseUrl: [`${stem}_BASE_URL_${name}`], bearerToken: [], account });
    }
  }
  return [...found.values()];
}

/** Of the account fields only credentials make a further account: BEDROCK_SECRET_ACCESS_KEY_EU does, BEDROCK_REGION_EU does not. */
const credentialFields = new Set(
  providerSettings.flatMap((provider) =>
    accountFields(provider).flatMap(([name, field]) => (field.secret === true ? [name.toUpperCase()] : [])),
  ),
);
const furtherName = new RegExp(`^([A-Z0-9_]+?)_(?:${['API_KEY', 'BASE_URL', ...credentialFields].join('|')})_([A-Za-z0-9_]+)$`);

const byStem = new Map(
  providerSettings.filter((provider) => provider.builtIn !== true).map((provider) => [variableStem(provider.id), provider]),
);
