// Events → the vendor's stream grammar: message-start, content blocks and tool calls opened, continued and closed, message-end with
// the finish reason and the whole usage.
import type { ChatEvent, FinishReason } from '../../canonical/chat.ts';
import type { Usage } from '../../canonical/usage.ts';
import type { Warning } from '../../canonical/warning.ts';
import { newId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import { encodeSse } from '../../framing/sse.ts';
import type { EventEncoder, EventEncoderOptions } from '../dialect.ts';
import { unsigned } from './encode-response.ts';
import { truncated } from './errors.ts';
import { encodeFinish, lostFinish } from './finish.ts';
import { encodeUsage } from './usage.ts';

type StartEvent = Extract<ChatEvent, { readonly type: 'start' }>;
type ContentKind = 'text' | 'thinking';

interface OpenContent {
  readonly block: number;
  readonly kind: ContentKind;
  readonly index: number;
  /** Beginning of every delta frame of this block, up to the value. */
  readonly deltaHead: string;
}

export function createEventEncoder(options: EventEncoderOptions): EventEncoder {
  return new MessageWriter(options);
}

class MessageWriter implements EventEncoder {
  readonly #options: EventEncoderOptions;
  readonly #warned = new Set<string>();
  /** Our block number → index of the tool call on the wire. */
  readonly #calls = new Map<number, number>();
  #started = false;
  #nextContent = 0;
  #nextCall = 0;
  #content: OpenContent | undefined;
  #finish: { readonly reason: FinishReason; readonly stopSequence?: string | undefined } | undefined;
  #usage: Usage | undefined;
  #ended = false;

  constructor(options: EventEncoderOptions) {
    this.#options = options;
  }

  push(event: ChatEvent): string {
    if ('choice' in event && (event.choice ?? 0) > 0) return this.#warn('n', 'the dialect has one answer; the others were left out');
    if ('signature' in event && event.signature !== undefined) this.#warn(unsigned.field, unsigned.message);
    switch (event.type) {
      case 'start':
        this.#usage ??= event.usage;
        return this.#start(event);
      case 'text-delta':
      case 'refusal-delta':
        return this.#say(event.block, 'text', event.text);
      case 'reasoning-delta':
        return this.#say(event.block, 'thinking', event.text);
      case 'reasoning-signature':
        return '';
      case 'reasoning-redacted':
        return this.#warn(unsigned.field, unsigned.message);
      case 'tool-call-start':
        return this.#startCall(event);
      case 'tool-call-delta':
        return this.#continueCall(event.block, event.arguments);
      case 'block-end':
        return this.#endBlock(event.block);
      case 'opaque':
        return this.#opaque(event);
      case 'finish':
        this.#warnOf(lostFinish(event.reason));
        this.#finish = { reason: event.reason, stopSequence: event.stopSequence };
        return this.#opening() + this.#closeAll();
      case 'usage':
        this.#usage = event.usage;
        return '';
    }
  }

  end(): string {
    if (this.#finish === undefined) throw truncated();
    if (this.#ended) return '';
    this.#ended = true;
    const { reason, stopSequence } = this.#finish;
    return frame('message-end', {
      delta: {
        finish_reason: encodeFinish(reason, { stopSequence }),
        ...(this.#usage !== undefined && { usage: encodeUsage(this.#usage) }),
      },
    });
  }

  #opening(): string {
    return this.#started ? '' : this.#start(undefined);
  }

  #start(event: StartEvent | undefined): string {
    if (this.#started) return '';
    this.#started = true;
    const id = event === undefined || event.id === '' ? newId('chat') : event.id;
    const message = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] };
    return encodeSse(JSON.stringify({ id, type: 'message-start', delta: { message } }), 'message-start');
  }

  #say(block: number, kind: ContentKind, text: string): string {
    if (text === '') return '';
    const open = this.#content;
    const opening = open?.block === block && open.kind === kind ? '' : this.#opening() + this.#closeContent() + this.#open(block, kind);
    return `${opening}${this.#content?.deltaHead ?? ''}${JSON.stringify(text)}}}}}\n\n`;
  }

  #open(block: number, kind: ContentKind): string {
    const index = this.#nextContent;
    this.#nextContent += 1;
    const deltaHead = `event: content-delta\ndata: {"type":"content-delta","index":${index},"delta":{"message":{"content":{"${kind}":`;
    this.#content = { block, kind, index, deltaHead };
    return frame('content-start', { index, delta: { message: { content: { type: kind, [kind]: '' } } } });
  }

  #closeContent(): string {
    const open = this.#content;
    this.#content = undefined;
    return open === undefined ? '' : frame('content-end', { index: open.index });
  }

  #startCall(event: Extract<ChatEvent, { readonly type: 'tool-call-start' }>): string {
    const index = this.#nextCall;
    this.#nextCall += 1;
    const before = this.#opening() + this.#closeContent();
    this.#calls.set(event.block, index);
    const call = { id: event.id, type: 'function', function: { name: event.name, arguments: '' } };
    return before + frame('tool-call-start', { index, delta: { message: { tool_calls: call } } });
  }

  #continueCall(block: number, piece: string): string {
    const index = this.#calls.get(block);
    if (index === undefined) return this.#warn('tool_calls', 'arguments that came after the end of their tool call were left out');
    return frame('tool-call-delta', { index, delta: { message: { tool_calls: { function: { arguments: piece } } } } });
  }

  #endBlock(block: number): string {
    const index = this.#calls.get(block);
    if (index === undefined) return this.#content?.block === block ? this.#closeContent() : '';
    this.#calls.delete(block);
    return frame('tool-call-end', { index });
  }

  #closeAll(): string {
    return this.#closeContent() + [...this.#calls.keys()].map((block) => this.#endBlock(block)).join('');
  }

  #opaque(event: Extract<ChatEvent, { readonly type: 'opaque' }>): string {
    const { wire } = event;
    if (event.dialect !== 'cohere-v2') return this.#warn('content', `content that only ${event.dialect} understands was left out`);
    if (typeof wire.type !== 'string' || !wire.type.startsWith('citation')) return '';
    if (wire.type !== 'citations') return this.#opening() + encodeSse(JSON.stringify(wire), wire.type);
    // A whole answer's citations, replayed as a stream.
    const citations = Array.isArray(wire.citations) ? (wire.citations as readonly JsonObject[]) : [];
    return (
      this.#opening() +
      citations
        .map(
          (citation, index) =>
            frame('citation-start', { index, delta: { message: { citations: citation } } }) + frame('citation-end', { index }),
        )
        .join('')
    );
  }

  #warn(field: string, message: string): '' {
    return this.#warnOf({ field, kind: 'dropped', message });
  }

  #warnOf(warning: Warning | undefined): '' {
    if (warning === undefined || this.#warned.has(warning.message)) return '';
    this.#warned.add(warning.message);
    this.#options.warnings.push(warning);
    return '';
  }
}

function frame(type: string, members: object): string {
  return encodeSse(JSON.stringify({ type, ...members }), type);
}
