// Events of the provider's stream → ours. Content blocks, the plan and tool calls are numbered apart on the wire; each that has
// something to say gets one of our dense block numbers.
import type { ChatEvent } from '../../canonical/chat.ts';
import { asArray, asNumber, asObject, asString, isObject, type JsonObject, type JsonValue, tryParseJson } from '../../core/json.ts';
import type { SseFrame } from '../../framing/sse.ts';
import type { DecodeOptions, EventDecoder } from '../dialect.ts';
import { badReply, findError, finishError, restarted, truncated } from './errors.ts';
import { decodeFinish } from './finish.ts';
import { decodeUsage } from './usage.ts';

type Emit = (event: ChatEvent) => void;

interface OpenCall {
  readonly block: number;
  /** Arguments that are held back, because they may turn out to be the word null; undefined once they are not. */
  held: string | undefined;
}

export function createEventDecoder(options: DecodeOptions = {}): EventDecoder {
  return new MessageStream(options);
}

class MessageStream implements EventDecoder {
  readonly #options: DecodeOptions;
  /** `text 0`, `thinking 1`, `plan` → our block number. */
  readonly #blocks = new Map<string, number>();
  readonly #calls = new Map<number, OpenCall>();
  #nextBlock = 0;
  #id: string | undefined;
  #done = false;

  constructor(options: DecodeOptions) {
    this.#options = options;
  }

  get done(): boolean {
    return this.#done;
  }

  push(frame: SseFrame, emit: Emit): void {
    if (this.#done || frame.data === '' || frame.data === '[DONE]') return;
    const event = tryParseJson(frame.data);
    if (!isObject(event)) {
      // A cut frame says nothing: whether the answer is complete, the finish reason tells at the end.
      if (frame.cut === true) return;
      throw badReply('the provider sent a stream frame that is not a JSON object', frame.data.slice(0, 500));
    }
    const type = asString(event.type) ?? (frame.event === '' ? undefined : frame.event);
    const error = findError(event, type);
    if (error !== undefined) throw error;
    if (type !== undefined) this.#read(type, event, emit);
  }

  end(_emit: Emit): void {
    if (!this.#done) throw truncated();
  }

  #read(type: string, event: JsonObject, emit: Emit): void {
    const message = asObject(asObject(event.delta)?.message) ?? {};
    const index = asNumber(event.index) ?? 0;
    switch (type) {
      case 'message-start':
        this.#start(event, message, emit);
        return;
      case 'content-start':
      case 'content-delta':
        this.#content(index, message.content, emit);
        return;
      case 'content-end':
        this.#closeContent(index, emit);
        return;
      case 'tool-plan-delta':
        this.#say('plan', 'reasoning-delta', { text: asString(message.tool_plan) ?? '', emit });
        return;
      case 'tool-call-start':
        this.#close('plan', emit);
        this.#startCall(index, asObject(firstOf(message.tool_calls)), emit);
        return;
      case 'tool-call-delta':
        this.#continueCall(index, asString(asObject(asObject(firstOf(message.tool_calls))?.function)?.arguments) ?? '', emit);
        return;
      case 'tool-call-end':
        this.#endCall(index, emit);
        return;
      case 'citation-start':
      case 'citation-end':
        this.#assertStarted();
        emit({ type: 'opaque', dialect: 'cohere-v2', wire: { ...event, type } });
        return;
      case 'message-end':
        this.#finish(event, emit);
        return;
      default:
      // `debug` and whatever comes next.
    }
  }

  #start(event: JsonObject, message: JsonObject, emit: Emit): void {
    const id = asString(event.id) ?? '';
    if (this.#id !== undefined) {
      if (this.#id === id) return;
      throw restarted();
    }
    this.#id = id;
    // The grammar does not name the model.
    emit({ type: 'start', id, model: asString(message.model) ?? '', created: 0 });
    // Proxies that cache answers put the content into the opening.
    for (const [at, part] of (asArray(message.content) ?? []).entries()) {
      this.#content(-1 - at, part, emit);
      this.#closeContent(-1 - at, emit);
    }
  }

  #assertStarted(): void {
    if (this.#id === undefined) throw badReply('invalid sequence: the provider sent content before the start of its message');
  }

  #content(index: number, wire: JsonValue | undefined, emit: Emit): void {
    this.#assertStarted();
    const content = asObject(firstOf(wire));
    const thinking = asString(content?.thinking);
    if (thinking !== undefined) this.#say(`thinking ${index}`, 'reasoning-delta', { text: thinking, emit });
    const text = asString(content?.text);
    if (text !== undefined) this.#say(`text ${index}`, 'text-delta', { text, emit });
  }

  #say(key: string, type: 'text-delta' | 'reasoning-delta', { text, emit }: { readonly text: string; readonly emit: Emit }): void {
    this.#assertStarted();
    if (text === '') return;
    let block = this.#blocks.get(key);
    if (block === undefined) {
      block = this.#takeNumber();
      this.#blocks.set(key, block);
    }
    emit({ type, block, text });
  }

  #takeNumber(): number {
    const block = this.#nextBlock;
    this.#nextBlock += 1;
    return block;
  }

  #closeContent(index: number, emit: Emit): void {
    this.#close(`thinking ${index}`, emit);
    this.#close(`text ${index}`, emit);
  }

  #close(key: string, emit: Emit): void {
    const block = this.#blocks.get(key);
    if (block === undefined) return;
    this.#blocks.delete(key);
    emit({ type: 'block-end', block });
  }

  #startCall(index: number, wire: JsonObject | undefined, emit: Emit): void {
    this.#assertStarted();
    this.#endCall(index, emit);
    const called = asObject(wire?.function);
    const name = asString(called?.name);
    if (name === undefined) throw badReply('the provider began a tool call without a name');
    const call: OpenCall = { block: this.#takeNumber(), held: '' };
    this.#calls.set(index, call);
    emit({ type: 'tool-call-start', block: call.block, id: asString(wire?.id) ?? '', name: this.#options.toolNames?.get(name) ?? name });
    this.#continueCall(index, asString(called?.arguments) ?? '', emit);
  }

  #continueCall(index: number, piece: string, emit: Emit): void {
    if (piece === '') return;
    const call = this.#calls.get(index);
    if (call === undefined) throw badReply('invalid sequence: the provider sent tool arguments outside a tool call');
    if (call.held === undefined) {
      emit({ type: 'tool-call-delta', block: call.block, arguments: piece });
      return;
    }
    const text = call.held + piece;
    if ('null'.startsWith(text.trim())) {
      call.held = text;
      return;
    }
    call.held = undefined;
    emit({ type: 'tool-call-delta', block: call.block, arguments: text });
  }

  /** A tool without parameters is called with nothing, or the word null. */
  #endCall(index: number, emit: Emit): void {
    const call = this.#calls.get(index);
    if (call === undefined) return;
    this.#calls.delete(index);
    const { block, held } = call;
    if (held !== undefined) {
      const said = held.trim();
      emit({ type: 'tool-call-delta', block, arguments: said === '' || said === 'null' ? '{}' : held });
    }
    emit({ type: 'block-end', block });
  }

  #finish(event: JsonObject, emit: Emit): void {
    const delta = asObject(event.delta) ?? {};
    const word = delta.finish_reason;
    const reason = decodeFinish(word);
    if (reason === 'error') throw finishError(asString(word) ?? '', delta.error);
    if (reason === undefined) throw truncated();
    this.#assertStarted();
    for (const index of [...this.#calls.keys()]) this.#endCall(index, emit);
    for (const key of [...this.#blocks.keys()]) this.#close(key, emit);
    emit({ type: 'finish', reason });
    const usage = decodeUsage(delta.usage ?? event.usage, this.#options);
    if (usage !== undefined) emit({ type: 'usage', usage });
    this.#done = true;
  }
}

/** Older servers wrap the one thing a delta carries in a list. */
function firstOf(wire: JsonValue | undefined): JsonValue | undefined {
  return Array.isArray(wire) ? (wire as readonly JsonValue[])[0] : wire;
}
