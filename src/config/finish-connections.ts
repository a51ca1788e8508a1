// Drafts → the connections calls may use: what is enabled, complete, and not the gateway itself.
import { fillTemplate } from '../providers/config.ts';
import { type Account, completeAccount, explainField, missingFields } from './account-fields.ts';
import { isExposed, isOwnAddress } from './base-url.ts';
import type { ConnectionDraft } from './connection-draft.ts';
import { providerVariables } from './env-connections.ts';
import type { Problem } from './problems.ts';
import type { ConnectionSetting } from './settings.ts';

export interface FinishOptions {
  readonly server: { readonly host: string; readonly port: number };
  readonly problems: Problem[];
  readonly notices: string[];
}

export function finishConnections(drafts: readonly ConnectionDraft[], options: FinishOptions): ConnectionSetting[] {
  return drafts
    .filter((draft) => draft.enabled)
    .map((draft) => finish(draft, options))
    .filter((connection) => connection !== undefined)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function finish(draft: ConnectionDraft, options: FinishOptions): ConnectionSetting | undefined {
  const { provider } = draft;
  const wrong = (member: string, message: string): undefined => {
    options.problems.push({ at: draft.origins.get(member)?.at ?? draft.at, path: `connections.${draft.id}.${member}`, message });
    return undefined;
  };
  const { apiKey, baseUrl } = providerVariables(provider);
  const account = completeAccount(draft);
  const hasKey = draft.apiKey !== undefined || 'authorization' in draft.headers || provider.builtIn === true;
  if (!hasKey && provider.keyless !== true && !needsNoKey(draft, account)) {
    const advice = `${draft.id} has no key; set ${apiKey[0]} or api_key`;
    if (draft.named === 'connections') return wrong('api_key', advice);
    options.notices.push(`${draft.at}: ${advice}. It is not used.`);
    return undefined;
  }
  if (provider.templated === true && draft.template === undefined) {
    // A wrong template was told already.
    if (draft.origins.has('template')) return undefined;
    const advice = `${draft.id} has no template; say in mpc.yaml what is sent and where the answer stands`;
    if (draft.named !== undefined) return wrong('template', advice);
    options.notices.push(`${draft.at}: ${advice}. It is not used.`);
    return undefined;
  }
  // A wrong address was told already.
  if (draft.baseUrl === undefined && draft.origins.has('base_url')) return undefined;
  const hosted = provider.keyless === true && draft.apiKey !== undefined ? provider.hostedBaseUrl : undefined;
  const template = draft.baseUrl ?? hosted ?? provider.baseUrlOf?.(account) ?? provider.baseUrl;
  const missing = missingFields(draft, account, template);
  if (missing.length > 0) {
    for (const name of missing) {
      const advice = `${draft.id} has no ${name}; ${explainField(provider, name)}`;
      if (draft.named !== undefined) wrong(`account.${name}`, advice);
      else options.notices.push(`${draft.at}: ${advice}. It is not used.`);
    }
    return undefined;
  }
  const address = template === undefined ? undefined : fillTemplate(template, account);
  const region = draft.region ?? account.region;
  if (address === undefined) {
    const advice = `${draft.id} has no address; set ${baseUrl[0]} or base_url`;
    if (draft.named !== undefined) return wrong('base_url', advice);
    options.notices.push(`${draft.at}: ${advice}. It is not used.`);
    return undefined;
  }
  if (isOwnAddress(address, options.server)) {
    return wrong(
      'base_url',
      `${address} is this gateway's own address: every call would come back to it. Give the provider's address, or another port`,
    );
  }
  if (draft.apiKey !== undefined && isExposed(address)) {
    options.notices.push(`${draft.id}: ${address} is not encrypted; its key travels readable`);
  }
  return {
    id: draft.id,
    provider: provider.id,
    baseUrl: address,
    ...(draft.apiKey !== undefined && { apiKey: draft.apiKey }),
    ...(draft.auth !== undefined && { auth: draft.auth }),
    ...(region !== undefined && { region }),
    headers: draft.headers,
    ...(draft.template !== undefined && { template: draft.template }),
    models: draft.models,
    ...(Object.keys(account).length > 0 && { account }),
    timeouts: draft.timeouts,
    ...(draft.weight !== undefined && { weight: draft.weight }),
    ...(draft.priority !== undefined && { priority: draft.priority }),
    ...(draft.maxParallel !== undefined && { maxParallel: draft.maxParallel }),
    ...(draft.caFile !== undefined && { caFile: draft.caFile }),
  };
}

/**
 * Signatures and tokens are made from the account's fields or from what the machine has. What the machine has cannot be seen here,
 * so it counts only for a connection that somebody wrote down or gave an address; `mpc doctor` looks for it.
 */
function needsNoKey(draft: ConnectionDraft, account: Account): boolean {
  const scheme = draft.auth ?? draft.provider.auth;
  if (scheme.kind !== 'authorizer' || scheme.keyless === undefined) return false;
  return draft.named !== undefined || draft.baseUrl !== undefined || scheme.keyless(account);
}
