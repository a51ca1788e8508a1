// Events → the vendor's stream grammar: message_start, blocks opened and closed one after the other with dense indexes,
// message_delta with the stop reason and the whole usage, message_stop. Clients crash on any other order.
import type { ChatEvent, FinishReason } from '../../canonical/chat.ts';
import type { Usage } from '../../canonical/usage.ts';
import { asArray, asObject, isObject, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';
import { encodeSse } from '../../framing/sse.ts';
import type { EventEncoder, EventEncoderOptions } from '../dialect.ts';
import { toMessageId } from './encode-response.ts';
import { truncated } from './errors.ts';
import { readSideFields } from './side-fields.ts';
import { encodeStopReason } from './stop-reason.ts';
import { encodeUsage } from './usage.ts';

type BlockKind = 'text' | 'thinking' | 'tool';
type StartEvent = Extract<ChatEvent, { readonly type: 'start' }>;
/** Events that belong to a place in the content. */
type ContentEvent = Exclude<ChatEvent, { readonly type: 'start' | 'finish' | 'usage' }>;

interface OpenBlock {
  readonly block: number;
  readonly kind: BlockKind;
  /** Beginning of every delta frame of this block, up to the value. */
  readonly deltaHead: string;
  readonly index: number;
}

export function createEventEncoder(options: EventEncoderOptions): EventEncoder {
  return new MessageWriter(options);
}

class MessageWriter implements EventEncoder {
  readonly #options: EventEncoderOptions;
  readonly #warned = new Set<string>();
  #started = false;
  #nextIndex = 0;
  #current: OpenBlock | undefined;
  /** Events of other blocks that arrived while a tool call was open: its arguments must not be cut in two blocks. */
  #waiting: ContentEvent[] = [];
  /** Citations that came before the text they belong to. */
  #citations: JsonValue[] = [];
  #refused = false;
  #finish: { readonly reason: FinishReason; readonly stopSequence?: string | undefined } | undefined;
  #usage: Usage | undefined;
  #extras: JsonObject | undefined;
  #ended = false;

  constructor(options: EventEncoderOptions) {
    this.#options = options;
  }

  push(event: ChatEvent): string {
    switch (event.type) {
      case 'start':
        this.#usage ??= event.usage;
        return this.#start(event);
      case 'usage':
        this.#usage = event.usage;
        return this.#finish === undefined ? '' : this.#endMessage();
      case 'finish':
        return isExtraChoice(event) ? this.#dropChoice() : this.#opening() + this.#closeAll() + this.#rememberFinish(event);
      default:
        return isExtraChoice(event) ? this.#dropChoice() : this.#opening() + this.#content(event);
    }
  }

  end(): string {
    if (this.#finish === undefined) throw truncated();
    return `${this.#endMessage()}${encodeSse('{"type":"message_stop"}', 'message_stop')}`;
  }

  #opening(): string {
    return this.#started ? '' : this.#start(undefined);
  }

  #start(event: StartEvent | undefined): string {
    if (this.#started) return '';
    this.#started = true;
    const message = {
      id: toMessageId(event?.id ?? ''),
      type: 'message',
      role: 'assistant',
      model: event === undefined || event.model === '' ? this.#options.model : event.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      // The true numbers of most providers come at the end; `message_delta` carries all of them again.
      usage: encodeUsage(event?.usage),
    };
    return encodeSse(JSON.stringify({ type: 'message_start', message }), 'message_start');
  }

  #content(event: ContentEvent): string {
    const current = this.#current;
    if (current?.kind === 'tool' && (event.type === 'opaque' || event.block !== current.block)) {
      this.#waiting.push(event);
      return '';
    }
    switch (event.type) {
      case 'text-delta':
        return event.text === '' ? '' : this.#delta(event.block, 'text', event.text);
      case 'refusal-delta':
        this.#refused = true;
        return event.text === '' ? '' : this.#delta(event.block, 'text', event.text);
      case 'reasoning-delta':
        return event.text === '' ? '' : this.#delta(event.block, 'thinking', event.text);
      case 'reasoning-signature':
        return this.#signature(event.block, event.signature);
      case 'reasoning-redacted':
        return this.#wholeBlock({ type: 'redacted_thinking', data: event.data });
      case 'tool-call-start':
        return this.#close() + this.#open(event.block, 'tool', { type: 'tool_use', id: event.id, name: event.name, input: {} });
      case 'tool-call-delta':
        return this.#arguments(event.block, event.arguments);
      case 'block-end':
        return current?.block === event.block ? this.#close() + this.#drain() : '';
      case 'opaque':
        return this.#opaque(event.dialect === 'anthropic-messages' ? event.wire : undefined, event.dialect);
    }
  }

  #delta(block: number, kind: 'text' | 'thinking', text: string): string {
    let current = this.#current;
    let opening = '';
    if (current === undefined || current.block !== block || current.kind !== kind) {
      opening = this.#close() + this.#openPlain(block, kind);
      current = this.#current;
    }
    return `${opening}${current?.deltaHead ?? ''}${JSON.stringify(text)}}}\n\n`;
  }

  #openPlain(block: number, kind: 'text' | 'thinking'): string {
    if (kind === 'thinking') return this.#open(block, kind, { type: 'thinking', thinking: '', signature: '' });
    const opening = this.#open(block, kind, { type: 'text', text: '' });
    const citations = this.#citations;
    this.#citations = [];
    return opening + citations.map((citation) => this.#citation(citation)).join('');
  }

  #open(block: number, kind: BlockKind, contentBlock: MutableJson): string {
    const index = this.#nextIndex;
    this.#nextIndex += 1;
    const deltaHead = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":${deltaFields[kind]}:`;
    this.#current = { block, kind, deltaHead, index };
    return encodeSse(JSON.stringify({ type: 'content_block_start', index, content_block: contentBlock }), 'content_block_start');
  }

  #close(): string {
    const current = this.#current;
    if (current === undefined) return '';
    this.#current = undefined;
    return encodeSse(`{"type":"content_block_stop","index":${current.index}}`, 'content_block_stop');
  }

  /** A signature alone (the provider hid the thinking) is a block, too: the client has to send it back. */
  #signature(block: number, signature: string): string {
    const current = this.#current;
    const opening = current?.block === block && current.kind === 'thinking' ? '' : this.#close() + this.#openPlain(block, 'thinking');
    return opening + this.#blockDelta({ type: 'signature_delta', signature });
  }

  #blockDelta(delta: MutableJson): string {
    return encodeSse(JSON.stringify({ type: 'content_block_delta', index: this.#current?.index ?? 0, delta }), 'content_block_delta');
  }

  #arguments(block: number, piece: string): string {
    const current = this.#current;
    if (current === undefined || current.block !== block || current.kind !== 'tool') {
      this.#warn('tool_calls', 'arguments that came after the end of their tool call were left out');
      return '';
    }
    return `${current.deltaHead}${JSON.stringify(piece)}}}\n\n`;
  }

  #opaque(wire: JsonObject | undefined, dialect: string): string {
    if (wire === undefined) {
      this.#warn('content', `content that only ${dialect} understands was left out`);
      return '';
    }
    const fields = readSideFields(wire);
    if (fields !== undefined) return this.#sideFields(fields);
    if (wire.type === 'message_delta') {
      this.#extras = { ...this.#extras, ...wire, delta: { ...asObject(this.#extras?.delta), ...asObject(wire.delta) } };
      return '';
    }
    return this.#wholeBlock(wire);
  }

  #sideFields(fields: JsonObject): string {
    const citations = asArray(fields.citations) ?? [];
    if (this.#current?.kind === 'text') return citations.map((citation) => this.#citation(citation)).join('');
    this.#citations.push(...citations);
    return '';
  }

  #citation(citation: JsonValue): string {
    return this.#blockDelta({ type: 'citations_delta', citation });
  }

  /** A block that is known as a whole. Input goes as a delta: clients build it from deltas only. */
  #wholeBlock(wire: JsonObject): string {
    const closing = this.#close();
    const input = isObject(wire.input) ? JSON.stringify(wire.input) : undefined;
    const opening = this.#open(-1, 'tool', input === undefined ? wire : { ...wire, input: {} });
    const delta = input === undefined ? '' : this.#blockDelta({ type: 'input_json_delta', partial_json: input });
    return closing + opening + delta + this.#close();
  }

  #drain(): string {
    const waiting = this.#waiting;
    if (waiting.length === 0) return '';
    this.#waiting = [];
    return waiting.map((event) => this.#content(event)).join('');
  }

  #closeAll(): string {
    let text = this.#close();
    while (this.#waiting.length > 0) text += this.#drain() + this.#close();
    return text;
  }

  #rememberFinish(event: Extract<ChatEvent, { readonly type: 'finish' }>): string {
    this.#finish ??= { reason: event.reason, stopSequence: event.stopSequence };
    return '';
  }

  #endMessage(): string {
    if (this.#ended || this.#finish === undefined) return '';
    this.#ended = true;
    const { reason, stopSequence } = this.#finish;
    const event = {
      ...this.#extras,
      type: 'message_delta',
      delta: {
        stop_reason: encodeStopReason({ reason, stopSequence, refused: this.#refused }),
        stop_sequence: stopSequence ?? null,
        ...asObject(this.#extras?.delta),
      },
      usage: encodeUsage(this.#usage),
    };
    return encodeSse(JSON.stringify(event), 'message_delta');
  }

  #dropChoice(): string {
    this.#warn('n', 'the dialect has one answer; the others were left out');
    return '';
  }

  #warn(field: string, message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#options.warnings.push({ field, kind: 'dropped', message });
  }
}

/** Delta type and name of the value's member, ready for splicing. */
const deltaFields: Readonly<Record<BlockKind, string>> = {
  text: '"text_delta","text"',
  thinking: '"thinking_delta","thinking"',
  tool: '"input_json_delta","partial_json"',
};

function isExtraChoice(event: ChatEvent): boolean {
  return 'choice' in event && event.choice !== undefined && event.choice !== 0;
}
