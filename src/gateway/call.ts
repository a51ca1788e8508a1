// What the server hands to the gateway and gets back: one client request, without HTTP.
import type { GatewayError } from '../core/errors.ts';
import type { JsonValue } from '../core/json.ts';
import type { ChatCall } from '../routing/chat-call.ts';
import type { Interruption } from '../routing/interruption.ts';
import type { TaskCall } from '../routing/task-call.ts';
import type { AllowList } from '../ledger/allow-list.ts';
import type { OwnerChain, Scope } from '../ledger/owners/owner.ts';
import type { Need, Profile, Strategy } from '../brain/decision.ts';
import type { Modality } from '../catalog/catalog.ts';
import type { FailureClass } from '../routing/fallback-policy.ts';
import type { Balance } from '../routing/strategies/balance.ts';

export type { Balance, Need, Profile, Strategy };

/** Who pays. */
export interface Principal {
  /** `key:<id>`, `open` (no keys configured) or `admin`. */
  readonly id: string;
  /** Undefined = every model. */
  readonly allowed?: AllowList | undefined;
  /** Of a key: everybody who answers for its calls, and what it may do. */
  readonly owners?: OwnerChain | undefined;
  readonly scopes?: readonly Scope[] | undefined;
}

export interface CallContext {
  readonly requestId: string;
  readonly endpoint: string;
  /** Dialect the caller speaks, for the record. */
  readonly dialectName: string;
  readonly principal: Principal;
  /** Monotonic milliseconds. */
  readonly arrivedMs: number;
  /** Epoch milliseconds. */
  readonly arrivedWallMs: number;
  readonly authMs: number;
  readonly interruption: Interruption;
  /** With which status the caller is told of a failure, where its grammar has other ones; absent: the failure's own. */
  readonly failsAs?: ((error: GatewayError, requestId: string) => { readonly status: number }) | undefined;
  readonly sessionId?: string | undefined;
  /** `prompt_cache_key`: calls that name the same one share a prompt. */
  readonly cacheKey?: string | undefined;
  /** Tags and end user the request names; asked only where a budget or limit could depend on them. */
  readonly readPayer?: () => { readonly tags?: readonly string[]; readonly endUser?: string };
}

/** What the caller asked to be served by. */
export interface ModelWish {
  /** Alias, canonical id, provider id; undefined or `auto` = the Brain chooses. */
  readonly name?: string | undefined;
  readonly fallbacks: readonly string[];
  /** After which failures somebody may take over; absent = as the operator says. */
  readonly fallbackOn?: readonly FailureClass[] | undefined;
  readonly needs: readonly Need[];
  /** Estimated tokens of the prompt. */
  readonly contextTokens: number;
  readonly maxOutputTokens?: number | undefined;
  /** Answers asked for at once (`n`). */
  readonly answers?: number | undefined;
  /** Undefined: it follows from the task. */
  readonly modality?: Modality;
  /** Task, domain, tiers, limits, strategy as far as the caller gave them. */
  readonly constraints: Partial<Profile>;
  readonly hasConstraints: boolean;
  /** How equals share the load, as the caller asked. */
  readonly balance?: Balance | undefined;
  /** The text a task is inferred from when neither model nor task is given; called only then. */
  readonly promptText: () => string;
}

/** What the caller wants of the answer cache; absent members follow the configuration. */
export interface CacheWish {
  readonly use?: boolean;
  /** The same question that is under way already is waited for, whether or not answers are kept. */
  readonly shares?: boolean;
  /** No old answer, but the new one may be kept. */
  readonly fresh?: boolean;
  readonly ttlMs?: number;
  /** Separates answers that must not be shared, within what the caller may see anyway. */
  readonly scope?: string;
}

/** What the caller wants of second attempts beside a slow one; absent members follow the configuration. */
export interface HedgeWish {
  readonly use: boolean;
  readonly afterMs?: number;
}

export interface ChatRequestCall extends CallContext {
  readonly cache?: CacheWish | undefined;
  readonly hedge?: HedgeWish | undefined;
  /** May another model go on where one breaks off? Absent: as the configuration says. */
  readonly continues?: boolean | undefined;
  readonly chat: ChatCall;
  readonly wish: ModelWish;
  /** Told of each attempt; the last one told of is the one that serves. */
  readonly onSent?: ((receiver: SentTo) => void) | undefined;
}

export interface SentTo {
  readonly connection: string;
  /** The upstream keeps the answer under the id that the caller sees. */
  readonly keepsAnswer: boolean;
}

/** Work that is not chat. */
export interface TaskRequestCall extends CallContext {
  readonly task: TaskCall;
  readonly wish: ModelWish;
  /** The caller asked for a stream of events. */
  readonly stream?: boolean;
  /** An answer that passes as bytes, in the form that the caller asked for; the provider's own when it answers undefined. */
  readonly rewrite?: (json: JsonValue, bytes: Buffer) => Buffer | string | undefined;
}

/** An answer in the caller's dialect. Headers are flat: name, value, name, value … */
export type Reply =
  | { readonly kind: 'whole'; readonly status: number; readonly headers: string[]; readonly body: Buffer | string }
  | { readonly kind: 'stream'; readonly status: number; readonly headers: string[]; readonly pipe: (sink: ReplySink) => Promise<void> }
  | { readonly kind: 'failed'; readonly error: GatewayError; readonly headers: string[] };

export interface ReplySink {
  /** false = full: no more until `onDrain` calls back. */
  write(bytes: Buffer | string): boolean;
  onDrain(callback: () => void): void;
  /** The last bytes, then the end. `broken`: they tell of a failure, so the answer is not a whole one. */
  end(bytes?: string, broken?: boolean): void;
  /** Breaks the answer off, so that it cannot be taken for a complete one. Where it cannot, it is ended. */
  abort?(): void;
}
