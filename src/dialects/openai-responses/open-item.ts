// One output item of a stream while it grows. What its deltas left out, its `.done` events and the finished item say; nothing is
// said twice. Blocks are numbered when they have something to say.
import type { ChatEvent } from '../../canonical/chat.ts';
import { asArray, asObject, asString, type JsonObject } from '../../core/json.ts';
import { freeTextArguments } from './decode-items.ts';
import { decodeCalls, isWrapper, type ItemOptions } from './output-items.ts';
import { proofOf, reasoningText } from './reasoning.ts';

export type Emit = (event: ChatEvent) => void;

export interface ItemContext extends ItemOptions {
  readonly openBlock: () => number;
}

export interface OpenItem {
  /** What a delta adds; `place` is the event's content or summary index. */
  delta(piece: Piece, emit: Emit): void;
  /** The item is complete; undefined: the answer ended without saying so. */
  finish(item: JsonObject | undefined, emit: Emit): void;
  /** Calls that are the client's to run. */
  readonly calls: number;
  readonly refused: boolean;
}

export interface Piece {
  readonly kind: 'text' | 'refusal' | 'summary' | 'reasoning' | 'arguments' | 'input';
  readonly text: string;
  readonly place: number;
  /** The text is all of it, not an addition. */
  readonly whole: boolean;
}

export function openItem(item: JsonObject, context: ItemContext, emit: Emit): OpenItem {
  switch (item.type) {
    case 'message':
      return new MessageItem(context);
    case 'reasoning':
      return new ReasoningItem(context);
    case 'function_call':
    case 'custom_tool_call':
      return new CallItem(item, context, emit);
    default:
      return new OpaqueItem();
  }
}

class MessageItem implements OpenItem {
  readonly calls = 0;
  refused = false;
  readonly #context: ItemContext;
  /** Content index → its block and how much of it was said. */
  readonly #places = new Map<number, { readonly block: number; said: number }>();

  constructor(context: ItemContext) {
    this.#context = context;
  }

  delta({ kind, text, place, whole }: Piece, emit: Emit): void {
    if (kind !== 'text' && kind !== 'refusal') return;
    const known = this.#places.get(place);
    const rest = whole ? text.slice(known?.said ?? 0) : text;
    if (rest === '') return;
    const at = known ?? { block: this.#context.openBlock(), said: 0 };
    if (known === undefined) this.#places.set(place, at);
    at.said += rest.length;
    if (kind === 'refusal') this.refused = true;
    emit({ type: kind === 'text' ? 'text-delta' : 'refusal-delta', block: at.block, text: rest });
  }

  finish(item: JsonObject | undefined, emit: Emit): void {
    for (const [place, part] of (asArray(item?.content) ?? []).entries()) {
      const fields = asObject(part);
      const kind = fields?.type === 'refusal' ? 'refusal' : 'text';
      this.delta({ kind, text: asString(fields?.[kind]) ?? '', place, whole: true }, emit);
    }
    for (const { block } of this.#places.values()) emit({ type: 'block-end', block });
    this.#places.clear();
  }
}

class ReasoningItem implements OpenItem {
  readonly calls = 0;
  readonly refused = false;
  readonly #context: ItemContext;
  #block: number | undefined;
  /** A summary and the reasoning itself may both come; the first that does is shown. */
  #kind: Piece['kind'] | undefined;
  readonly #said = new Map<number, number>();

  constructor(context: ItemContext) {
    this.#context = context;
  }

  delta({ kind, text, place, whole }: Piece, emit: Emit): void {
    if ((kind !== 'summary' && kind !== 'reasoning') || (this.#kind ?? kind) !== kind) return;
    const said = this.#said.get(place) ?? 0;
    const rest = whole ? text.slice(said) : text;
    if (rest === '') return;
    this.#kind = kind;
    const isNext = said === 0 && this.#said.size > 0;
    this.#said.set(place, said + rest.length);
    emit({ type: 'reasoning-delta', block: this.#number(), text: isNext ? `\n\n${rest}` : rest });
  }

  finish(item: JsonObject | undefined, emit: Emit): void {
    if (this.#kind === undefined && item !== undefined)
      this.delta({ kind: 'summary', text: reasoningText(item), place: 0, whole: true }, emit);
    const proof = item === undefined ? undefined : proofOf(item);
    if (proof !== undefined) {
      const block = this.#number();
      emit(
        this.#kind === undefined
          ? { type: 'reasoning-redacted', block, data: proof }
          : { type: 'reasoning-signature', block, signature: proof },
      );
    }
    if (this.#block !== undefined) emit({ type: 'block-end', block: this.#block });
    this.#block = undefined;
  }

  #number(): number {
    this.#block ??= this.#context.openBlock();
    return this.#block;
  }
}

class CallItem implements OpenItem {
  calls = 0;
  readonly refused = false;
  readonly #context: ItemContext;
  /** The item as it was announced; what it lacks the finished one has. */
  readonly #start: JsonObject;
  /** Undefined until the call was begun: without name and id, or inside a wrapper, it is known only at its end. */
  #block: number | undefined;
  #text = '';

  constructor(start: JsonObject, context: ItemContext, emit: Emit) {
    this.#start = start;
    this.#context = context;
    const name = asString(start.name) ?? '';
    const id = asString(start.call_id) ?? '';
    if (name === '' || id === '' || isWrapper(name)) return;
    this.#block = context.openBlock();
    this.calls = 1;
    emit({ type: 'tool-call-start', block: this.#block, id, name: context.toolNames?.get(name) ?? name });
  }

  delta({ kind, text, whole }: Piece, emit: Emit): void {
    if (kind !== 'arguments' && kind !== 'input') return;
    const rest = whole ? text.slice(this.#text.length) : text;
    if (rest === '') return;
    this.#text += rest;
    // Free text becomes JSON only when it is whole.
    if (this.#block !== undefined && kind === 'arguments') emit({ type: 'tool-call-delta', block: this.#block, arguments: rest });
  }

  finish(item: JsonObject | undefined, emit: Emit): void {
    const isFreeText = this.#start.type === 'custom_tool_call';
    const member = isFreeText ? 'input' : 'arguments';
    this.delta({ kind: member, text: asString(item?.[member]) ?? '', place: 0, whole: true }, emit);
    if (this.#block === undefined) {
      this.#sayLate({ ...this.#start, ...item, [member]: this.#text }, emit);
      return;
    }
    if (isFreeText) emit({ type: 'tool-call-delta', block: this.#block, arguments: freeTextArguments(this.#text) });
    else if (this.#text.trim() === '') emit({ type: 'tool-call-delta', block: this.#block, arguments: '{}' });
    emit({ type: 'block-end', block: this.#block });
    this.#block = undefined;
  }

  #sayLate(item: JsonObject, emit: Emit): void {
    for (const call of decodeCalls(item, this.#context)) {
      const block = this.#context.openBlock();
      this.calls += 1;
      emit({ type: 'tool-call-start', block, id: call.id, name: call.name });
      emit({ type: 'tool-call-delta', block, arguments: call.arguments });
      emit({ type: 'block-end', block });
    }
  }
}

/** What only this grammar knows, such as a web search: passed on as a whole when it is complete. */
class OpaqueItem implements OpenItem {
  readonly calls = 0;
  readonly refused = false;

  delta(): void {
    // Its progress means nothing to anyone else.
  }

  finish(item: JsonObject | undefined, emit: Emit): void {
    if (item !== undefined) emit({ type: 'opaque', dialect: 'openai-responses', wire: item });
  }
}
