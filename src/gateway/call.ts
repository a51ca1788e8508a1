// What the server hands to the gateway and gets back: one client request, without HTTP.
import type { GatewayError } from '../core/errors.ts';
import type { ChatCall } from '../routing/chat-call.ts';
import type { Interruption } from '../routing/interruption.ts';
import type { AllowList } from '../ledger/allow-list.ts';
import type { Need, Profile, Strategy } from '../brain/decision.ts';
import type { Modality } from '../catalog/catalog.ts';

export type { Need, Profile, Strategy };

/** Who pays. */
export interface Principal {
  /** `key:<id>`, `open` (no keys configured) or `admin`. */
  readonly id: string;
  /** Undefined = every model. */
  readonly allowed?: AllowList;
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
  readonly sessionId?: string;
}

/** What the caller asked to be served by. */
export interface ModelWish {
  /** Alias, canonical id, provider id; undefined or `auto` = the Brain chooses. */
  readonly name?: string;
  readonly fallbacks: readonly string[];
  readonly needs: readonly Need[];
  /** Estimated tokens of the prompt. */
  readonly contextTokens: number;
  readonly maxOutputTokens?: number;
  /** Undefined: it follows from the task. */
  readonly modality?: Modality;
  /** Task, domain, tiers, limits, strategy as far as the caller gave them. */
  readonly constraints: Partial<Profile>;
  readonly hasConstraints: boolean;
  /** The text a task is inferred from when neither model nor task is given; called only then. */
  readonly promptText: () => string;
}

export interface ChatRequestCall extends CallContext {
  readonly chat: ChatCall;
  readonly wish: ModelWish;
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
  /** The last bytes, then the end. */
  end(bytes?: string): void;
}
