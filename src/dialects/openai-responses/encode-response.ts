// Canonical answer → the response object that the vendor's SDKs read.
import type { ChatResponse, Choice, Part } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { systemClock } from '../../core/clock.ts';
import { newId } from '../../core/ids.ts';
import type { JsonObject, JsonValue, MutableJson } from '../../core/json.ts';
import { freeTextOf } from './encode-items.ts';
import { createEnvelope, freeTextTools } from './envelope.ts';
import { encodeFinish } from './finish.ts';
import { encodeProof, encodeSummary } from './reasoning.ts';
import { encodeUsage, estimateUsage } from './usage.ts';

export function encodeResponse(response: ChatResponse, warnings: Warning[], callerBody?: JsonObject): JsonObject {
  const choice: Choice = response.choices[0] ?? { index: 0, parts: [], finish: 'stop' };
  if (response.choices.length > 1)
    warnings.push({ field: 'n', kind: 'dropped', message: 'this API has one answer; the others were left out' });
  const { status, reason } = encodeFinish(choice.finish, { refusal: choice.parts.some((part) => part.type === 'refusal') });
  const writer = new OutputWriter(freeTextTools(callerBody), warnings);
  for (const part of choice.parts) writer.add(part);
  const output = writer.finish(choice.annotations ?? []) as JsonObject[];
  if (response.usage === undefined) {
    warnings.push({ field: 'usage', kind: 'emulated', message: 'estimated from the size of the text, the provider gave none' });
  }
  return {
    ...createEnvelope({ model: response.model, created: response.created, callerBody }),
    status,
    completed_at: status === 'completed' ? Math.floor(systemClock.wallMs() / 1_000) : null,
    incomplete_details: reason === undefined ? null : { reason },
    output,
    usage: encodeUsage(response.usage ?? estimateUsage(callerBody, output)),
  };
}

class OutputWriter {
  readonly #freeText: ReadonlySet<string>;
  readonly #warnings: Warning[];
  readonly #output: MutableJson[] = [];
  /** Content of the message that text may still be added to. */
  #content: MutableJson[] | undefined;

  constructor(freeText: ReadonlySet<string>, warnings: Warning[]) {
    this.#freeText = freeText;
    this.#warnings = warnings;
  }

  add(part: Part): void {
    switch (part.type) {
      case 'text':
        this.#addContent({ type: 'output_text', annotations: [], logprobs: [], text: part.text });
        return;
      case 'refusal':
        this.#addContent({ type: 'refusal', refusal: part.text });
        return;
      case 'reasoning': {
        const { id, encrypted } = encodeProof(part);
        this.#addItem({
          id,
          type: 'reasoning',
          summary: encodeSummary(part.text),
          ...(encrypted !== undefined && { encrypted_content: encrypted }),
          status: 'completed',
        });
        return;
      }
      case 'tool-call':
        this.#addItem(encodeCall(part, this.#freeText));
        return;
      case 'opaque':
        if (part.dialect === 'openai-responses') this.#addItem({ ...part.wire });
        else this.#drop(part.wire);
        return;
      default:
        this.#warnings.push({ field: 'content', kind: 'dropped', message: `${part.type} output has no form in this API` });
    }
  }

  /** Annotations belong to the answer's last text. */
  finish(annotations: readonly JsonValue[]): MutableJson[] {
    if (annotations.length > 0) {
      const texts = this.#output.flatMap((item) => (Array.isArray(item.content) ? (item.content as MutableJson[]) : []));
      const last = texts.findLast((part) => part.type === 'output_text');
      if (last !== undefined) last.annotations = annotations.map(flatAnnotation);
    }
    return this.#output;
  }

  #addItem(item: MutableJson): void {
    this.#content = undefined;
    this.#output.push(item);
  }

  #addContent(part: MutableJson): void {
    if (this.#content === undefined) {
      this.#content = [];
      this.#output.push({ id: newId('msg'), type: 'message', status: 'completed', role: 'assistant', content: this.#content });
    }
    this.#content.push(part);
  }

  #drop(wire: JsonObject): void {
    const kind = typeof wire.type === 'string' ? wire.type : 'block';
    this.#warnings.push({ field: `content.${kind}`, kind: 'dropped', message: `this API cannot show a ${kind} block` });
  }
}

export function encodeCall(
  call: { readonly id: string; readonly name: string; readonly arguments: string },
  freeText: ReadonlySet<string>,
): MutableJson {
  if (freeText.has(call.name)) {
    return {
      id: newId('ctc'),
      type: 'custom_tool_call',
      status: 'completed',
      call_id: call.id,
      name: call.name,
      input: freeTextOf(call.arguments),
    };
  }
  return { id: newId('fc'), type: 'function_call', status: 'completed', arguments: call.arguments, call_id: call.id, name: call.name };
}

/** Chat nests a citation under its type; here it stands beside it. */
function flatAnnotation(annotation: JsonValue): JsonValue {
  if (typeof annotation !== 'object' || annotation === null || Array.isArray(annotation)) return annotation;
  const { type, url_citation: nested } = annotation as JsonObject;
  return typeof nested === 'object' && nested !== null ? { type: type ?? 'url_citation', ...(nested as JsonObject) } : annotation;
}
