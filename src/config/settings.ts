// The frozen configuration every part receives: flags over environment over mpc.yaml over defaults.
import type { Budget, RateLimit } from '../ledger/config.ts';
import type { HttpTemplate, OwnProvider } from '../providers/config.ts';
import type { FailureClass } from '../routing/config.ts';
import type { strategies } from './strategies.ts';

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
    /** Lateness of the event loop from which on new calls are refused; 0 = never. */
    readonly maxLagMs: number;
    /** Calls at once; 0 = no limit. */
    readonly maxInFlight: number;
    readonly headerTimeoutMs: number;
    readonly bodyTimeoutMs: number;
    readonly uploadTimeoutMs: number;
  };
  readonly dataDir: string;
  readonly adminKey?: string;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly limits: {
    readonly bodyBytes: number;
    /** A whole multipart form, files included. */
    readonly uploadBytes: number;
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
  /** By model or offer; what is absent is as its connection has it. */
  readonly modelTimeouts: Readonly<Record<string, ModelTimeouts>>;
  readonly retry: {
    readonly attempts: number;
    readonly baseDelayMs: number;
    readonly maxDelayMs: number;
    readonly maxRetryAfterMs: number;
  };
  readonly keepAliveMs: number;
  /** Pictures and files that are fetched for upstreams that read no addresses. */
  readonly media: { readonly allowedHosts: readonly string[]; readonly maxBytes: number; readonly timeoutMs: number };
  readonly routing: {
    readonly strategy: StrategyName;
    /** May the Brain's runner-ups serve when a named model fails? Aliases and explicit `fallbacks` always may. */
    readonly fallback: 'named' | 'runner-ups' | 'none';
    /** After which failures another model may take over; absent = as the error table says. */
    readonly fallbackOn?: readonly FailureClass[];
    /** Who takes over for a model or alias, when the request lists nobody; `*` for those without a chain of their own. */
    readonly fallbacks?: Readonly<Record<string, readonly string[]>>;
    /** Second attempts beside slow ones; absent = never. */
    readonly hedge?: {
      readonly mode: 'on-request' | 'on';
      /** Absent: after the time that only one in twenty calls of the candidate takes. */
      readonly afterMs?: number;
      /** Of what a key has spent in the last hour. */
      readonly maxExtraPercent: number;
      /** The caller pays for the attempt that was called off, too. */
      readonly bills: boolean;
    };
    /** Another model goes on where one breaks off: for all, for whoever asks, for nobody. */
    readonly continueStreams: 'on' | 'off' | 'never';
    /** The same prompt of one session within ten seconds; 0 = no limit. */
    readonly runawayRepeats: number;
    /** Failing connections and models rest for a while. */
    readonly circuitBreaker: boolean;
    /** Pins every call to one layer. */
    readonly layer?: 'direct' | 'litellm' | 'portkey';
    readonly regions?: readonly string[];
  };
  readonly cache: {
    readonly mode: 'off' | 'on-request' | 'on';
    readonly ttlMs: number;
    readonly memoryBytes: number;
    readonly diskBytes: number;
  };
  readonly ledger: { readonly retentionDays: number; readonly flushMs: number };
  /** Answers kept for `previous_response_id`. */
  readonly responses: { readonly retentionDays: number; readonly maxBytes: number };
  readonly catalog: { readonly overlay?: string };
  readonly aliases: Readonly<Record<string, AliasSetting>>;
  readonly budgets: readonly Budget[];
  readonly rateLimits: readonly RateLimit[];
  /** Where budget alerts go. */
  readonly alerts: {
    readonly webhookUrl?: string;
    readonly slackUrl?: string;
    readonly mail?: {
      readonly host: string;
      readonly port: number;
      readonly tls: 'starttls' | 'implicit' | 'none';
      readonly user?: string;
      readonly password?: string;
      readonly from: string;
      readonly to: readonly string[];
      /** PEM file of a private authority. */
      readonly caFile?: string;
    };
    readonly allowPrivate: boolean;
  };
  readonly connections: readonly ConnectionSetting[];
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, for calls to upstreams. */
  readonly proxy?: { readonly http?: string; readonly https?: string; readonly noProxy?: string };
  /** Where the file was read from, if any. */
  readonly file?: string;
}

export interface ModelTimeouts {
  readonly connectMs?: number;
  readonly firstByteMs?: number;
  readonly idleMs?: number;
  /** One call to the model; `timeouts` bound the exchange with all its calls. */
  readonly totalMs?: number;
}

export type StrategyName = (typeof strategies)[number];

export interface AliasSetting {
  readonly models: readonly string[];
  /** How its models share the load; absent = the first serves, the others are its fallbacks. */
  readonly strategy?: StrategyName;
  /** Share of the load by model name, for `weighted`; 1 where none is given, 0 = a fallback only. */
  readonly weights?: Readonly<Record<string, number>>;
  readonly description?: string;
  /** After which failures the next of its models is asked; absent = as `routing.fallback_on` says. */
  readonly fallbackOn?: readonly FailureClass[];
  /** An answer with all its attempts, where that is less than `timeouts` allow. */
  readonly timeoutMs?: number;
  /** Another model goes on where one breaks off; absent = as `routing.continue_streams` says. */
  readonly continueStreams?: boolean;
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
  /** What is sent and where the answer stands, for an API that speaks no known grammar. */
  readonly template?: HttpTemplate;
  /** Ids it serves beyond the catalog; for open-ended providers. */
  readonly models: readonly string[];
  /** What the account needs besides a key (region, resource, project …), defaults included. */
  readonly account?: Readonly<Record<string, string>>;
  readonly timeouts: { readonly connectMs?: number; readonly firstByteMs?: number; readonly idleMs?: number };
  /** Share of the load among equals; 1 when absent. */
  readonly weight?: number;
  /** Connections of a lower number serve before those of a higher one; 0 when absent. */
  readonly priority?: number;
  /** Calls at once; absent = as many as come. */
  readonly maxParallel?: number;
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
  /** The operator's own providers by id (`providers.<id>.adapter`). */
  readonly own: ReadonlyMap<string, OwnProvider>;
}
