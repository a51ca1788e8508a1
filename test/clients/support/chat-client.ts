// What every client library is asked to do in the same words, so that the laws are written once. A driver does it the way its
// library's own documentation does, and hands back what a program would see.
import type { ClientDialectId } from '../../../src/canonical/chat.ts';
import type { JsonObject } from '../../../src/core/json.ts';

export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments. */
  readonly parameters: JsonObject;
}

export interface HeardCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: JsonObject;
}

export interface Heard {
  readonly text: string;
  readonly calls: readonly HeardCall[];
  readonly reasoning?: string | undefined;
  readonly usage?: { readonly input: number; readonly output: number } | undefined;
  /** Pieces of text as they came; absent for whole answers. */
  readonly pieces?: readonly string[];
  /** The answer in the library's own form, to be given back as the assistant's turn of the next call. */
  readonly turn: unknown;
}

export type Turn =
  | { readonly role: 'user'; readonly text: string; readonly image?: { readonly mediaType: string; readonly base64: string } }
  | { readonly role: 'assistant'; readonly heard: Heard }
  | { readonly role: 'tool'; readonly results: readonly { readonly call: HeardCall; readonly text: string }[] };

export interface Ask {
  readonly model: string;
  readonly system?: string;
  readonly turns: readonly Turn[];
  readonly tools?: readonly ToolSpec[];
  /** The answer has to be JSON of this schema. */
  readonly schema?: JsonObject;
  readonly reasoning?: true;
  readonly signal?: AbortSignal;
  /** Streams only: called with every piece of text. */
  readonly onText?: (piece: string) => void;
}

export interface ChatClient {
  whole(ask: Ask): Promise<Heard>;
  stream(ask: Ask): Promise<Heard>;
}

export interface ClientOptions {
  /** Of the gateway, without a path. */
  readonly url: string;
  readonly apiKey: string;
}

/**
 * What some library cannot do. `openai-streams`: it refuses what OpenAI's streams have (a call in several pieces, `usage: null`);
 * `cancel`: there is no way to stop a request that has begun.
 */
export type Ability = 'reasoning' | 'schema' | 'openai-streams' | 'cancel';

export interface Driver {
  /** The package with its version. */
  readonly name: string;
  readonly dialect: ClientDialectId;
  create(options: ClientOptions): ChatClient;
  /** HTTP status of an error that the library threw. */
  statusOf(thrown: unknown): number | undefined;
  /** Requests the library makes for a call that fails with 429 and `x-should-retry: false`. */
  readonly triesOfAFailedCall: number;
  readonly lacks?: readonly Ability[];
  /** Why the library's count of a stream's tokens is wrong, where it is. */
  readonly miscountsStreams?: string;
}

/** For libraries that say in their errors which status it was, in a member of this name. */
export function numberIn(thrown: unknown, member: string): number | undefined {
  const value = typeof thrown === 'object' && thrown !== null ? (thrown as Readonly<Record<string, unknown>>)[member] : undefined;
  return typeof value === 'number' ? value : undefined;
}

export function firstUser(text: string): readonly Turn[] {
  return [{ role: 'user', text }];
}
