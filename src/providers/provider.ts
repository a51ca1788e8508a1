// A provider is data plus the few things that differ. One file each; index.ts is the alphabetical list.
import type { DialectId } from '../canonical/chat.ts';
import type { UpstreamDialect } from '../dialects/dialect.ts';
import type { TaskDialect } from '../dialects/task-dialect.ts';
import type { TaskDialectId, TaskId } from '../canonical/tasks.ts';
import type { Authorizer } from '../transport/authorizer.ts';
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
  /** The address where it depends on the account in a way that no template says; `baseUrl` is then the usual one. */
  readonly baseUrlOf?: (account: Readonly<Record<string, string>>) => string;
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
  /** Its endpoints are declared by each connection (`template`). */
  readonly templated?: boolean;
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
  /** An end of given base URLs that this definition's paths bring themselves (`…/openai/v1` of Azure's documentation); it is cut off. */
  readonly basePathCut?: RegExp;
  /** Address used when only a key is configured: the hosted twin of a server of one's own (Ollama). */
  readonly hostedBaseUrl?: string;
  /** Static headers on every call. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The first is preferred; one that speaks the caller's dialect is taken before it (bytes pass unchanged). Empty: it does not chat. */
  readonly chat: readonly ChatEndpoint[];
  readonly completions?: PlainEndpoint;
  /** Work that is not chat, by task; the first endpoint of a task is preferred, one in the caller's dialect is taken before it. */
  readonly tasks?: Partial<Readonly<Record<TaskId, readonly TaskEndpoint[]>>>;
  /** Token counting in the grammar of a chat dialect (`/messages/count_tokens`). */
  readonly countTokens?: CountTokensEndpoint;
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
   * Appended to the base URL. `{model}` is the wire id (percent-encoded; `{model+}` keeps its slashes), any other `{field}` an
   * account field. A path that names the model means that the body must not.
   */
  readonly path: string;
  readonly rules?: WireRules;
  /** Account fields without which this endpoint is not used; with them it comes before those that need none. */
  readonly needs?: readonly string[];
}

export interface CountTokensEndpoint extends PlainEndpoint {
  /** Whose body it takes; default `anthropic-messages`. Callers of another dialect get an estimate. */
  readonly dialect?: DialectId;
  /** Only for wire ids that this matches; absent = all. */
  readonly models?: RegExp;
}

/** Where the provider lists its models. */
export interface ModelListEndpoint extends PlainEndpoint {
  /** Reads the ids out of the answer; default: `data[].id` as OpenAI lists them. */
  readonly readIds?: (body: JsonValue) => readonly string[];
}

export interface TaskEndpoint extends PlainEndpoint {
  readonly dialect: TaskDialectId;
  /** The grammar itself, where it is made for this connection alone (`http-template`). */
  readonly codec?: TaskDialect;
  /** Only for wire ids that this matches; absent = all. The first endpoint that matches is preferred. */
  readonly models?: RegExp;
  /** Inputs that it takes in one call; more of them are sent in several calls, one after the other (embeddings). */
  readonly maxInputs?: number;
  /** The path counts from the root of the server, not from the base URL: another API of the same provider at the same origin. */
  readonly fromRoot?: true;
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
  /** A credential: never shown, never logged, taken out of error texts. */
  readonly secret?: true;
  /**
   * Its variables tell of the machine and not of one account (AWS_ACCESS_KEY_ID): they serve every connection of this provider
   * that sets no field of this kind itself. Such fields belong together and are never mixed from two sources.
   */
  readonly machine?: true;
}

export interface ChatEndpoint extends PlainEndpoint {
  readonly dialect: DialectId;
  /** The grammar itself, where it is made for this connection alone (`http-template`). */
  readonly codec?: UpstreamDialect;
  /** A facade known at the provider's own address only; behind any other base URL it may not exist and is not used. */
  readonly ownAddressOnly?: boolean;
  /** It reads no addresses of pictures and files: they are fetched for it, except those that it knows itself. */
  readonly inlineMedia?: { readonly except?: RegExp };
  /** Path of a streamed call where it differs: `{model}:streamGenerateContent?alt=sse`. */
  readonly streamPath?: string;
  /** Callers' headers that it reads as a list in the body: { 'anthropic-beta': 'anthropic_beta' }. */
  readonly headersInBody?: Readonly<Record<string, string>>;
  /** It keeps answers, so that a later call may name one instead of repeating it (Responses: `previous_response_id`); at its own address. */
  readonly keepsAnswers?: true;
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
      /**
       * The connection works without an API key: credentials come from account fields or the machine. True = these fields suffice to
       * enable it from the environment alone; a connection that stands in mpc.yaml may always rely on the machine's own credentials.
       */
      readonly keyless?: (account: Readonly<Record<string, string>>) => boolean;
      /** Header for a plain key where `create` declines; default `authorization` as a bearer token. */
      readonly keyHeader?: string;
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
export function defineProvider<const Id extends string>(
  definition: ProviderDefinition & { readonly id: Id },
): ProviderDefinition & { readonly id: Id } {
  return definition;
}

export const bearer: AuthScheme = { kind: 'bearer' };
