// A router's options → the connections its calls may use. What is not given is read from the provider's own variables, as the server
// reads them; what is given wins.
import { readBaseUrl } from '../config/base-url.ts';
import { type ConnectionDraft, newDraft } from '../config/connection-draft.ts';
import { readCredential } from '../config/credential.ts';
import { type Environment, readEnvironment } from '../config/environment.ts';
import { providerVariables, readEnvConnections } from '../config/env-connections.ts';
import { finishConnections } from '../config/finish-connections.ts';
import type { Problem } from '../config/problems.ts';
import { readProxy } from '../config/proxy.ts';
import type { ConnectionSetting, Settings } from '../config/settings.ts';
import { findProvider, type KnownProvider, type ProviderDefinition, providers } from '../providers/index.ts';
import { invalidOption } from './llm-error.ts';
import type { ProviderAccount, RouterOptions } from './options.ts';

export interface RouterConnections {
  readonly settings: readonly ConnectionSetting[];
  readonly proxy: Settings['proxy'];
}

/** `own` are the definitions of the program's adapters. Throws `invalid_request` naming what is missing or wrong. */
export function readConnections(options: RouterOptions, own: ReadonlyMap<string, ProviderDefinition>): RouterConnections {
  const env = options.env === false ? {} : typeof options.env === 'object' ? options.env : readEnvironment();
  const problems: Problem[] = [];
  const drafts = explicitDrafts(options, own);
  const everything = drafts.length === 0;
  const ids = new Set(drafts.map((draft) => draft.id));

  readEnvConnections({ env, at: (name) => name }, drafts, problems);
  for (const draft of drafts) if (own.has(draft.provider.id)) readOwnVariables(env, draft);
  const used = everything ? drafts : drafts.filter((draft) => ids.has(draft.id));
  if (everything) for (const provider of providers) if (provider.builtIn === true) used.push(draftOf(provider.id, provider));
  for (const draft of used) applyAccount(draft, accountOf(options, draft.id));

  const settings = finishConnections(used, { server: { host: '', port: 0 }, problems, notices: [] });
  // Variables of providers that this router does not use are none of its business.
  const first = problems.find((problem) => everything || [...ids].some((id) => problem.path.startsWith(`connections.${id}.`)));
  if (first !== undefined)
    throw invalidOption(optionName(first.path), `${first.message}${first.at === here ? '' : ` (read from ${first.at})`}`);
  return { settings, proxy: readProxy(env, []) };
}

const here = 'the options';

function explicitDrafts(options: RouterOptions, own: ReadonlyMap<string, ProviderDefinition>): ConnectionDraft[] {
  const drafts = new Map<string, ConnectionDraft>();
  const add = (id: string, providerId: string): void => {
    const provider = own.get(providerId) ?? findProvider(providerId);
    if (provider !== undefined && !drafts.has(id)) drafts.set(id, draftOf(id, provider));
  };
  for (const id of options.providers ?? []) add(id, id);
  for (const { id } of providers) if (options[id as KnownProvider] !== undefined) add(id, id);
  for (const [id, account] of Object.entries(options.accounts ?? {})) add(id, account.provider ?? id);
  for (const id of own.keys()) add(id, id);
  return [...drafts.values()];
}

function draftOf(id: string, provider: ProviderDefinition): ConnectionDraft {
  return newDraft({ id, provider, at: here, named: 'connections' });
}

function accountOf(options: RouterOptions, id: string): ProviderAccount | undefined {
  return options[id as KnownProvider] ?? options.accounts?.[id];
}

/** The registry's providers were read already; this is for those the registry does not know. */
function readOwnVariables(env: Environment, draft: ConnectionDraft): void {
  const { apiKey, baseUrl } = providerVariables(draft.provider);
  const value = (names: readonly string[]): string | undefined =>
    names.map((name) => env[name]?.trim()).find((text) => (text ?? '') !== '');
  const given = { apiKey: value(apiKey), baseUrl: value(baseUrl) };
  applyAccount(draft, {
    ...(given.apiKey !== undefined && { apiKey: given.apiKey }),
    ...(given.baseUrl !== undefined && { baseUrl: given.baseUrl }),
  });
}

function applyAccount(draft: ConnectionDraft, account: ProviderAccount | undefined): void {
  if (account === undefined) return;
  const { apiKey, baseUrl, region, headers, models, timeouts, caFile } = account;
  if (apiKey !== undefined) {
    const read = readCredential(apiKey);
    if ('wrong' in read) throw invalidOption(`${draft.id}.apiKey`, read.wrong);
    draft.apiKey = read.value;
    draft.auth = undefined;
  }
  if (baseUrl !== undefined) {
    const read = readBaseUrl(baseUrl, draft.provider);
    if ('wrong' in read) throw invalidOption(`${draft.id}.baseUrl`, read.wrong);
    draft.baseUrl = read.url;
  }
  if (region !== undefined) draft.region = region;
  if (headers !== undefined) {
    const lowered = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    draft.headers = { ...draft.headers, ...Object.fromEntries(lowered) };
  }
  if (models !== undefined) draft.models = models;
  if (timeouts !== undefined) draft.timeouts = timeouts;
  if (caFile !== undefined) draft.caFile = caFile;
  for (const [name, value] of Object.entries(account.account ?? {})) {
    if (draft.provider.account?.[name] === undefined) {
      const fields = Object.keys(draft.provider.account ?? {});
      throw invalidOption(`${draft.id}.account.${name}`, fields.length === 0 ? 'this provider takes none' : `known: ${fields.join(', ')}`);
    }
    draft.account[name] = value;
  }
}

/** `connections.mistral.api_key` of the configuration is `mistral.apiKey` here. */
function optionName(path: string): string {
  return path.replace(/^connections\./, '').replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
