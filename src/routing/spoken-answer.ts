// One answer to one client, by as many upstreams as it takes: what has been said so far, and how the next one goes on with it
// through the same encoder. The client sees one message with one beginning and one end, and every piece of text once.
import type { ChatEvent } from '../canonical/chat.ts';
import { joinedUsage } from '../canonical/joined-usage.ts';
import type { Usage } from '../canonical/usage.ts';
import type { Warning } from '../canonical/warning.ts';
import type { EventEncoder } from '../dialects/dialect.ts';
import { createSpaceStripper, type SpaceStripper } from './repeated-space.ts';

/** How the next part differs from what its upstream says. */
export interface NextPart {
  /** White space at the end of what was said, which its upstream was not told of. */
  readonly space: string;
  /** What the answer used before. */
  readonly begun: Usage;
  /** Collects what of this part cannot be said within the answer. */
  readonly warnings: Warning[];
}

export class SpokenAnswer {
  private readonly encoder: EventEncoder;
  private said = '';
  /** Something was said that no prefill can repeat, or the answer is over. */
  private isClosed = false;
  /** Reasoning came last: text would go on with an unfinished thought. */
  private isThinking = false;
  private textBlock: number | undefined;
  private lastBlock = -1;

  constructor(encoder: EventEncoder) {
    this.encoder = encoder;
  }

  /** The text so far, where that is all there is to know for going on; undefined = the answer cannot be gone on with. */
  get text(): string | undefined {
    return this.isClosed || this.isThinking || !this.said.isWellFormed() ? undefined : this.said;
  }

  /** For the upstream that begins. */
  begin(): EventEncoder {
    return this.withFailure({
      push: (event) => this.say(event),
      end: () => {
        this.isClosed = true;
        return this.encoder.end();
      },
    });
  }

  /** For an upstream that goes on. */
  goOn(part: NextPart): EventEncoder {
    const next = new Continuer(part, { text: this.textBlock, last: this.lastBlock });
    return this.withFailure({
      push: (event) => this.sayAll(next.push(event)),
      end: () => {
        const last = this.sayAll(next.end());
        this.isClosed = true;
        return last + this.encoder.end();
      },
    });
  }

  private withFailure(encoder: EventEncoder): EventEncoder {
    const inner = this.encoder;
    if (inner.encodeFailure === undefined) return encoder;
    return { ...encoder, encodeFailure: (error, requestId) => inner.encodeFailure?.(error, requestId) ?? '' };
  }

  private sayAll(events: readonly ChatEvent[]): string {
    let wire = '';
    for (const event of events) wire += this.say(event);
    return wire;
  }

  private say(event: ChatEvent): string {
    this.note(event);
    return this.encoder.push(event);
  }

  private note(event: ChatEvent): void {
    if ('block' in event) this.lastBlock = Math.max(this.lastBlock, event.block);
    switch (event.type) {
      case 'text-delta':
        if ((event.choice ?? 0) !== 0) this.isClosed = true;
        if (event.text === '') return;
        this.said += event.text;
        this.isThinking = false;
        this.textBlock = event.block;
        return;
      case 'block-end':
        if (event.block === this.textBlock) this.textBlock = undefined;
        return;
      case 'reasoning-delta':
      case 'reasoning-signature':
      case 'reasoning-redacted':
        this.isThinking = true;
        return;
      case 'start':
      case 'usage':
        return;
      default:
        this.isClosed = true;
    }
  }
}

/** What an upstream that goes on says, as the rest of an answer. */
class Continuer {
  private readonly part: NextPart;
  private readonly stripper: SpaceStripper;
  /** Block number of its own → in the answer. */
  private readonly blocks = new Map<number, number>();
  private openText: number | undefined;
  private nextBlock: number;
  /** Said when it has ended well: until then another may have to go on in its place. */
  private readonly closing: ChatEvent[] = [];
  private hasWarned = false;

  constructor(part: NextPart, blocks: { readonly text: number | undefined; readonly last: number }) {
    this.part = part;
    this.stripper = createSpaceStripper(part.space);
    this.openText = blocks.text;
    this.nextBlock = blocks.last + 1;
  }

  push(event: ChatEvent): readonly ChatEvent[] {
    switch (event.type) {
      // The answer has begun, and its thinking was done before its first word.
      case 'start':
      case 'reasoning-delta':
      case 'reasoning-signature':
      case 'reasoning-redacted':
        return nothing;
      case 'text-delta':
        return this.text(event);
      case 'refusal-delta':
      case 'tool-call-start':
      case 'tool-call-delta':
        return [{ ...event, block: this.blockOf(event.block) }];
      case 'block-end': {
        const block = this.blocks.get(event.block);
        return block === undefined ? nothing : [{ ...event, block }];
      }
      case 'opaque':
        this.warn();
        return nothing;
      case 'finish':
        this.closing.push(event);
        return nothing;
      case 'usage':
        this.closing.push({ type: 'usage', usage: joinedUsage(this.part.begun, event.usage) });
        return nothing;
    }
  }

  end(): readonly ChatEvent[] {
    return this.closing;
  }

  private text(event: Extract<ChatEvent, { type: 'text-delta' }>): readonly ChatEvent[] {
    const text = this.stripper.push(event.text);
    return text === '' ? nothing : [{ type: 'text-delta', block: this.textBlockOf(event.block), text }];
  }

  /** Its first text belongs to the block that was open when the answer broke off. */
  private textBlockOf(own: number): number {
    if (this.openText !== undefined && !this.blocks.has(own)) this.blocks.set(own, this.openText);
    this.openText = undefined;
    return this.blockOf(own);
  }

  private blockOf(own: number): number {
    let block = this.blocks.get(own);
    if (block === undefined) {
      block = this.nextBlock;
      this.nextBlock += 1;
      this.blocks.set(own, block);
      this.openText = undefined;
    }
    return block;
  }

  private warn(): void {
    if (this.hasWarned) return;
    this.hasWarned = true;
    this.part.warnings.push({ field: 'content', kind: 'dropped', message: 'content beside the text of the part that was gone on with' });
  }
}

const nothing: readonly ChatEvent[] = [];
