// What must not happen in silence: a comment on a stream that says nothing, a head for a caller whose answer takes long.
// One timer for all of them: a timer each would cost more than the comments.
import type { Clock } from '../core/clock.ts';
import { Slots } from '../core/slots.ts';
import type { ReplySink } from './call.ts';

export interface KeepAlive {
  /** Writes `frame` whenever nothing was written for the configured time. Everything must be written through the returned sink. */
  watch(sink: ReplySink, frame: string): WatchedSink;
  /** Calls back each time the configured time has passed, until the returned function is called. */
  remind(callback: () => void): () => void;
  close(): void;
}

/** Something that wants to know when it has been quiet for too long. */
interface Watched {
  remind(nowMs: number, everyMs: number): void;
}

interface Watching {
  readonly clock: Clock;
  readonly watched: Slots<Watched>;
}

export class WatchedSink implements ReplySink, Watched {
  private readonly inner: ReplySink;
  private readonly watching: Watching;
  private readonly slot: number;
  private readonly frame: string;
  private blocked = false;
  private lastWriteMs: number;
  private over = false;

  constructor(inner: ReplySink, frame: string, watching: Watching) {
    this.inner = inner;
    this.frame = frame;
    this.watching = watching;
    this.lastWriteMs = watching.clock.monotonicMs();
    this.slot = watching.watched.add(this);
  }

  write(bytes: Buffer | string): boolean {
    this.lastWriteMs = this.watching.clock.monotonicMs();
    const more = this.inner.write(bytes);
    this.blocked = !more;
    return more;
  }

  onDrain(callback: () => void): void {
    this.inner.onDrain(() => {
      this.blocked = false;
      callback();
    });
  }

  end(bytes?: string, broken?: boolean): void {
    if (!this.over) this.watching.watched.remove(this.slot);
    this.over = true;
    this.inner.end(bytes, broken);
  }

  /** A reader that is behind needs no reminder, only time; and some grammars have no frame that says nothing. */
  remind(nowMs: number, everyMs: number): void {
    if (this.frame !== '' && !this.blocked && this.lastWriteMs <= nowMs - everyMs) this.write(this.frame);
  }
}

class Reminder implements Watched {
  private readonly callback: () => void;
  private lastMs: number;

  constructor(callback: () => void, nowMs: number) {
    this.callback = callback;
    this.lastMs = nowMs;
  }

  remind(nowMs: number, everyMs: number): void {
    if (this.lastMs > nowMs - everyMs) return;
    this.lastMs = nowMs;
    this.callback();
  }
}

export function createKeepAlive(clock: Clock, everyMs: number): KeepAlive {
  const watched = new Slots<Watched>();
  const watching = { clock, watched };
  const tickMs = Math.max(10, Math.min(1_000, everyMs / 4));
  let cancel: (() => void) | undefined;
  let closed = false;

  function tick(): void {
    cancel = undefined;
    const nowMs = clock.monotonicMs();
    for (const one of watched.all()) one.remind(nowMs, everyMs);
    arm();
  }
  // The timer runs only while there is something to watch, so that an idle process sleeps and a finished one can exit.
  function arm(): void {
    if (!closed && cancel === undefined && watched.size > 0) cancel = clock.after(tickMs, tick);
  }

  return {
    watch(sink, frame) {
      const one = new WatchedSink(sink, frame, watching);
      arm();
      return one;
    },
    remind(callback) {
      const slot = watched.add(new Reminder(callback, clock.monotonicMs()));
      arm();
      let over = false;
      return () => {
        if (!over) watched.remove(slot);
        over = true;
      };
    },
    close() {
      closed = true;
      cancel?.();
    },
  };
}
