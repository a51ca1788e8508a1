// Events → the vendor's stream grammar: response.created, items added and done one after the other with their parts, and exactly one
// terminal event; each with its `sequence_number`. Codex and the SDKs' stream helpers depend on every one of them.
import type { ChatEvent, FinishReason } from '../../canonical/chat.ts';
import type { Usage } from '../../canonical/usage.ts';
import { systemClock } from '../../core/clock.ts';
import type { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { encodeSse } from '../../framing/sse.ts';
import type { EventEncoder, EventEncoderOptions } from '../dialect.ts';
import { createEnvelope, freeTextTools } from './envelope.ts';
import { encodeErrorFrame, encodeFailure, truncated } from './errors.ts';
import { encodeFinish } from './finish.ts';
import { CallWriter, type ItemStatus, type ItemWriter, MessageWriter, ReasoningWriter, type Say } from './item-writer.ts';
import { encodeUsage, estimateUsage } from './usage.ts';

export function createEventEncoder(options: EventEncoderOptions): EventEncoder {
  return new ResponseWriter(options);
}

class ResponseWriter implements EventEncoder {
  readonly #options: EventEncoderOptions;
  readonly #freeText: ReadonlySet<string>;
  readonly #warned = new Set<string>();
  #envelope: JsonObject | undefined;
  #sequence = 0;
  #text = '';
  /** Items by output index; undefined while an item is open. */
  readonly #output: (JsonObject | undefined)[] = [];
  /** The message or reasoning that grows; calls may grow side by side. */
  #current: MessageWriter | ReasoningWriter | undefined;
  readonly #calls = new Map<number, CallWriter>();
  #refused = false;
  #finish: FinishReason | undefined;
  #usage: Usage | undefined;

  constructor(options: EventEncoderOptions) {
    this.#options = options;
    this.#freeText = freeTextTools(options.callerBody);
  }

  push(event: ChatEvent): string {
    if ('choice' in event && event.choice !== undefined && event.choice !== 0)
      this.#warn('n', 'this API has one answer; the others were left out');
    else this.#write(event);
    return this.#take();
  }

  end(): string {
    if (this.#finish === undefined) throw truncated();
    this.#closeAll('completed');
    const { status, reason } = encodeFinish(this.#finish, { refusal: this.#refused });
    const response = {
      ...this.#opened(),
      status,
      completed_at: status === 'completed' ? Math.floor(systemClock.wallMs() / 1_000) : null,
      incomplete_details: reason === undefined ? null : { reason },
      output: this.#finished(),
      usage: encodeUsage(this.#usage ?? estimateUsage(this.#options.callerBody, this.#finished())),
    };
    this.#say(`response.${status}`, { response });
    return this.#take();
  }

  encodeFailure(error: GatewayError, requestId: string): string {
    if (this.#envelope === undefined) return encodeErrorFrame(error, requestId);
    return encodeFailure(error, { requestId, sequence: this.#sequence, response: { ...this.#envelope, output: this.#finished() } });
  }

  #write(event: ChatEvent): void {
    switch (event.type) {
      case 'start':
        this.#start(event.model, event.created);
        return;
      case 'text-delta':
        this.#message(event.block, 'output_text').add(event.text);
        return;
      case 'refusal-delta':
        this.#refused = true;
        this.#message(event.block, 'refusal').add(event.text);
        return;
      case 'reasoning-delta':
        this.#reasoning(event.block).add(event.text);
        return;
      case 'reasoning-signature':
        this.#reasoning(event.block).prove({ signature: event.signature });
        return;
      case 'reasoning-redacted':
        this.#reasoning(event.block).prove({ redacted: event.data });
        return;
      case 'tool-call-start':
        this.#closeCurrent('completed');
        this.#calls.set(event.block, new CallWriter({ ...event, freeText: this.#freeText.has(event.name) }, this.#addItem(), this.#saying));
        return;
      case 'tool-call-delta':
        this.#calls.get(event.block)?.add(event.arguments);
        return;
      case 'block-end':
        this.#blockEnd(event.block);
        return;
      case 'opaque':
        this.#opaque(event);
        return;
      case 'finish':
        this.#finish ??= event.reason;
        this.#closeAll(event.reason === 'length' ? 'incomplete' : 'completed');
        return;
      case 'usage':
        this.#usage = event.usage;
    }
  }

  #start(model: string, created: number): void {
    if (this.#envelope !== undefined) return;
    const name = model === '' ? this.#options.model : model;
    this.#envelope = createEnvelope({ model: name, created, callerBody: this.#options.callerBody });
    // The same long object twice: written once.
    const response = JSON.stringify(this.#envelope);
    for (const type of ['response.created', 'response.in_progress']) {
      this.#text += encodeSse(`{"type":"${type}","response":${response},"sequence_number":${this.#sequence}}`, type);
      this.#sequence += 1;
    }
  }

  #opened(): JsonObject {
    if (this.#envelope === undefined) this.#start('', 0);
    return this.#envelope as unknown as JsonObject;
  }

  readonly #say: Say = (type, fields) => {
    this.#text += encodeSse(JSON.stringify({ type, ...fields, sequence_number: this.#sequence }), type);
    this.#sequence += 1;
  };

  readonly #saying = {
    say: this.#say,
    /** `head` ends where the delta's text begins. */
    delta: (head: string, text: string, tail: string): void => {
      this.#text += `${head}${JSON.stringify(text)}${tail},"sequence_number":${this.#sequence}}\n\n`;
      this.#sequence += 1;
    },
  };

  #take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** The index of a new item. */
  #addItem(): number {
    this.#opened();
    return this.#output.push(undefined) - 1;
  }

  /** Text blocks in a row are the parts of one message. */
  #message(block: number, kind: 'output_text' | 'refusal'): MessageWriter {
    if (!(this.#current instanceof MessageWriter)) {
      this.#closeCurrent('completed');
      this.#current = new MessageWriter(this.#addItem(), this.#saying);
    }
    this.#current.enter(block, kind);
    return this.#current;
  }

  #reasoning(block: number): ReasoningWriter {
    if (!(this.#current instanceof ReasoningWriter && this.#current.block === block)) {
      this.#closeCurrent('completed');
      this.#current = new ReasoningWriter(block, this.#addItem(), this.#saying);
    }
    return this.#current as ReasoningWriter;
  }

  #blockEnd(block: number): void {
    const call = this.#calls.get(block);
    if (call !== undefined) {
      this.#calls.delete(block);
      this.#close(call, 'completed');
    } else if (this.#current instanceof ReasoningWriter && this.#current.block === block) {
      this.#closeCurrent('completed');
    } else if (this.#current instanceof MessageWriter) {
      this.#current.leave();
    }
  }

  #closeCurrent(status: ItemStatus): void {
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined) this.#close(current, status);
  }

  #close(writer: ItemWriter, status: ItemStatus): void {
    this.#output[writer.index] = writer.close(status);
  }

  #closeAll(status: ItemStatus): void {
    this.#closeCurrent(status);
    for (const call of this.#calls.values()) this.#close(call, status);
    this.#calls.clear();
  }

  #opaque({ dialect, wire }: Extract<ChatEvent, { readonly type: 'opaque' }>): void {
    if (dialect !== 'openai-responses') {
      const kind = typeof wire.type === 'string' ? wire.type : 'block';
      this.#warn(`content.${kind}`, `this API cannot show a ${kind} block`);
      return;
    }
    this.#closeCurrent('completed');
    const index = this.#addItem();
    this.#say('response.output_item.added', { output_index: index, item: wire });
    this.#say('response.output_item.done', { output_index: index, item: wire });
    this.#output[index] = wire;
  }

  #finished(): JsonObject[] {
    return this.#output.filter((item) => item !== undefined);
  }

  #warn(field: string, message: string): void {
    if (this.#warned.has(field)) return;
    this.#warned.add(field);
    this.#options.warnings.push({ field, kind: 'dropped', message });
  }
}
