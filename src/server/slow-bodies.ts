// Ends requests whose body comes too slowly. Node's own limit is one for all of a server, so it is that of uploads; what is no form gets
// the shorter time here. One look a second instead of a timer for each request, because nearly every body is there with its headers.
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import type { Call } from './call.ts';

export interface SlowBodiesOptions {
  readonly clock: Clock;
  readonly bodyTimeoutMs: number;
  readonly calls: () => readonly Call[];
  /** Answers a call whose request is not complete, and hangs up. */
  readonly refuse: (call: Call, error: GatewayError) => void;
}

export interface SlowBodies {
  start(): void;
  /** It was answered before its body had come: what is still to come holds the connection for no longer than a body may. */
  answered(call: Call): void;
  stop(): void;
}

const lookEveryMs = 1_000;

export function createSlowBodies({ clock, bodyTimeoutMs, calls, refuse }: SlowBodiesOptions): SlowBodies {
  const lingering = new Set<Call>();
  let cancel: (() => void) | undefined;

  const isLate = ({ request, arrivedMs }: Call, nowMs: number): boolean => !request.complete && nowMs - arrivedMs >= bodyTimeoutMs;

  function look(): void {
    const nowMs = clock.monotonicMs();
    for (const call of calls()) {
      if (!isLate(call, nowMs) || isForm(call)) continue;
      refuse(
        call,
        new GatewayError('request_timeout', 'the request body arrived too slowly; send it faster, or raise server.body_timeout_ms'),
      );
    }
    for (const call of lingering) {
      if (call.request.complete || call.request.destroyed) lingering.delete(call);
      else if (isLate(call, nowMs)) call.request.destroy();
    }
    schedule();
  }

  function schedule(): void {
    cancel = clock.after(Math.min(lookEveryMs, bodyTimeoutMs), look);
  }

  return {
    start: schedule,
    answered(call) {
      if (!call.request.complete) lingering.add(call);
    },
    stop() {
      cancel?.();
      lingering.clear();
    },
  };
}

function isForm(call: Call): boolean {
  return /^multipart\//i.test(call.header('content-type') ?? '');
}
