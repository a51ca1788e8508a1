// The events of a stream → the whole answer they tell: the other direction of replay.ts.
import type { ChatEvent, ChatResponse, Choice, FinishReason, Part } from './chat.ts';
import type { Usage } from './usage.ts';

type Building = { -readonly [Key in keyof Choice]: Choice[Key] } & { readonly blocks: Map<number, Part>; parts: readonly Part[] };

export class AnswerCollector {
  private readonly choices = new Map<number, Building>();
  private opaque = 0;
  private id = '';
  private model = '';
  private created = 0;
  private usage: Usage | undefined;
  private finished = false;

  note(event: ChatEvent): void {
    switch (event.type) {
      case 'start':
        this.id = event.id;
        this.model = event.model;
        this.created = event.created;
        if (event.usage !== undefined) this.usage = event.usage;
        return;
      case 'usage':
        this.usage = event.usage;
        return;
      case 'finish': {
        const choice = this.choiceOf(event);
        choice.finish = event.reason;
        if (event.stopSequence !== undefined) choice.stopSequence = event.stopSequence;
        this.finished = true;
        return;
      }
      case 'opaque':
        this.opaque += 1;
        this.choiceOf({}).blocks.set(-this.opaque, { type: 'opaque', dialect: event.dialect, wire: event.wire });
        return;
      case 'block-end':
        return;
      default:
        this.append(event);
    }
  }

  /** Undefined when no finish reason was told: half an answer is none. */
  response(): ChatResponse | undefined {
    if (!this.finished) return undefined;
    const choices = [...this.choices.values()]
      .sort((one, other) => one.index - other.index)
      .map(({ blocks, ...choice }): Choice => ({ ...choice, parts: [...blocks.values()] }));
    return { id: this.id, model: this.model, created: this.created, choices, ...(this.usage !== undefined && { usage: this.usage }) };
  }

  private append(event: Exclude<ChatEvent, { type: 'start' | 'usage' | 'finish' | 'opaque' | 'block-end' }>): void {
    const { blocks } = this.choiceOf(event);
    const known = blocks.get(event.block);
    switch (event.type) {
      case 'text-delta':
        blocks.set(event.block, {
          ...(known?.type === 'text' ? known : { type: 'text' as const, text: '' }),
          text: textOf(known) + event.text,
        });
        return;
      case 'refusal-delta':
        blocks.set(event.block, { type: 'refusal', text: textOf(known) + event.text });
        return;
      case 'reasoning-delta':
        blocks.set(event.block, { ...reasoning(known), text: textOf(known) + event.text });
        return;
      case 'reasoning-signature':
        blocks.set(event.block, { ...reasoning(known), signature: event.signature });
        return;
      case 'reasoning-redacted':
        blocks.set(event.block, { ...reasoning(known), redacted: event.data });
        return;
      case 'tool-call-start':
        blocks.set(event.block, { type: 'tool-call', id: event.id, name: event.name, arguments: '' });
        return;
      case 'tool-call-delta':
        if (known?.type === 'tool-call') blocks.set(event.block, { ...known, arguments: known.arguments + event.arguments });
    }
  }

  private choiceOf(event: { readonly choice?: number }): Building {
    const index = event.choice ?? 0;
    let choice = this.choices.get(index);
    if (choice === undefined) {
      choice = { index, parts: [], finish: 'stop' satisfies FinishReason, blocks: new Map() };
      this.choices.set(index, choice);
    }
    return choice;
  }
}

function textOf(part: Part | undefined): string {
  return part !== undefined && 'text' in part ? part.text : '';
}

function reasoning(part: Part | undefined): Extract<Part, { type: 'reasoning' }> {
  return part?.type === 'reasoning' ? part : { type: 'reasoning', text: '' };
}
