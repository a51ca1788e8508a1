// A provider is data plus the few things that differ. One file each; index.ts is the alphabetical list.
import type { DialectId } from '../canonical/chat.ts';
import type { TaskDialectId, TaskId } from '../canonical/tasks.ts';
import type { Authorizer } from '../transport/authorize.ts';
import type { JsonObject, JsonValue, MutableJson } from '../core/json.ts';
import type { Warning } from '../canonical/warning.ts';

export interface ProviderDefinition {
  /** Lower-case with dashes; `<ID>_API_KEY` and `<ID>_BASE_URL` follow from it. */
  readonly id: string;
  readonly name: string;
  /** Where its API is documented. */
  readonly docs: string;
  /** Undefined: there is no default address, the operator gives one (custom). `{field}` is filled from the account fields. */
  readonly baseUrl?: string;
  /** What an account needs besides a key: region, resource, project, version. Keys are snake_case, as in mpc.yaml under `account:`. */
  readonly account?: Readonly<Record<string, AccountField>>;
  readonly auth: AuthScheme;
  /** More variables that enable it: the names its own SDK reads. The `<ID>_…` names are always read first. */
  readonly env?: {
    readonly apiKey?: readonly string[];
    readonly baseUrl?: readonly string[];
    /** Variables whose value goes out as `Authorization: Bearer` whatever `auth` says (ANTHROPIC_AUTH_TOKEN). */
    readonly bearerToken?: readonly string[];
    /** Request header → variable that fills it: { 'openai-organization': 'OPENAI_ORG_ID' }. */
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** A server of one's own (Ollama, vLLM …): needs no key, is enabled by its base URL. */
  readonly keyless?: boolean;
  /** Serves ids the catalog does not know; they are passed on unchanged, with unknown price. */
  readonly openEnded?: boolean;
  /** `litellm` or `portkey` when calls take that layer; default `direct`. */
  readonly layer?: 'litellm' | 'portkey';
  /** Sells other providers' models under `provider/model` ids (LiteLLM, Portkey). */
  readonly resells?: boolean;
  /** Path appended to a base URL that has none (`http://host:4000` → `/v1`). */
  readonly defaultPath?: string;
  /** The base URL always ends in this; its SDK's variable is given without (`ANTHROPIC_BASE_URL`), so both forms work. */
  readonly basePathEnd?: string;
  /** Address used when only a key is configured: the hosted twin of a server of one's own (Ollama). */
  readonly hostedBaseUrl?: string;
  /** Static headers on every call. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The first is preferred; one that speaks the caller's dialect is taken before it (bytes pass unchanged). Empty: it does not chat. */
  readonly chat: readonly ChatEndpoint[];
  readonly completions?: PlainEndpoint;
  /** Work that is not chat, by task; the first endpoint of a task is preferred, one in the caller's dialect is taken before it. */
  readonly tasks?: Partial<Readonly<Record<TaskId, readonly TaskEndpoint[]>>>;
  /** Token counting in the chat dialect (`/messages/count_tokens`). */
  readonly countTokens?: PlainEndpoint;
  readonly models?: ModelListEndpoint;
  /** Answered inside the process instead of over HTTP: the demo simulator. */
  readonly builtIn?: boolean;
  /** Milliseconds; the defaults of the configuration apply where absent. */
  readonly timeouts?: { readonly connectMs?: number; readonly firstByteMs?: number; readonly idleMs?: number };
  readonly errors?: ErrorRules;
  readonly usage?: UsageRules;
}

export interface PlainEndpoint {
  /**
   * Appended to the base URL. `{model}` is the wire id (percent-encoded), any other `{field}` an account field. A path with
   * `{model}` means that the body must not name the model.
   */
  readonly path: string;
  readonly rules?: WireRules;
}

/** Where the provider lists its models. */
export interface ModelListEndpoint extends PlainEndpoint {
  /** Reads the ids out of the answer; default: `data[].id` as OpenAI lists them. */
  readonly readIds?: (body: JsonValue) => readonly string[];
}

export interface TaskEndpoint extends PlainEndpoint {
  readonly dialect: TaskDialectId;
}

export interface AccountField {
  /** What it is and where to find it, one sentence; `mpc doctor` and the provider's page show it. */
  readonly about: string;
  /** Variables it is read from, in this order; `<ID>_<FIELD>` in capitals is always read first. */
  readonly env?: readonly string[];
  readonly default?: string;
  /** Absent = required, unless there is a default. */
  readonly optional?: true;
  /** A value must match all of it; checked at start. */
  readonly pattern?: RegExp;
}

export interface ChatEndpoint extends PlainEndpoint {
  readonly dialect: DialectId;
  /** A facade known at the provider's own address only; behind any other base URL it may not exist and is not used. */
  readonly ownAddressOnly?: boolean;
  /** Path of a streamed call where it differs: `{model}:streamGenerateContent?alt=sse`. */
  readonly streamPath?: string;
  /** Only for wire ids that this matches (Claude on Vertex); absent = all. The first endpoint that matches is preferred. */
  readonly models?: RegExp;
}

export type AuthScheme =
  | { readonly kind: 'bearer' }
  | { readonly kind: 'header'; readonly name: string; readonly prefix?: string }
  | { readonly kind: 'none' }
  /** Anything that must be computed per call or renewed: signatures, OAuth tokens. Runs in front of the socket pool, made once per connection. */
  | {
      readonly kind: 'authorizer';
      readonly id: string;
      /** Undefined where a plain key suffices; `apiKey` is then sent as a bearer token. */
      readonly create: (account: AuthorizerAccount) => Authorizer | undefined;
      /** The connection works without an API key: credentials come from account fields or the machine. */
      readonly keyless?: (account: Readonly<Record<string, string>>) => boolean;
    };

export interface AuthorizerAccount {
  readonly apiKey?: string;
  /** Account fields, defaults included. */
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Edits of the request body that this provider needs, applied in this order: rename, drop, streamUsage, reshapes.
 * All but the reshapes work on raw bytes. Every edit that loses something is a warning.
 */
export interface WireRules {
  /** Top-level member → the name this provider uses: { seed: 'random_seed' }. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Top-level members the provider refuses or ignores; removed with a warning. */
  readonly drop?: readonly string[];
  /**
   * `ask`: a stream carries usage when `stream_options.include_usage` is set (the default for openai-chat).
   * `always`: it carries usage without being asked, and the flag is refused.
   */
  readonly streamUsage?: 'ask' | 'always';
  readonly reshapes?: readonly Reshape[];
}

/** A named edit of some top-level members. Only those members are parsed; the rest of the body stays bytes. */
export interface Reshape {
  readonly name: string;
  /** The members it reads or writes, under the provider's names (after `rename`). */
  readonly members: readonly string[];
  /**
   * Cheap test whether the edit could apply at all: any of these byte strings occurs in one of the members,
   * `keys` = a member of one of these names occurs in them (known from the scan, mostly without a search), 'present' = one of the members exists, 'always' = even when none does. Keeps the byte path free for everyone else.
   */
  readonly when: readonly string[] | { readonly keys: readonly string[] } | 'present' | 'always';
  /** Applies only to models with one of these traits. */
  readonly traits?: readonly string[];
  /**
   * Members are replaced (`body.messages = …`; undefined removes), never changed in place: the objects below them may belong to
   * the caller's request, which the next attempt still needs. Doing it twice is the same as doing it once.
   */
  apply(body: MutableJson, context: ReshapeContext): void;
}

export interface ReshapeContext {
  readonly model: string;
  readonly traits: ReadonlySet<string>;
  /** The model's cap, when the catalog knows it. */
  readonly maxOutputTokens?: number | undefined;
  readonly warn: (warning: Warning) => void;
  /**
   * Tells that the answer will begin with this text, which the caller has already. Absent where the answer passes as bytes and
   * could not be relieved of it.
   */
  readonly repeats?: (prefix: string) => void;
}

export interface ErrorRules {
  /** Provider-specific statuses: { 498: 'upstream_overloaded' }. */
  readonly statuses?: Readonly<
    Record<number, 'upstream_overloaded' | 'upstream_auth_failed' | 'upstream_quota_exhausted' | 'upstream_rejected'>
  >;
  /** Error codes in the body that mean "no credit left". */
  readonly quotaCodes?: readonly string[];
}

export interface UsageRules {
  /** completion_tokens do not include reasoning tokens: add them. `true` or a test on the wire model id. */
  readonly reasoningOutsideOutput?: boolean | ((wireId: string) => boolean);
  /** The provider's own cost in an answer's `usage`, as nano-USD; undefined = not told. */
  readonly cost?: (usage: JsonObject) => number | undefined;
}

/** Checks nothing at run time beyond types: the conformance suite holds every definition to its laws. */
export function defineProvider(definition: ProviderDefinition): ProviderDefinition {
  return definition;
}

export const bearer: AuthScheme = { kind: 'bearer' };
