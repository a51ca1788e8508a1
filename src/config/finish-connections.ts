// Drafts → the connections calls may use: what is enabled, complete, and not the gateway itself.
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
  const hasKey = draft.apiKey !== undefined || 'authorization' in draft.headers || provider.builtIn === true;
  if (!hasKey && provider.keyless !== true) {
    const advice = `${draft.id} has no key; set ${apiKey[0]} or api_key`;
    if (draft.named === 'connections') return wrong('api_key', advice);
    options.notices.push(`${draft.at}: ${advice}. It is not used.`);
    return undefined;
  }
  // A wrong address was told already.
  if (draft.baseUrl === undefined && draft.origins.has('base_url')) return undefined;
  const hosted = provider.keyless === true && draft.apiKey !== undefined ? provider.hostedBaseUrl : undefined;
  const address = draft.baseUrl ?? hosted ?? provider.baseUrl;
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
    ...(draft.region !== undefined && { region: draft.region }),
    headers: draft.headers,
    models: draft.models,
    timeouts: draft.timeouts,
    ...(draft.caFile !== undefined && { caFile: draft.caFile }),
  };
}
