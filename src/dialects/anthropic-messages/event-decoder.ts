// Frames of the vendor's stream → events. One wire block index maps to one of our dense block numbers, which is taken only
// when the block has something to say.
import type { ChatEvent, FinishReason } from '../../canonical/chat.ts';
import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '../../core/json.ts';
import { StencilParser, stringsOf } from '../../core/json-stencil.ts';
import type { SseFrame } from '../../framing/sse.ts';
import type { DecodeOptions, EventDecoder } from '../dialect.ts';
import { badReply, findError, restarted, truncated } from './errors.ts';
import { collectOpaque, finishOpaque, type OpenBlock } from './open-block.ts';
import { sideFieldsPart } from './side-fields.ts';
import { decodeStopReason } from './stop-reason.ts';
import { toArguments } from './tool-input.ts';
import { decodeUsage, mergeUsage } from './usage.ts';
import { toldMembers } from './wire-field.ts';

type Emit = (event: ChatEvent) => void;

/** Where the deltas of one block differ. */
const varying = stringsOf('text', 'thinking', 'partial_json');

const messageDeltaFields = new Set(['stop_reason', 'stop_sequence']);
const messageDeltaEventFields = new Set(['type', 'delta', 'usage']);

export function createEventDecoder(options: DecodeOptions = {}): EventDecoder {
  return new MessageStream(options);
}

class MessageStream implements EventDecoder {
  readonly #options: DecodeOptions;
  readonly #json = new StencilParser(varying);
  readonly #open = new Map<number, OpenBlock>();
  #nextBlock = 0;
  #id: string | undefined;
  #finish: FinishReason | undefined;
  #usage: JsonObject | undefined;
  #done = false;
  #callsOfClient = 0;
  #playedJson = false;
  /** Text held back while JSON output is played by a tool: it is the answer only if that tool is not called. */
  #heldText: string[] | undefined;

  constructor(options: DecodeOptions) {
    this.#options = options;
    this.#heldText = options.jsonTool === undefined ? undefined : [];
  }

  get done(): boolean {
    return this.#done;
  }

  push(frame: SseFrame, emit: Emit): void {
    if (this.#done || frame.data === '' || frame.data === '[DONE]') return;
    const event = this.#json.parse(frame.data);
    if (!isObject(event)) {
      // A cut frame says nothing: whether the answer is complete, the stop reason tells at the end.
      if (frame.cut === true) return;
      throw badReply('the provider sent a stream frame that is not a JSON object', frame.data.slice(0, 500));
    }
    const error = findError(event);
    if (error !== undefined) throw error;
    this.#read(asString(event.type) ?? frame.event, event, emit);
  }

  /** A missing `message_stop` is complete, a missing stop reason is not. */
  end(emit: Emit): void {
    if (this.#finish === undefined) throw truncated();
    this.#complete(emit);
  }

  #read(type: string, event: JsonObject, emit: Emit): void {
    switch (type) {
      case 'message_start':
        this.#start(asObject(event.message) ?? {}, emit);
        return;
      case 'content_block_start':
        this.#openBlock(this.#indexOf(event), asObject(event.content_block) ?? {}, emit);
        return;
      case 'content_block_delta':
        this.#delta(this.#indexOf(event), asObject(event.delta) ?? {}, emit);
        return;
      case 'content_block_stop':
        // After the stop reason all blocks are closed already.
        if (this.#finish === undefined) this.#closeBlock(this.#indexOf(event), emit);
        return;
      case 'message_delta':
        this.#messageDelta(event, emit);
        return;
      case 'message_stop':
        if (this.#finish === undefined) throw truncated();
        this.#complete(emit);
        return;
      default:
      // `ping` and whatever comes next.
    }
  }

  #start(message: JsonObject, emit: Emit): void {
    const id = asString(message.id) ?? '';
    if (this.#id !== undefined) {
      // Some proxies repeat the opening of the same message; another id means two answers were spliced.
      if (this.#id === id) return;
      throw restarted();
    }
    this.#id = id;
    this.#usage = mergeUsage(undefined, message.usage);
    const usage = decodeUsage(this.#usage, this.#options);
    emit({ type: 'start', id, model: asString(message.model) ?? '', created: 0, ...(usage !== undefined && { usage }) });
    // Proxies that cache answers put the content into the opening.
    for (const [at, block] of (asArray(message.content) ?? []).entries()) {
      if (!isObject(block)) continue;
      this.#openBlock(-1 - at, block, emit);
      this.#closeBlock(-1 - at, emit);
    }
    this.#stopReason(message, emit);
  }

  #indexOf(event: JsonObject): number {
    if (this.#id === undefined) throw badReply('invalid sequence: the provider sent content before the start of its message');
    if (this.#finish !== undefined) throw badReply('invalid sequence: the provider sent content after its stop reason');
    return asNumber(event.index) ?? 0;
  }

  #openBlock(index: number, wire: JsonObject, emit: Emit): void {
    this.#closeBlock(index, emit);
    const { jsonTool, toolNames } = this.#options;
    switch (wire.type) {
      case 'text':
        this.#begin(index, 'text');
        this.#text(index, asString(wire.text) ?? '', emit);
        for (const citation of asArray(wire.citations) ?? []) this.#citation(citation, emit);
        return;
      case 'thinking':
        this.#begin(index, 'thinking');
        this.#thinking(index, asString(wire.thinking) ?? '', emit);
        this.#signature(index, asString(wire.signature) ?? '', emit);
        return;
      case 'redacted_thinking':
        emit({ type: 'reasoning-redacted', block: this.#nextBlock, data: asString(wire.data) ?? '' });
        emit({ type: 'block-end', block: this.#nextBlock });
        this.#nextBlock += 1;
        return;
      case 'tool_use': {
        const name = asString(wire.name);
        if (name === undefined) throw badReply('the provider began a tool call without a name');
        if (name === jsonTool) {
          // A second JSON answer would make the text no JSON.
          this.#begin(index, this.#playedJson ? 'ignored' : 'json', wire);
          this.#playedJson = true;
          return;
        }
        this.#releaseText(emit);
        const block = this.#number(this.#begin(index, 'tool', wire));
        this.#callsOfClient += 1;
        emit({ type: 'tool-call-start', block, id: asString(wire.id) ?? '', name: toolNames?.get(name) ?? name });
        return;
      }
      default:
        this.#begin(index, 'opaque', wire);
    }
  }

  #begin(index: number, kind: OpenBlock['kind'], start: JsonObject = {}): OpenBlock {
    const open: OpenBlock = { kind, block: undefined, input: '', start: { ...start } };
    this.#open.set(index, open);
    return open;
  }

  #number(open: OpenBlock): number {
    if (open.block === undefined) {
      open.block = this.#nextBlock;
      this.#nextBlock += 1;
    }
    return open.block;
  }

  #delta(index: number, delta: JsonObject, emit: Emit): void {
    const open = this.#open.get(index);
    if (open?.kind === 'opaque') {
      collectOpaque(open, delta);
      return;
    }
    switch (delta.type) {
      case 'text_delta':
        this.#text(index, asString(delta.text) ?? '', emit);
        return;
      case 'thinking_delta':
        this.#thinking(index, asString(delta.thinking) ?? '', emit);
        return;
      case 'signature_delta':
        this.#signature(index, asString(delta.signature) ?? '', emit);
        return;
      case 'citations_delta':
        this.#citation(delta.citation, emit);
        return;
      case 'input_json_delta':
        this.#input(open, asString(delta.partial_json) ?? '', emit);
        return;
      default:
      // Deltas that come next.
    }
  }

  #text(index: number, text: string, emit: Emit): void {
    if (text === '') return;
    if (this.#heldText !== undefined) {
      this.#heldText.push(text);
      return;
    }
    emit({ type: 'text-delta', block: this.#blockOf(index, 'text'), text });
  }

  #thinking(index: number, text: string, emit: Emit): void {
    if (text !== '') emit({ type: 'reasoning-delta', block: this.#blockOf(index, 'thinking'), text });
  }

  #signature(index: number, signature: string, emit: Emit): void {
    if (signature !== '') emit({ type: 'reasoning-signature', block: this.#blockOf(index, 'thinking'), signature });
  }

  /** A delta whose block was never opened opens it: some servers leave `content_block_start` out for text. */
  #blockOf(index: number, kind: 'text' | 'thinking'): number {
    const open = this.#open.get(index);
    if (open !== undefined && open.kind !== kind) throw badReply(`invalid sequence: the provider sent ${kind} inside a ${open.kind} block`);
    return this.#number(open ?? this.#begin(index, kind));
  }

  #citation(citation: unknown, emit: Emit): void {
    if (!isObject(citation)) return;
    const part = sideFieldsPart({ citations: [citation] });
    if (part.type === 'opaque') emit(part);
  }

  #input(open: OpenBlock | undefined, piece: string, emit: Emit): void {
    // The first piece is always empty, for a tool without parameters the only one.
    if (piece === '' || open?.kind === 'ignored') return;
    if (open === undefined || (open.kind !== 'tool' && open.kind !== 'json')) {
      throw badReply('invalid sequence: the provider sent tool arguments outside a tool call');
    }
    open.input += piece;
    this.#emitInput(open, piece, emit);
  }

  #emitInput(open: OpenBlock, piece: string, emit: Emit): void {
    const block = this.#number(open);
    emit(open.kind === 'json' ? { type: 'text-delta', block, text: piece } : { type: 'tool-call-delta', block, arguments: piece });
  }

  #closeBlock(index: number, emit: Emit): void {
    const open = this.#open.get(index);
    if (open === undefined) return;
    this.#open.delete(index);
    if ((open.kind === 'tool' || open.kind === 'json') && open.input.trim() === '') {
      this.#emitInput(open, toArguments(asObject(open.start.input)), emit);
    } else if (open.kind === 'opaque') {
      emit({ type: 'opaque', dialect: 'anthropic-messages', wire: finishOpaque(open) });
    }
    if (open.block !== undefined) emit({ type: 'block-end', block: open.block });
  }

  #messageDelta(event: JsonObject, emit: Emit): void {
    if (this.#id === undefined) throw badReply('invalid sequence: the provider ended a message it had not begun');
    this.#usage = mergeUsage(this.#usage, event.usage);
    const delta = asObject(event.delta) ?? {};
    const extraDelta = toldMembers(delta, messageDeltaFields);
    const extra = toldMembers(event, messageDeltaEventFields);
    if (extraDelta !== undefined || extra !== undefined) {
      emit({
        type: 'opaque',
        dialect: 'anthropic-messages',
        wire: { type: 'message_delta', ...extra, ...(extraDelta !== undefined && { delta: extraDelta }) },
      });
    }
    this.#stopReason(delta, emit);
  }

  #stopReason(from: JsonObject, emit: Emit): void {
    const reason = decodeStopReason(from.stop_reason);
    if (reason === undefined || this.#finish !== undefined) return;
    for (const index of [...this.#open.keys()]) this.#closeBlock(index, emit);
    this.#releaseText(emit);
    this.#finish = reason === 'tool-calls' && this.#playedJson && this.#callsOfClient === 0 ? 'stop' : reason;
    const stopSequence = asString(from.stop_sequence);
    emit({ type: 'finish', reason: this.#finish, ...(stopSequence !== undefined && { stopSequence }) });
  }

  /** Text before the JSON tool would make the answer no JSON, so it is let go; without that tool it is the answer. */
  #releaseText(emit: Emit): void {
    const held = this.#heldText;
    this.#heldText = undefined;
    if (held === undefined || held.length === 0 || this.#playedJson) return;
    const block = this.#nextBlock;
    this.#nextBlock += 1;
    for (const text of held) emit({ type: 'text-delta', block, text });
    emit({ type: 'block-end', block });
  }

  #complete(emit: Emit): void {
    if (this.#done) return;
    this.#done = true;
    const usage = decodeUsage(this.#usage, this.#options);
    if (usage !== undefined) emit({ type: 'usage', usage });
  }
}
