// Canonical messages → `input` items for an upstream. A turn of the assistant falls into its reasoning, text and calls, in order.
import type { ChatRequest, MediaSource, Message, Part } from '../../canonical/chat.ts';
import { asString, isObject, type JsonObject, tryParseJson } from '../../core/json.ts';
import type { PartWarnings } from '../openai-chat/encode-parts.ts';
import type { ToolNames } from '../openai-chat/tool-names.ts';
import { encodeReplay } from './reasoning.ts';

export interface ItemContext {
  readonly names: ToolNames;
  readonly warnings: PartWarnings;
  /** Role of system messages at this model. */
  readonly systemRole: 'system' | 'developer';
  /** Names of the tools that take free text. */
  readonly freeText: ReadonlySet<string>;
}

/** The vendor refuses longer call ids; other providers make them up at any length. */
const maxCallIdLength = 64;

export function encodeInput(request: ChatRequest, context: ItemContext): JsonObject[] {
  return new InputWriter(context).write(request.messages);
}

class InputWriter {
  readonly #context: ItemContext;
  readonly #items: JsonObject[] = [];
  readonly #shortIds = new Map<string, string>();
  /** Ids of calls to free-text tools: their results are items of another type. */
  readonly #freeTextCalls = new Set<string>();

  constructor(context: ItemContext) {
    this.#context = context;
  }

  write(messages: readonly Message[]): JsonObject[] {
    for (const message of messages) {
      if (message.name !== undefined) this.#context.warnings.dropped('messages[].name', 'this API has no participant names');
      if (message.role === 'assistant') this.#assistant(message.parts);
      else this.#other(message);
    }
    return this.#items;
  }

  #other(message: Message): void {
    const role = message.role === 'system' ? this.#context.systemRole : 'user';
    let content: JsonObject[] = [];
    const flush = (): void => {
      if (content.length > 0) this.#items.push({ type: 'message', role, content });
      content = [];
    };
    for (const part of message.parts) {
      if (part.type === 'tool-result') {
        flush();
        this.#result(part);
      } else if (part.type === 'opaque' && part.dialect === 'openai-responses' && !isContentPart(part.wire)) {
        flush();
        this.#items.push(part.wire);
      } else {
        const wire = this.#contentPart(part);
        if (wire !== undefined) content.push(wire);
      }
    }
    flush();
  }

  #assistant(parts: readonly Part[]): void {
    let content: JsonObject[] = [];
    const flush = (): void => {
      if (content.length > 0) this.#items.push({ type: 'message', role: 'assistant', content });
      content = [];
    };
    for (const part of parts) {
      if (part.type === 'text') {
        if (part.text !== '') content.push({ type: 'output_text', text: part.text, annotations: [] });
      } else if (part.type === 'refusal') {
        content.push({ type: 'refusal', refusal: part.text });
      } else if (part.type === 'opaque' && part.dialect === 'openai-responses' && isContentPart(part.wire)) {
        content.push(part.wire);
      } else {
        flush();
        this.#assistantItem(part);
      }
    }
    flush();
  }

  #assistantItem(part: Part): void {
    const { warnings } = this.#context;
    switch (part.type) {
      case 'reasoning': {
        const item = encodeReplay(part);
        if (item === undefined) warnings.dropped('messages[].reasoning', 'reasoning of another provider cannot be replayed to this one');
        else this.#items.push(item);
        return;
      }
      case 'tool-call':
        this.#call(part);
        return;
      case 'opaque':
        if (part.dialect === 'openai-responses') this.#items.push(part.wire);
        else this.#dropOpaque(part.wire);
        return;
      default:
        warnings.dropped('messages[].content', `${part.type} in a turn of the assistant was left out`);
    }
  }

  #call(part: Extract<Part, { readonly type: 'tool-call' }>): void {
    const callId = this.#callId(part.id);
    const name = this.#context.names.toWire(part.name);
    if (this.#context.freeText.has(part.name)) {
      this.#freeTextCalls.add(part.id);
      this.#items.push({ type: 'custom_tool_call', call_id: callId, name, input: freeTextOf(part.arguments) });
      return;
    }
    this.#items.push({ type: 'function_call', call_id: callId, name, arguments: part.arguments === '' ? '{}' : part.arguments });
  }

  #result(part: Extract<Part, { readonly type: 'tool-result' }>): void {
    const wires = part.parts.map((inner) => this.#contentPart(inner)).filter((wire) => wire !== undefined);
    const texts = wires.every((wire) => wire.type === 'input_text');
    const text = texts ? wires.map((wire) => asString(wire.text) ?? '').join('\n') : '';
    const failed = part.isError === true;
    this.#items.push({
      type: this.#freeTextCalls.has(part.callId) ? 'custom_tool_call_output' : 'function_call_output',
      call_id: this.#callId(part.callId),
      output: texts ? (failed ? `Error: ${text}` : text) : [...(failed ? [{ type: 'input_text', text: 'Error:' }] : []), ...wires],
    });
  }

  #contentPart(part: Part): JsonObject | undefined {
    const { warnings } = this.#context;
    switch (part.type) {
      case 'text':
      case 'refusal':
        return part.text === '' ? undefined : { type: 'input_text', text: part.text };
      case 'image':
        return { type: 'input_image', ...imageSource(part.source), detail: part.detail ?? 'auto' };
      case 'file':
        return encodeFile(part);
      case 'audio':
        if (part.source.kind === 'base64') {
          const subtype = part.source.mediaType.replace(/^audio\//, '');
          return { type: 'input_audio', input_audio: { data: part.source.data, format: subtype === 'mpeg' ? 'mp3' : subtype } };
        }
        warnings.dropped('messages', 'audio must be sent as data to this provider');
        return undefined;
      case 'opaque':
        if (part.dialect === 'openai-responses') return part.wire;
        this.#dropOpaque(part.wire);
        return undefined;
      default:
        warnings.dropped('messages[].content', `${part.type} in a message of the user was left out`);
        return undefined;
    }
  }

  #dropOpaque(wire: JsonObject): void {
    const kind = asString(wire.type) ?? 'unknown';
    this.#context.warnings.dropped(`messages.content.${kind}`, `this provider has no ${kind} block`);
  }

  #callId(id: string): string {
    if (id.length <= maxCallIdLength) return id;
    let short = this.#shortIds.get(id);
    if (short === undefined) {
      short = `call_${this.#shortIds.size}_${id.slice(-40)}`;
      this.#shortIds.set(id, short);
    }
    return short;
  }
}

/** Parts of a message, as opposed to items beside messages. */
function isContentPart(wire: JsonObject): boolean {
  return /^(input|output)_/.test(asString(wire.type) ?? '');
}

function imageSource(source: MediaSource): JsonObject {
  if (source.kind === 'file-id') return { file_id: source.id };
  return { image_url: source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}` };
}

function encodeFile({ source, filename }: Extract<Part, { readonly type: 'file' }>): JsonObject {
  if (source.kind === 'file-id') return { type: 'input_file', file_id: source.id };
  if (source.kind === 'url') return { type: 'input_file', file_url: source.url };
  // A text document is as good as text; of files the API takes PDF for certain.
  if (source.mediaType.startsWith('text/')) {
    const title = filename === undefined ? '' : `${filename}:\n`;
    return { type: 'input_text', text: title + Buffer.from(source.data, 'base64').toString('utf8') };
  }
  return {
    type: 'input_file',
    filename: filename ?? 'document.pdf',
    file_data: `data:${source.mediaType};base64,${source.data}`,
  };
}

/** The text inside `{"input": …}`; arguments of any other form are the text themselves. */
export function freeTextOf(args: string): string {
  const value = tryParseJson(args);
  return isObject(value) && typeof value.input === 'string' ? value.input : args;
}
