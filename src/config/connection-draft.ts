// A connection while it is being put together from the file and the environment.
import type { HttpTemplate, ProviderSettings } from '../providers/config.ts';
import type { ConnectionSetting, Origin } from './settings.ts';

export interface ConnectionDraft {
  readonly id: string;
  readonly provider: ProviderSettings;
  /** Where it was first named: `mpc.yaml:7:3`, `OPENAI_API_KEY`. */
  readonly at: string;
  /** It stands in the file, so that leaving it out would surprise. */
  readonly named: 'provider-section' | 'connections' | undefined;
  enabled: boolean;
  apiKey?: string | undefined;
  auth?: ConnectionSetting['auth'];
  baseUrl?: string | undefined;
  region?: string | undefined;
  headers: Readonly<Record<string, string>>;
  /** Account fields as they were given, without defaults. */
  readonly account: Record<string, string>;
  template?: HttpTemplate | undefined;
  models: readonly string[];
  timeouts: ConnectionSetting['timeouts'];
  weight?: number | undefined;
  priority?: number | undefined;
  maxParallel?: number | undefined;
  caFile?: string | undefined;
  /** Member (`api_key`, `base_url` …) → origin. */
  readonly origins: Map<string, Origin>;
}

export function newDraft(draft: Pick<ConnectionDraft, 'id' | 'provider' | 'at' | 'named'>): ConnectionDraft {
  return { ...draft, enabled: true, headers: {}, account: {}, models: [], timeouts: {}, origins: new Map() };
}
