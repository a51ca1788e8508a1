// Comments that keep a silent stream open. One timer for all streams: a timer each would cost more than the comments.
import type { Clock } from '../core/clock.ts';
import type { ReplySink } from './call.ts';

export interface KeepAlive {
  /** Writes `frame` whenever nothing was written for the configured time. Everything must be written through the returned sink. */
  watch(sink: ReplySink, frame: string): WatchedSink;
  close(): void;
}

export class WatchedSink implements ReplySink {
  private readonly inner: ReplySink;
  private readonly clock: Clock;
  private readonly streams: Set<WatchedSink>;
  private readonly frame: string;
  private blocked = false;
  private lastWriteMs: number;

  constructor(inner: ReplySink, frame: string, registry: { readonly clock: Clock; readonly streams: Set<WatchedSink> }) {
    this.inner = inner;
    this.frame = frame;
    this.clock = registry.clock;
    this.streams = registry.streams;
    this.lastWriteMs = this.clock.monotonicMs();
    this.streams.add(this);
  }

  write(bytes: Buffer | string): boolean {
    this.lastWriteMs = this.clock.monotonicMs();
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

  end(bytes?: string): void {
    this.streams.delete(this);
    this.inner.end(bytes);
  }

  /** A reader that is behind needs no reminder, only time. */
  remind(silentSinceMs: number): void {
    if (this.frame !== '' && !this.blocked && this.lastWriteMs <= silentSinceMs) this.write(this.frame);
  }
}

export function createKeepAlive(clock: Clock, everyMs: number): KeepAlive {
  const streams = new Set<WatchedSink>();
  const tickMs = Math.max(10, Math.min(1_000, everyMs / 4));
  let cancel: (() => void) | undefined;
  let closed = false;

  function tick(): void {
    cancel = undefined;
    const silentSinceMs = clock.monotonicMs() - everyMs;
    for (const stream of streams) stream.remind(silentSinceMs);
    arm();
  }
  // The timer runs only while there are streams, so that an idle process sleeps and a finished one can exit.
  function arm(): void {
    if (!closed && cancel === undefined && streams.size > 0) cancel = clock.after(tickMs, tick);
  }

  return {
    watch(sink, frame) {
      const watched = new WatchedSink(sink, frame, { clock, streams });
      arm();
      return watched;
    },
    close() {
      closed = true;
      cancel?.();
    },
  };
}
