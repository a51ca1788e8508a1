// One output item of a stream as it is written: added, its parts and deltas, done. What `close` answers stands in the final response.
import { newId } from '../../core/ids.ts';
import type { JsonObject, MutableJson } from '../../core/json.ts';
import { encodeCall } from './encode-response.ts';
import { encodeProof, encodeSummary, type Proof } from './reasoning.ts';

export type ItemStatus = 'completed' | 'incomplete';
export type Say = (type: string, fields: MutableJson) => void;

export interface Saying {
  readonly say: Say;
  /** A delta frame: everything up to its text, the text, the members after it. */
  readonly delta: (head: string, text: string, tail: string) => void;
}

export interface ItemWriter {
  readonly index: number;
  close(status: ItemStatus): JsonObject;
}

function deltaHead(type: string, place: JsonObject): string {
  return `event: ${type}\ndata: {"type":"${type}",${JSON.stringify(place).slice(1, -1)},"delta":`;
}

interface OpenPart {
  readonly block: number;
  readonly kind: 'output_text' | 'refusal';
  readonly head: string;
  text: string;
}

export class MessageWriter implements ItemWriter {
  readonly index: number;
  readonly #saying: Saying;
  readonly #id = newId('msg');
  readonly #content: JsonObject[] = [];
  #part: OpenPart | undefined;

  constructor(index: number, saying: Saying) {
    this.index = index;
    this.#saying = saying;
    saying.say('response.output_item.added', { output_index: index, item: this.#item('in_progress') });
  }

  /** Opens the part of this block, unless it is open. */
  enter(block: number, kind: OpenPart['kind']): void {
    if (this.#part?.block === block && this.#part.kind === kind) return;
    this.leave();
    const place = { item_id: this.#id, output_index: this.index, content_index: this.#content.length };
    this.#part = {
      block,
      kind,
      text: '',
      head: deltaHead(kind === 'refusal' ? 'response.refusal.delta' : 'response.output_text.delta', place),
    };
    this.#saying.say('response.content_part.added', { ...place, part: encodePart(kind, '') });
  }

  add(text: string): void {
    const part = this.#part;
    if (part === undefined) return;
    part.text += text;
    this.#saying.delta(part.head, text, part.kind === 'refusal' ? '' : ',"logprobs":[]');
  }

  /** Ends the open part; the message may go on with another. */
  leave(): void {
    const part = this.#part;
    if (part === undefined) return;
    this.#part = undefined;
    const place = { item_id: this.#id, output_index: this.index, content_index: this.#content.length };
    const wire = encodePart(part.kind, part.text);
    if (part.kind === 'refusal') this.#saying.say('response.refusal.done', { ...place, refusal: part.text });
    else this.#saying.say('response.output_text.done', { ...place, text: part.text, logprobs: [] });
    this.#saying.say('response.content_part.done', { ...place, part: wire });
    this.#content.push(wire);
  }

  close(status: ItemStatus): JsonObject {
    this.leave();
    const item = this.#item(status);
    this.#saying.say('response.output_item.done', { output_index: this.index, item });
    return item;
  }

  #item(status: ItemStatus | 'in_progress'): JsonObject {
    return { id: this.#id, type: 'message', status, role: 'assistant', content: [...this.#content] };
  }
}

function encodePart(kind: OpenPart['kind'], text: string): JsonObject {
  return kind === 'refusal' ? { type: 'refusal', refusal: text } : { type: 'output_text', annotations: [], logprobs: [], text };
}

export class ReasoningWriter implements ItemWriter {
  readonly block: number;
  readonly index: number;
  readonly #saying: Saying;
  #id: string = newId('rs');
  #encrypted: string | undefined;
  #text = '';
  #head: string | undefined;
  #added = false;

  constructor(block: number, index: number, saying: Saying) {
    this.block = block;
    this.index = index;
    this.#saying = saying;
  }

  add(text: string): void {
    this.#add();
    const place = { item_id: this.#id, output_index: this.index, summary_index: 0 };
    if (this.#head === undefined) {
      this.#head = deltaHead('response.reasoning_summary_text.delta', place);
      this.#saying.say('response.reasoning_summary_part.added', { ...place, part: { type: 'summary_text', text: '' } });
    }
    this.#text += text;
    this.#saying.delta(this.#head, text, '');
  }

  prove(proof: Proof): void {
    const { id, encrypted } = encodeProof(proof);
    // An id of the provider's own belongs to its proof; the clients know the item by another as soon as its text was shown.
    if (!this.#added) this.#id = id;
    this.#encrypted = encrypted;
  }

  close(status: ItemStatus): JsonObject {
    this.#add();
    const place = { item_id: this.#id, output_index: this.index, summary_index: 0 };
    if (this.#head !== undefined) {
      this.#saying.say('response.reasoning_summary_text.done', { ...place, text: this.#text });
      this.#saying.say('response.reasoning_summary_part.done', { ...place, part: { type: 'summary_text', text: this.#text } });
    }
    const item = {
      id: this.#id,
      type: 'reasoning',
      summary: encodeSummary(this.#text),
      ...(this.#encrypted !== undefined && { encrypted_content: this.#encrypted }),
      status,
    };
    this.#saying.say('response.output_item.done', { output_index: this.index, item });
    return item;
  }

  #add(): void {
    if (this.#added) return;
    this.#added = true;
    this.#saying.say('response.output_item.added', {
      output_index: this.index,
      item: { id: this.#id, type: 'reasoning', summary: [], status: 'in_progress' },
    });
  }
}

export interface StartedCall {
  readonly id: string;
  readonly name: string;
  readonly freeText: boolean;
}

export class CallWriter implements ItemWriter {
  readonly index: number;
  readonly #call: StartedCall;
  readonly #saying: Saying;
  readonly #item: JsonObject;
  readonly #head: string;
  #text = '';

  constructor(call: StartedCall, index: number, saying: Saying) {
    this.index = index;
    this.#call = call;
    this.#saying = saying;
    this.#item = {
      ...encodeCall({ ...call, arguments: '' }, new Set(call.freeText ? [call.name] : [])),
      status: 'in_progress',
    } as JsonObject;
    this.#head = deltaHead('response.function_call_arguments.delta', { item_id: this.#item.id, output_index: index });
    saying.say('response.output_item.added', { output_index: index, item: this.#item });
  }

  add(text: string): void {
    if (text === '') return;
    this.#text += text;
    // Free text is inside the JSON of the arguments, so it is known only when they are whole.
    if (!this.#call.freeText) this.#saying.delta(this.#head, text, '');
  }

  close(status: ItemStatus): JsonObject {
    const place = { item_id: this.#item.id, output_index: this.index };
    const done = encodeCall({ ...this.#call, arguments: this.#text }, new Set(this.#call.freeText ? [this.#call.name] : []));
    const item = { ...(done as JsonObject), id: this.#item.id, status };
    if (this.#call.freeText) {
      const input = String(done.input);
      if (input !== '') this.#saying.delta(deltaHead('response.custom_tool_call_input.delta', place), input, '');
      this.#saying.say('response.custom_tool_call_input.done', { ...place, input });
    } else {
      this.#saying.say('response.function_call_arguments.done', { ...place, arguments: this.#text, name: this.#call.name });
    }
    this.#saying.say('response.output_item.done', { output_index: this.index, item });
    return item;
  }
}
