// An agent that has gone in circles sends the very same prompt again and again, and pays each time. It is told so, once it is certain.
import { GatewayError } from '../core/errors.ts';
import type { Clock } from '../core/clock.ts';

export interface RunawayOptions {
  /** From this many times the same prompt on … */
  readonly repeats: number;
  /** … within this time. */
  readonly withinMs: number;
}

interface Seen {
  prompt: number;
  times: number;
  sinceMs: number;
}

const maxSessions = 10_000;

export class RunawayGuard {
  private readonly options: RunawayOptions;
  private readonly clock: Clock;
  /** In order of use: the first is the oldest. */
  private readonly sessions = new Map<string, Seen>();

  constructor(options: RunawayOptions, clock: Clock) {
    this.options = options;
    this.clock = clock;
  }

  /**
   * Throws `repeated_prompt` when this session has sent this prompt too often. `prompt` is a checksum of the body: two different
   * prompts of one session with the same checksum within seconds are less likely than the loop it looks for.
   */
  check(session: string, prompt: number): void {
    const { repeats, withinMs } = this.options;
    const nowMs = this.clock.monotonicMs();
    const seen = this.sessions.get(session);
    if (seen === undefined || seen.prompt !== prompt || nowMs - seen.sinceMs >= withinMs) {
      this.remember(session, { prompt, times: 1, sinceMs: nowMs });
      return;
    }
    seen.times += 1;
    if (seen.times < repeats) return;
    const retryAfterMs = Math.max(1, seen.sinceMs + withinMs - nowMs);
    throw new GatewayError(
      'repeated_prompt',
      `this session has sent the same prompt ${seen.times} times in ${Math.max(1, Math.round((nowMs - seen.sinceMs) / 1_000))} s; ` +
        'it looks like a loop. Change the prompt, or wait; routing.runaway_repeats: 0 switches this off',
      { retryAfterMs },
    );
  }

  private remember(session: string, seen: Seen): void {
    this.sessions.delete(session);
    if (this.sessions.size >= maxSessions) {
      const oldest = this.sessions.keys().next();
      if (oldest.done !== true) this.sessions.delete(oldest.value);
    }
    this.sessions.set(session, seen);
  }
}
