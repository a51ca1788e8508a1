// Between a stream that pushes and a loop that pulls. A loop that is slow stops the upstream; one that is left ends it.
import type { ChatEvent } from '../canonical/chat.ts';
import type { ReplySink } from '../gateway/call.ts';
import { decodeEvents } from './program-dialect.ts';

/** Events waiting for the loop before the upstream is paused. */
const mostWaiting = 256;

export class EventQueue implements ReplySink {
  private readonly waiting: ChatEvent[] = [];
  private ended = false;
  private wake: (() => void) | undefined;
  private drained: (() => void) | undefined;

  write(bytes: Buffer | string): boolean {
    for (const event of decodeEvents(String(bytes))) this.waiting.push(event);
    this.wake?.();
    return this.waiting.length < mostWaiting;
  }

  onDrain(callback: () => void): void {
    this.drained = callback;
  }

  end(bytes?: string): void {
    if (bytes !== undefined) this.write(bytes);
    this.ended = true;
    this.wake?.();
  }

  abort(): void {
    this.end();
  }

  /** The next event; undefined after the last one. */
  async next(): Promise<ChatEvent | undefined> {
    while (this.waiting.length === 0 && !this.ended) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = undefined;
    }
    const event = this.waiting.shift();
    if (this.waiting.length === 0) {
      const { drained } = this;
      this.drained = undefined;
      drained?.();
    }
    return event;
  }
}
