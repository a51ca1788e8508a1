// What a request leaves to be remembered (`previous_response_id`, item references) → the items themselves, for upstreams that did not
// give the answer it continues.
import { newId } from '../core/ids.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue, tryParseJson } from '../core/json.ts';
import { GatewayError } from '../core/errors.ts';
import type { ResponseShelf } from './response-shelf.ts';
import type { StoredResponse } from './response-store.ts';

/** A chain longer than this is no conversation; walking it would only cost memory. */
const maxChain = 1_000;
const maxChars = 64 * 1024 * 1024;

/** The answer and all before it, oldest first. Throws `not_found` naming the one that is missing. */
export function chainOf(shelf: ResponseShelf, owner: string, id: string): readonly StoredResponse[] {
  const chain: StoredResponse[] = [];
  let chars = 0;
  for (let next: string | undefined = id; next !== undefined; ) {
    const found = shelf.find(owner, next);
    if (found === undefined) throw notFound(next, next === id ? '' : `, which ${id.slice(0, 80)} continues,`);
    chain.push(found);
    chars += found.input.length + found.body.length;
    if (chain.length > maxChain || chars > maxChars)
      throw new GatewayError('invalid_request', 'the conversation behind previous_response_id is too long; send its latest part as input', {
        param: 'previous_response_id',
      });
    next = found.previousId;
  }
  return chain.reverse();
}

function notFound(id: string, whose: string): GatewayError {
  return new GatewayError(
    'not_found',
    `the previous response ${id.slice(0, 80)}${whose} is not stored here; send the conversation as input`,
    {
      param: 'previous_response_id',
      upstreamCode: 'previous_response_not_found',
    },
  );
}

/** Everything that was said up to the end of this chain, as input items. */
export function itemsOf(chain: readonly StoredResponse[]): JsonObject[] {
  return chain.flatMap((response) => [...parseItems(response.input), ...outputOf(response)]);
}

function outputOf(response: StoredResponse): JsonObject[] {
  return (asArray(asObject(tryParseJson(response.body))?.['output']) ?? []).filter(isObject);
}

export function parseItems(text: string): JsonObject[] {
  return (asArray(tryParseJson(text)) ?? []).filter(isObject);
}

/** An item of the caller's `input`. */
export interface OwnItem {
  readonly item: JsonObject;
  /** The answer it was taken from, where the caller only referred to it. */
  readonly from?: StoredResponse;
}

/** `input` with what it refers to in place. Throws `not_found` for an item that this owner has not got from here. */
export function resolveInput(input: unknown, shelf: ResponseShelf, owner: string): OwnItem[] {
  if (typeof input === 'string') return [{ item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] } }];
  return (asArray(input) ?? []).filter(isObject).map((item, at) => {
    if (item['type'] !== 'item_reference') return { item };
    const id = asString(item['id']) ?? '';
    const from = shelf.findOfItem(owner, id);
    const found = from === undefined ? undefined : outputOf(from).find((one) => one['id'] === id);
    if (from !== undefined && found !== undefined) return { item: found, from };
    throw new GatewayError('not_found', `the item ${id.slice(0, 80)} is not stored here; send the item itself`, { param: `input[${at}]` });
  });
}

/** With ids, the form in which input is kept and listed. */
export function toKeptItem({ item }: OwnItem): JsonObject {
  const type = asString(item['type']) ?? 'message';
  return { id: newId(type === 'message' ? 'msg' : 'item'), ...item, type };
}

export interface Audience {
  /** The upstream that gave the answers: what only it can read may stay. */
  readonly isAuthor: boolean;
}

/**
 * Items as a new receiver may get them: without ids of things it does not keep, and without reasoning that it cannot verify. The
 * vendor answers 404 to an id and 400 to encrypted reasoning it does not know.
 */
export function forReceiver(items: readonly JsonObject[], { isAuthor }: Audience): JsonObject[] {
  return items.flatMap((item) => {
    if (item['type'] === 'reasoning') {
      const readable = typeof item['encrypted_content'] === 'string' || (asArray(item['content']) ?? []).length > 0;
      return isAuthor && readable ? [without(item, 'status')] : [];
    }
    return [without(item, 'id', 'status')];
  });
}

function without(item: JsonObject, ...members: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(item).filter(([key]) => !members.includes(key))) as { [key: string]: JsonValue };
}
