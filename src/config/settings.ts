// The frozen configuration every part receives: flags over environment over mpc.yaml over defaults.

export interface Settings {
  readonly server: {
    readonly port: number;
    readonly host: string;
    /** More `Host` values accepted on loopback, besides localhost and loopback addresses. */
    readonly allowedHosts: readonly string[];
    /** Origins of web pages that may call a gateway without keys. */
    readonly allowedOrigins: readonly string[];
    /** 'auto': required when a key exists or the host is not loopback. */
    readonly auth: 'auto' | 'required';
    readonly drainSeconds: number;
    readonly headerTimeoutMs: number;
    readonly bodyTimeoutMs: number;
  };
  readonly dataDir: string;
  readonly adminKey?: string;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly limits: {
    readonly bodyBytes: number;
    readonly jsonDepth: number;
    readonly inflateRatio: number;
    /** Largest single upstream frame or whole answer. */
    readonly frameBytes: number;
    readonly answerBytes: number;
    /** Buffered per stream before the upstream is paused. */
    readonly streamBufferBytes: number;
  };
  readonly timeouts: {
    readonly connectMs: number;
    readonly firstByteMs: number;
    /** The same for an answer that is not streamed: its head comes when all of it has been made. */
    readonly wholeFirstByteMs: number;
    readonly idleMs: number;
    /** Whole exchange with all its attempts, for answers that are not streamed. */
    readonly totalMs: number;
    /** The same for streams. */
    readonly streamTotalMs: number;
  };
  readonly retry: {
    readonly attempts: number;
    readonly baseDelayMs: number;
    readonly maxDelayMs: number;
    readonly maxRetryAfterMs: number;
  };
  readonly keepAliveMs: number;
  readonly routing: {
    readonly strategy: 'quality-first' | 'cost-optimized' | 'speed-priority' | 'balanced';
    /** May the Brain's runner-ups serve when a named model fails? Aliases and explicit `fallbacks` always may. */
    readonly fallback: 'named' | 'runner-ups' | 'none';
    /** Pins every call to one layer. */
    readonly layer?: 'direct' | 'litellm' | 'portkey';
    readonly regions?: readonly string[];
  };
  readonly ledger: { readonly retentionDays: number; readonly flushMs: number };
  readonly catalog: { readonly overlay?: string };
  readonly aliases: Readonly<Record<string, AliasSetting>>;
  readonly connections: readonly ConnectionSetting[];
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, for calls to upstreams. */
  readonly proxy?: { readonly http?: string; readonly https?: string; readonly noProxy?: string };
  /** Where the file was read from, if any. */
  readonly file?: string;
}

export interface AliasSetting {
  readonly models: readonly string[];
  readonly description?: string;
}

/** A configured account at a provider. The key is held here only; it is never logged, shown or written. */
export interface ConnectionSetting {
  /** `openai`, or `openai-eu` for a second one. Unique. */
  readonly id: string;
  readonly provider: string;
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** How the key is sent, when not as the provider's definition says. */
  readonly auth?: { readonly kind: 'bearer' } | { readonly kind: 'header'; readonly name: string };
  readonly region?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Ids it serves beyond the catalog; for open-ended providers. */
  readonly models: readonly string[];
  /** What the account needs besides a key (region, resource, project …), defaults included. */
  readonly account?: Readonly<Record<string, string>>;
  readonly timeouts: { readonly connectMs?: number; readonly firstByteMs?: number; readonly idleMs?: number };
  /** TLS: PEM file of a private authority. */
  readonly caFile?: string;
}

/** Where a value came from, for `mpc config` and error messages. */
export interface Origin {
  readonly kind: 'flag' | 'env' | 'file' | 'default';
  /** `--port`, `OPENAI_API_KEY`, `mpc.yaml:12`. */
  readonly at: string;
}

export interface LoadedSettings {
  readonly settings: Settings;
  /** Dotted path → origin. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** Not fatal, but worth a line at start. */
  readonly notices: readonly string[];
}
