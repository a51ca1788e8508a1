// Frames of a Responses stream → events. Items are told apart by `output_index` alone: some servers change an item's id on the way.
import { newId } from '../../core/ids.ts';
import { asArray, asNumber, asObject, asString, isObject, type JsonObject, tryParseJson } from '../../core/json.ts';
import type { SseFrame } from '../../framing/sse.ts';
import type { DecodeOptions, EventDecoder } from '../dialect.ts';
import { badReply, findError, truncated } from './errors.ts';
import { decodeFinish } from './finish.ts';
import { type Emit, type OpenItem, openItem, type Piece } from './open-item.ts';
import { decodeUsage } from './usage.ts';

/** Event type → kind of piece and the member that holds it. */
const deltas: Readonly<Record<string, readonly [kind: Piece['kind'], place: string]>> = {
  'response.output_text.delta': ['text', 'content_index'],
  'response.refusal.delta': ['refusal', 'content_index'],
  'response.reasoning_summary_text.delta': ['summary', 'summary_index'],
  'response.reasoning_text.delta': ['reasoning', 'content_index'],
  'response.function_call_arguments.delta': ['arguments', ''],
  'response.custom_tool_call_input.delta': ['input', ''],
};

/** The same for events that repeat the whole, with the name of the member it is in. */
const wholes: Readonly<Record<string, readonly [kind: Piece['kind'], place: string, member: string]>> = {
  'response.output_text.done': ['text', 'content_index', 'text'],
  'response.refusal.done': ['refusal', 'content_index', 'refusal'],
  'response.reasoning_summary_text.done': ['summary', 'summary_index', 'text'],
  'response.reasoning_text.done': ['reasoning', 'content_index', 'text'],
  'response.function_call_arguments.done': ['arguments', '', 'arguments'],
  'response.custom_tool_call_input.done': ['input', '', 'input'],
};

/** What kind of item a piece belongs to, where its beginning was left out. */
const itemTypes: Readonly<Record<Piece['kind'], string>> = {
  text: 'message',
  refusal: 'message',
  summary: 'reasoning',
  reasoning: 'reasoning',
  arguments: 'function_call',
  input: 'custom_tool_call',
};

export function createEventDecoder(options: DecodeOptions = {}): EventDecoder {
  return new ResponseStream(options);
}

class ResponseStream implements EventDecoder {
  done = false;
  readonly #options: DecodeOptions;
  readonly #open = new Map<number, OpenItem>();
  #started = false;
  #nextBlock = 0;
  #items = 0;
  #calls = 0;
  #refused = false;

  constructor(options: DecodeOptions) {
    this.#options = options;
  }

  push(frame: SseFrame, emit: Emit): void {
    const text = frame.data.trim();
    if (this.done || text === '' || text === '[DONE]') return;
    const event = tryParseJson(text);
    if (!isObject(event)) {
      // A cut frame says nothing: whether the answer is complete, the terminal event tells.
      if (frame.cut === true) return;
      throw badReply('the provider sent a stream frame that is not a JSON object', text.slice(0, 500));
    }
    const type = asString(event.type) ?? frame.event;
    const error = findError(event.type === undefined ? { ...event, type } : event);
    if (error !== undefined) throw error;
    this.#read(type, event, emit);
  }

  end(): void {
    if (!this.done) throw truncated();
  }

  #read(type: string, event: JsonObject, emit: Emit): void {
    switch (type) {
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        this.#start(asObject(event.response), emit);
        return;
      case 'response.output_item.added':
        this.#added(event, emit);
        return;
      case 'response.output_item.done':
        this.#itemDone(event, emit);
        return;
      case 'response.completed':
      case 'response.incomplete':
        this.#complete(asObject(event.response) ?? {}, type, emit);
        return;
      default:
        this.#piece(type, event, emit);
    }
  }

  #start(response: JsonObject | undefined, emit: Emit): void {
    if (this.#started) return;
    this.#started = true;
    const id = asString(response?.id) ?? newId('resp');
    emit({ type: 'start', id, model: asString(response?.model) ?? '', created: asNumber(response?.created_at) ?? 0 });
  }

  #added(event: JsonObject, emit: Emit): void {
    const item = asObject(event.item);
    if (item === undefined) return;
    this.#begin(indexOf(event), item, emit);
  }

  #begin(index: number, item: JsonObject, emit: Emit): OpenItem {
    this.#start(undefined, emit);
    const known = this.#open.get(index);
    if (known !== undefined) return known;
    const open = openItem(item, { ...this.#options, openBlock: () => this.#openBlock() }, emit);
    this.#items += 1;
    this.#open.set(index, open);
    return open;
  }

  #openBlock(): number {
    this.#nextBlock += 1;
    return this.#nextBlock - 1;
  }

  #piece(type: string, event: JsonObject, emit: Emit): void {
    const delta = deltas[type];
    if (delta !== undefined) {
      const [kind, place] = delta;
      this.#say({ kind, text: asString(event.delta) ?? '', place: asNumber(event[place]) ?? 0, whole: false }, event, emit);
      return;
    }
    const whole = wholes[type];
    if (whole === undefined) return;
    const [kind, place, member] = whole;
    this.#say({ kind, text: asString(event[member]) ?? '', place: asNumber(event[place]) ?? 0, whole: true }, event, emit);
  }

  #say(piece: Piece, event: JsonObject, emit: Emit): void {
    if (piece.text === '') return;
    this.#begin(indexOf(event), { type: itemTypes[piece.kind] }, emit).delta(piece, emit);
  }

  #itemDone(event: JsonObject, emit: Emit): void {
    const item = asObject(event.item);
    if (item === undefined) return;
    const index = indexOf(event);
    this.#close(index, this.#begin(index, item, emit), { item, emit });
  }

  #close(index: number, open: OpenItem, { item, emit }: { readonly item: JsonObject | undefined; readonly emit: Emit }): void {
    this.#open.delete(index);
    open.finish(item, emit);
    this.#calls += open.calls;
    this.#refused ||= open.refused;
  }

  #complete(response: JsonObject, type: string, emit: Emit): void {
    this.#start(response, emit);
    for (const [index, open] of this.#open) this.#close(index, open, { item: undefined, emit });
    // Some servers send nothing but the end. Where items came, their numbers need not be those of this list.
    if (this.#items === 0) {
      for (const [index, item] of (asArray(response.output) ?? []).entries()) {
        if (isObject(item)) this.#close(index, this.#begin(index, item, emit), { item, emit });
      }
    }
    const status = type === 'response.incomplete' ? 'incomplete' : response.status;
    const reason = decodeFinish({ ...response, ...(status !== undefined && { status }) }, { calls: this.#calls, refused: this.#refused });
    emit({ type: 'finish', reason });
    const usage = decodeUsage(asObject(response.usage), this.#options);
    if (usage !== undefined) emit({ type: 'usage', usage });
    this.done = true;
  }
}

function indexOf(event: JsonObject): number {
  return asNumber(event.output_index) ?? 0;
}
