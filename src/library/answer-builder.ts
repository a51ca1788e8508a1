// Events or parts of an answer → text, thinking, tool calls and the message to go on with.
import type { ChatEvent, ChatResponse, FinishReason, Part } from '../canonical/chat.ts';
import type { ChatMessage, Content, MessageToolCall } from './request.ts';

/** What a stream may tell a program at once; a tool call only when its arguments are complete. */
export type Told =
  | { readonly type: 'text' | 'reasoning'; readonly text: string }
  | { readonly type: 'tool-call'; readonly call: RawToolCall };

export interface RawToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

interface OpenBlock {
  readonly type: 'text' | 'reasoning' | 'refusal' | 'tool-call';
  text: string;
  id?: string;
  name?: string;
  signature?: string;
  redacted?: string;
  ended: boolean;
}

export class AnswerBuilder {
  private readonly blocks = new Map<number, OpenBlock>();
  finish: FinishReason | undefined;

  static of(response: ChatResponse): AnswerBuilder {
    const builder = new AnswerBuilder();
    const [choice] = response.choices;
    (choice?.parts ?? []).forEach((part, index) => builder.add(part, index));
    builder.finish = choice?.finish;
    return builder;
  }

  note(event: ChatEvent): Told | undefined {
    // One answer is asked for; more would come from a provider that ignores it.
    if ('choice' in event && (event.choice ?? 0) !== 0) return undefined;
    switch (event.type) {
      case 'text-delta':
        return this.append(event.block, 'text', event.text);
      case 'refusal-delta':
        this.append(event.block, 'refusal', event.text);
        return { type: 'text', text: event.text };
      case 'reasoning-delta':
        return this.append(event.block, 'reasoning', event.text);
      case 'reasoning-signature':
        this.open(event.block, 'reasoning').signature = event.signature;
        return undefined;
      case 'reasoning-redacted':
        this.open(event.block, 'reasoning').redacted = event.data;
        return undefined;
      case 'tool-call-start':
        Object.assign(this.open(event.block, 'tool-call'), { id: event.id, name: event.name });
        return undefined;
      case 'tool-call-delta':
        this.open(event.block, 'tool-call').text += event.arguments;
        return undefined;
      case 'block-end':
        return this.end(event.block);
      case 'finish':
        this.finish = event.reason;
        return undefined;
      case 'start':
      case 'usage':
      case 'opaque':
        return undefined;
    }
  }

  get text(): string {
    return this.textOf('text') + this.textOf('refusal');
  }

  get reasoning(): string {
    return this.textOf('reasoning');
  }

  toolCalls(): readonly RawToolCall[] {
    return [...this.blocks.values()].filter((block) => block.type === 'tool-call').map(toCall);
  }

  /** Calls whose end no event has told. */
  openCalls(): readonly RawToolCall[] {
    const open = [...this.blocks.values()].filter((block) => block.type === 'tool-call' && !block.ended);
    for (const block of open) block.ended = true;
    return open.map(toCall);
  }

  message(): ChatMessage {
    const content: Content[] = [];
    for (const block of this.blocks.values()) {
      if (block.type === 'reasoning') {
        content.push({
          type: 'reasoning',
          text: block.text,
          ...(block.signature !== undefined && { signature: block.signature }),
          ...(block.redacted !== undefined && { redacted: block.redacted }),
        });
      } else if (block.type !== 'tool-call' && block.text !== '') content.push({ type: 'text', text: block.text });
    }
    const toolCalls: readonly MessageToolCall[] = this.toolCalls();
    const onlyText = content.every((part) => part.type === 'text');
    return {
      role: 'assistant',
      content: onlyText ? this.text : content,
      ...(toolCalls.length > 0 && { toolCalls }),
    };
  }

  private add(part: Part, index: number): void {
    switch (part.type) {
      case 'text':
      case 'refusal':
        this.append(index, part.type, part.text);
        break;
      case 'reasoning': {
        const block = this.open(index, 'reasoning');
        block.text = part.text;
        if (part.signature !== undefined) block.signature = part.signature;
        if (part.redacted !== undefined) block.redacted = part.redacted;
        break;
      }
      case 'tool-call':
        Object.assign(this.open(index, 'tool-call'), { id: part.id, name: part.name, text: part.arguments });
        break;
      case 'image':
      case 'file':
      case 'audio':
      case 'tool-result':
      case 'opaque':
        break;
    }
  }

  private append(index: number, type: 'text' | 'reasoning' | 'refusal', text: string): Told | undefined {
    this.open(index, type).text += text;
    return text === '' || type === 'refusal' ? undefined : { type, text };
  }

  private open(index: number, type: OpenBlock['type']): OpenBlock {
    let block = this.blocks.get(index);
    if (block === undefined) {
      block = { type, text: '', ended: false };
      this.blocks.set(index, block);
    }
    return block;
  }

  private end(index: number): Told | undefined {
    const block = this.blocks.get(index);
    if (block === undefined || block.ended) return undefined;
    block.ended = true;
    return block.type === 'tool-call' ? { type: 'tool-call', call: toCall(block) } : undefined;
  }

  private textOf(type: OpenBlock['type']): string {
    let text = '';
    for (const block of this.blocks.values()) if (block.type === type) text += block.text;
    return text;
  }
}

function toCall(block: OpenBlock): RawToolCall {
  return { id: block.id ?? '', name: block.name ?? '', arguments: block.text };
}
