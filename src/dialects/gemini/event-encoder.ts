// Events → the vendor's stream: each frame an answer object with what is new, calls whole, the finish reason and the counts in the last.
import type { ChatEvent, DialectId, FinishReason, Part } from '../../canonical/chat.ts';
import type { Usage } from '../../canonical/usage.ts';
import { newId } from '../../core/ids.ts';
import type { MutableJson } from '../../core/json.ts';
import { encodeSse } from '../../framing/sse.ts';
import type { EventEncoder, EventEncoderOptions } from '../dialect.ts';
import { proofOrigin } from '../reasoning-proof.ts';
import { encodeAnswerPart } from './answer-part.ts';
import { truncated } from './errors.ts';
import { encodeFinish } from './finish.ts';
import { encodeUsage } from './usage.ts';

export function createEventEncoder(options: EventEncoderOptions): EventEncoder {
  return createFrameEncoder(options, { frame: encodeSse, last: '' });
}

/** How objects are cut apart on the wire: server-sent events, or members of one list. */
export interface FrameWriter {
  /** One object's text → its bytes on the wire. */
  readonly frame: (json: string) => string;
  /** Stands after the last object. */
  readonly last: string;
}

export function createFrameEncoder(options: EventEncoderOptions, writer: FrameWriter): EventEncoder {
  return new AnswerWriter(options, writer);
}

interface OpenCall {
  readonly id: string;
  readonly name: string;
  readonly signature: string | undefined;
  readonly choice: number;
  arguments: string;
}

class AnswerWriter implements EventEncoder {
  readonly #options: EventEncoderOptions;
  readonly #writer: FrameWriter;
  readonly #calls = new Map<number, OpenCall>();
  readonly #finishes = new Map<number, FinishReason>();
  #id: string | undefined;
  #model: string;
  #usage: Usage | undefined;

  constructor(options: EventEncoderOptions, writer: FrameWriter) {
    this.#options = options;
    this.#writer = writer;
    this.#model = options.model;
  }

  push(event: ChatEvent): string {
    switch (event.type) {
      case 'start':
        if (event.id !== '') this.#id ??= event.id;
        if (event.model !== '') this.#model = event.model;
        this.#usage ??= event.usage;
        return '';
      case 'usage':
        this.#usage = event.usage;
        return '';
      case 'finish':
        this.#finishes.set(event.choice ?? 0, event.reason);
        return this.#flushCalls();
      case 'refusal-delta':
        return this.#part({ type: 'text', text: event.text }, event.choice);
      case 'text-delta':
        return this.#part({ type: 'text', text: event.text, ...signatureOf(event) }, event.choice);
      case 'reasoning-delta':
        return this.#part({ type: 'reasoning', text: event.text, origin: 'gemini', ...signatureOf(event) }, event.choice, { blank: false });
      case 'reasoning-redacted':
        return this.#part({ type: 'reasoning', text: '', redacted: event.data, ...originOf(event.data) }, event.choice);
      case 'reasoning-signature':
        // Another vendor's proof; the text before it has been shown.
        return '';
      case 'opaque':
        return this.#part(event, undefined);
      case 'tool-call-start':
        this.#calls.set(event.block, {
          id: event.id,
          name: event.name,
          signature: event.signature,
          choice: event.choice ?? 0,
          arguments: '',
        });
        return '';
      case 'tool-call-delta': {
        const call = this.#calls.get(event.block);
        if (call !== undefined) call.arguments += event.arguments;
        return '';
      }
      case 'block-end':
        return this.#flushCall(event.block);
    }
  }

  end(): string {
    if (this.#finishes.size === 0) throw truncated();
    const candidates = [...this.#finishes].map(([index, finish]) => ({
      // SDKs join the texts of all frames, so the last has one too.
      content: { parts: [{ text: '' }], role: 'model' },
      finishReason: encodeFinish(finish),
      index,
    }));
    const counts = this.#usage === undefined ? {} : { usageMetadata: encodeUsage(this.#usage) };
    return this.#flushCalls() + this.#frame({ candidates, ...counts }) + this.#writer.last;
  }

  #part(part: Part, choice: number | undefined, { blank }: { readonly blank: boolean } = { blank: true }): string {
    if (!blank && part.type === 'reasoning' && part.text === '' && part.signature === undefined) return '';
    const side: MutableJson = {};
    const wire = encodeAnswerPart(part, side, this.#options.warnings);
    if (wire === undefined && Object.keys(side).length === 0) return '';
    const content = { parts: wire === undefined ? [] : [wire], role: 'model' };
    return this.#frame({ candidates: [{ content, index: choice ?? 0, ...side }] });
  }

  #flushCall(block: number): string {
    const call = this.#calls.get(block);
    if (call === undefined) return '';
    this.#calls.delete(block);
    return this.#part({ type: 'tool-call', id: call.id, name: call.name, arguments: call.arguments, ...signatureOf(call) }, call.choice);
  }

  #flushCalls(): string {
    return [...this.#calls.keys()].map((block) => this.#flushCall(block)).join('');
  }

  #frame(body: MutableJson): string {
    this.#id ??= newId('resp');
    return this.#writer.frame(JSON.stringify({ ...body, modelVersion: this.#model, responseId: this.#id }));
  }
}

function originOf(proof: string): { readonly origin?: DialectId } {
  const origin = proofOrigin(proof);
  return origin === undefined ? {} : { origin };
}

function signatureOf(from: { readonly signature?: string | undefined }): { readonly signature?: string } {
  return from.signature === undefined ? {} : { signature: from.signature };
}
