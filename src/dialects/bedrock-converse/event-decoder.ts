// Frames of a converse stream → events. Only tool calls are opened by an event of their own; text and reasoning begin with their first
// delta. The stop reason and the usage come in either order, and nothing says which is last.
import type { ChatEvent, FinishReason } from '../../canonical/chat.ts';
import { asNumber, asObject, asString, isObject, type JsonObject, type JsonValue, tryParseJson } from '../../core/json.ts';
import type { SseFrame } from '../../framing/sse.ts';
import type { DecodeOptions, EventDecoder } from '../dialect.ts';
import { badReply, decodeException, truncated } from './errors.ts';
import { decodeStopReason, readStopSequence } from './stop-reason.ts';
import { decodeUsage } from './usage.ts';

type Emit = (event: ChatEvent) => void;
type Kind = 'text' | 'reasoning' | 'tool' | 'json' | 'ignored';

interface OpenBlock {
  readonly kind: Kind;
  /** Taken when the block has something to say. */
  block: number | undefined;
  input: string;
}

export function createEventDecoder(options: DecodeOptions = {}): EventDecoder {
  return new ConverseStream(options);
}

class ConverseStream implements EventDecoder {
  readonly #options: DecodeOptions;
  readonly #open = new Map<number, OpenBlock>();
  #nextBlock = 0;
  #started = false;
  #finish: FinishReason | undefined;
  #usage: JsonValue | undefined;
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
    if (this.#done) return;
    const payload = frame.data === '' ? {} : tryParseJson(frame.data);
    if (frame.event.startsWith('exception:')) throw decodeException(frame.event.slice('exception:'.length), payload);
    if (!isObject(payload)) throw badReply('the provider sent a stream frame that is not a JSON object', frame.data.slice(0, 500));
    this.#read(frame.event, payload, emit);
  }

  /** Missing usage is complete, a missing stop reason is not. */
  end(emit: Emit): void {
    if (this.#finish === undefined) throw truncated();
    this.#complete(emit);
  }

  #read(type: string, event: JsonObject, emit: Emit): void {
    switch (type) {
      case 'messageStart':
        if (this.#started) throw badReply('invalid sequence: the provider began a second message inside the first');
        this.#start(emit);
        return;
      case 'contentBlockStart':
        this.#openBlock(this.#indexOf(event, emit), asObject(event.start) ?? {}, emit);
        return;
      case 'contentBlockDelta':
        this.#delta(this.#indexOf(event, emit), asObject(event.delta) ?? {}, emit);
        return;
      case 'contentBlockStop':
        // After the stop reason all blocks are closed already.
        if (this.#finish === undefined) this.#closeBlock(asNumber(event.contentBlockIndex) ?? 0, emit);
        return;
      case 'messageStop':
        this.#stop(event, emit);
        return;
      case 'metadata':
        this.#usage = event.usage ?? null;
        if (this.#finish !== undefined) this.#complete(emit);
        return;
      default:
      // `initial-response` and whatever comes next.
    }
  }

  /** Some recorded streams begin with a block, so the opening event is not insisted on. */
  #start(emit: Emit): void {
    if (this.#started) return;
    this.#started = true;
    emit({ type: 'start', id: '', model: '', created: 0 });
  }

  #indexOf(event: JsonObject, emit: Emit): number {
    if (this.#finish !== undefined) throw badReply('invalid sequence: the provider sent content after its stop reason');
    this.#start(emit);
    return asNumber(event.contentBlockIndex) ?? 0;
  }

  #openBlock(index: number, start: JsonObject, emit: Emit): void {
    this.#closeBlock(index, emit);
    const call = asObject(start.toolUse);
    if (call === undefined) return;
    const name = asString(call.name);
    if (name === undefined) throw badReply('the provider began a tool call without a name');
    if (name === this.#options.jsonTool) {
      // A second JSON answer would make the text no JSON.
      this.#begin(index, this.#playedJson ? 'ignored' : 'json');
      this.#playedJson = true;
      return;
    }
    // Tools that the provider runs itself are not the client's calls.
    if (call.type === 'server_tool_use') {
      this.#begin(index, 'ignored');
      return;
    }
    this.#releaseText(emit);
    const block = this.#number(this.#begin(index, 'tool'));
    this.#callsOfClient += 1;
    emit({ type: 'tool-call-start', block, id: asString(call.toolUseId) ?? '', name: this.#options.toolNames?.get(name) ?? name });
  }

  #begin(index: number, kind: Kind): OpenBlock {
    const open: OpenBlock = { kind, block: undefined, input: '' };
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
    if (typeof delta.text === 'string') this.#text(index, delta.text, emit);
    const reasoning = asObject(delta.reasoningContent);
    if (reasoning !== undefined) this.#reasoning(index, reasoning, emit);
    const input = asString(asObject(delta.toolUse)?.input);
    if (input !== undefined) this.#input(index, input, emit);
    // Citations and kinds that come next have no event of ours.
  }

  #text(index: number, text: string, emit: Emit): void {
    if (text === '') return;
    if (this.#heldText !== undefined) {
      this.#heldText.push(text);
      return;
    }
    if (this.#playedJson) return;
    emit({ type: 'text-delta', block: this.#blockOf(index, 'text'), text });
  }

  #reasoning(index: number, reasoning: JsonObject, emit: Emit): void {
    const redacted = asString(reasoning.redactedContent);
    if (redacted !== undefined) {
      emit({ type: 'reasoning-redacted', block: this.#nextBlock, data: redacted });
      emit({ type: 'block-end', block: this.#nextBlock });
      this.#nextBlock += 1;
      return;
    }
    const text = asString(reasoning.text) ?? '';
    if (text !== '') emit({ type: 'reasoning-delta', block: this.#blockOf(index, 'reasoning'), text });
    const signature = asString(reasoning.signature) ?? '';
    if (signature !== '') emit({ type: 'reasoning-signature', block: this.#blockOf(index, 'reasoning'), signature });
  }

  #blockOf(index: number, kind: 'text' | 'reasoning'): number {
    const open = this.#open.get(index);
    if (open !== undefined && open.kind !== kind) throw badReply(`invalid sequence: the provider sent ${kind} inside a ${open.kind} block`);
    return this.#number(open ?? this.#begin(index, kind));
  }

  #input(index: number, piece: string, emit: Emit): void {
    const open = this.#open.get(index);
    if (open?.kind === 'ignored' || piece === '') return;
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
    // A tool without parameters is called with an empty object, never with nothing.
    if ((open.kind === 'tool' || open.kind === 'json') && open.input.trim() === '') this.#emitInput(open, '{}', emit);
    if (open.block !== undefined) emit({ type: 'block-end', block: open.block });
  }

  #stop(event: JsonObject, emit: Emit): void {
    if (this.#finish !== undefined) return;
    const reason = decodeStopReason(event.stopReason);
    if (reason === undefined) return;
    this.#start(emit);
    for (const index of [...this.#open.keys()]) this.#closeBlock(index, emit);
    this.#releaseText(emit);
    this.#finish = reason === 'tool-calls' && this.#playedJson && this.#callsOfClient === 0 ? 'stop' : reason;
    const stopSequence = readStopSequence(event.additionalModelResponseFields);
    emit({ type: 'finish', reason: this.#finish, ...(stopSequence !== undefined && { stopSequence }) });
    if (this.#usage !== undefined) this.#complete(emit);
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
