// Answers of the Responses API beyond one exchange: what a request continues, and what is kept of its answer.
import type { Clock } from '../core/clock.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue, tryParseJson } from '../core/json.ts';
import { findMember, type Outline, readMember } from '../core/json-outline.ts';
import type { BodyVariant, Receiver } from '../routing/chat-call.ts';
import type { Reply, ReplySink, SentTo } from './call.ts';
import { chainOf, forReceiver, itemsOf, type OwnItem, parseItems, resolveInput, toKeptItem } from './response-history.ts';
import type { ResponseShelf } from './response-shelf.ts';
import type { StoredResponse } from './response-store.ts';

export interface Responses {
  /** Reads what the request wants remembered. Throws `not_found` when it continues an answer that is not there for this owner. */
  begin(owner: string, body: Outline): ResponseCall;
  /** The response object as JSON text; undefined = not there for this owner. */
  find(owner: string, id: string): string | undefined;
  /** Its own input items. */
  inputOf(owner: string, id: string): readonly JsonObject[] | undefined;
  delete(owner: string, id: string): boolean;
}

/** One request on its way: parts of the chat call, and what happens to its reply. */
export interface ResponseCall {
  readonly variantFor: ((receiver: Receiver) => BodyVariant | undefined) | undefined;
  /** Size of what the request leaves to be remembered; the model has to read it, too. */
  readonly rememberedChars: number;
  readonly onSent: (receiver: SentTo) => void;
  /** The same reply; as it is sent, the answer is kept, unless the caller said `store: false`. */
  keep(reply: Reply): Reply;
}

export function createResponses({ shelf, clock }: { readonly shelf: ResponseShelf; readonly clock: Clock }): Responses {
  return {
    begin: (owner, body) => new Remembered({ shelf, clock, owner, body }),
    find: (owner, id) => shelf.find(owner, id)?.body,
    inputOf(owner, id) {
      const found = shelf.find(owner, id);
      return found === undefined ? undefined : parseItems(found.input);
    },
    delete: (owner, id) => shelf.delete(owner, id),
  };
}

interface RememberedOptions {
  readonly shelf: ResponseShelf;
  readonly clock: Clock;
  readonly owner: string;
  readonly body: Outline;
}

const inForeground: BodyVariant = {
  set: {},
  warnings: [{ field: 'background', kind: 'changed', message: 'the answer was made at once, not in the background' }],
};

class Remembered implements ResponseCall {
  readonly variantFor: ResponseCall['variantFor'];
  readonly rememberedChars: number;
  readonly #options: RememberedOptions;
  readonly #previousId: string | undefined;
  readonly #chain: readonly StoredResponse[];
  readonly #stores: boolean;
  readonly #background: boolean;
  #own: readonly OwnItem[] | undefined;
  #sentTo: SentTo | undefined;

  constructor(options: RememberedOptions) {
    const { body, shelf, owner } = options;
    this.#options = options;
    this.#previousId = asString(readMember(body, 'previous_response_id'));
    this.#chain = this.#previousId === undefined ? [] : chainOf(shelf, owner, this.#previousId);
    this.rememberedChars = this.#chain.reduce((sum, response) => sum + sizeOf(response), 0);
    this.#stores = readMember(body, 'store') !== false;
    this.#background = readMember(body, 'background') === true;
    const remembers = this.#previousId !== undefined || mayRefer(body);
    this.variantFor = remembers || this.#background ? (receiver) => this.#variant(receiver, remembers) : undefined;
  }

  onSent = (receiver: SentTo): void => {
    this.#sentTo = receiver;
  };

  keep(reply: Reply): Reply {
    if (!this.#stores) return reply;
    switch (reply.kind) {
      case 'whole':
        this.#keepResponse(tryParseJson(reply.body.toString()));
        return reply;
      case 'stream':
        return { ...reply, pipe: (sink) => reply.pipe(this.#watch(sink)) };
      case 'failed':
        return reply;
    }
  }

  #variant(receiver: Receiver, remembers: boolean): BodyVariant | undefined {
    const plain = this.#background ? inForeground : undefined;
    if (!remembers) return plain;
    const own = this.#ownItems();
    const remembered = [...this.#chain, ...own.flatMap(({ from }) => (from === undefined ? [] : [from]))];
    const isAuthor = remembered.every(({ connection }) => connection === receiver.connection);
    // It remembers the conversation itself, with the reasoning that it shows to nobody.
    if (isAuthor && receiver.keepsAnswers && remembered.every(({ keptThere }) => keptThere)) return plain;
    // A translated body goes through the canonical form, which knows whose proof is whose.
    const fit = (items: readonly JsonObject[]): JsonObject[] =>
      receiver.connection === undefined ? [...items] : forReceiver(items, { isAuthor });
    return {
      set: { input: [...fit(itemsOf(this.#chain)), ...own.flatMap(({ item, from }) => (from === undefined ? [item] : fit([item])))] },
      // Kept in a translated body: the answer repeats it.
      ...(receiver.connection !== undefined && { remove: ['previous_response_id'] }),
      ...(plain?.warnings !== undefined && { warnings: plain.warnings }),
    };
  }

  #ownItems(): readonly OwnItem[] {
    const { shelf, owner, body } = this.#options;
    this.#own ??= resolveInput(readMember(body, 'input'), shelf, owner);
    return this.#own;
  }

  /** The last frame of a good stream holds the whole response. */
  #watch(sink: ReplySink): ReplySink {
    return {
      write: (bytes) => {
        const isGoing = sink.write(bytes);
        if (bytes.includes('"response.completed"') || bytes.includes('"response.incomplete"')) this.#keepLast(bytes.toString());
        return isGoing;
      },
      onDrain: (callback) => sink.onDrain(callback),
      end: (bytes, broken) => sink.end(bytes, broken),
    };
  }

  #keepLast(frames: string): void {
    for (const line of frames.split('\n')) {
      if (!line.startsWith('data:') || !/"response\.(completed|incomplete)"/.test(line)) continue;
      const event = asObject(tryParseJson(line.slice('data:'.length)));
      if (event?.['type'] === 'response.completed' || event?.['type'] === 'response.incomplete') this.#keepResponse(event['response']);
    }
  }

  #keepResponse(response: JsonValue | undefined): void {
    if (!isObject(response)) return;
    const id = asString(response['id']);
    if (id === undefined || id === '' || this.#sentTo === undefined) return;
    const { shelf, clock, owner } = this.#options;
    const nowMs = clock.wallMs();
    const output = (asArray(response['output']) ?? []).filter(isObject);
    shelf.put({
      id,
      owner,
      connection: this.#sentTo.connection,
      keptThere: this.#sentTo.keepsAnswer,
      ...(this.#previousId !== undefined && { previousId: this.#previousId }),
      createdMs: nowMs,
      expiresMs: nowMs + shelf.lifetimeMs,
      input: JSON.stringify(this.#ownItems().map(toKeptItem)),
      body: JSON.stringify(response),
      itemIds: output.map((item) => asString(item['id'])).filter((itemId) => itemId !== undefined),
    });
    if (this.#chain.length > 0)
      shelf.extend(
        owner,
        this.#chain.map((one) => one.id),
      );
  }
}

/** Without what a response object repeats of the request's settings, and without the bytes of images, which are no text. */
function sizeOf({ input, body }: StoredResponse): number {
  const output = JSON.stringify(asObject(tryParseJson(body))?.['output'] ?? []);
  return [input, output].reduce((sum, text) => sum + text.replace(/"data:[^"]*"/g, '').length, 0);
}

/** Cheap enough for every request: most have no such item. */
function mayRefer(body: Outline): boolean {
  const input = findMember(body, 'input');
  return input?.kind === 'array' && body.bytes.subarray(input.valueStart, input.valueEnd).includes('item_reference');
}
