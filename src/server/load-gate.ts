// How much is taken on at once. When the process is late with its work, or has as many calls as it may, new ones wait in order of
// their priority or are told to come back: serving all of them slowly would serve none of them.
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';

export interface LoadGateOptions {
  readonly clock: Clock;
  /** Lateness of the event loop from which on nothing new is taken; 0 = never. */
  readonly maxLagMs: number;
  /** Calls at once; as many more may wait. 0 = no limit. */
  readonly maxInFlight: number;
}

export type Priority = 'high' | 'normal' | 'low';

export interface LoadGate {
  /** Undefined: come in. A promise: wait. Throws `gateway_overloaded` when there is no use in waiting. Every entry needs its `leave`. */
  enter(priority: Priority, onGone: (callback: () => void) => void): Promise<void> | undefined;
  leave(): void;
  close(): void;
}

interface Waiting {
  readonly priority: Priority;
  readonly letIn: () => void;
}

const tickMs = 100;
const lateAtTicks = 2;
const ranks: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 };

export function createLoadGate(options: LoadGateOptions): LoadGate {
  const { clock, maxLagMs, maxInFlight } = options;
  const queues: readonly Waiting[][] = [[], [], []];
  let inside = 0;
  let waiting = 0;
  let late = false;
  let lateTicks = 0;
  let cancel: (() => void) | undefined;

  // The loop is watched while there is work, so that an idle process sleeps.
  function watch(): void {
    if (maxLagMs === 0 || cancel !== undefined) return;
    const dueMs = clock.monotonicMs() + tickMs;
    cancel = clock.after(tickMs, () => {
      cancel = undefined;
      const lagMs = clock.monotonicMs() - dueMs;
      // Half the limit to recover: at the limit itself it would flap with every tick. One late tick says nothing: a machine that
      // stood still for a moment is not overloaded.
      lateTicks = lagMs > (late ? maxLagMs / 2 : maxLagMs) ? lateTicks + 1 : 0;
      late = lateTicks >= lateAtTicks;
      if (inside > 0 || late) watch();
    });
  }

  function refuse(why: string): never {
    throw new GatewayError('gateway_overloaded', `${why}; try again in a moment`, { retryAfterMs: 1_000 });
  }

  function next(): void {
    for (const queue of queues) {
      const first = queue.shift();
      if (first === undefined) continue;
      waiting -= 1;
      first.letIn();
      return;
    }
  }

  return {
    enter(priority, onGone) {
      watch();
      if (late && priority !== 'high') refuse('the gateway is late with its work');
      if (maxInFlight === 0 || inside < maxInFlight) {
        inside += 1;
        return undefined;
      }
      if (waiting >= maxInFlight) refuse(`${inside} calls are being served and ${waiting} wait`);
      const queue = queues[ranks[priority]] as Waiting[];
      waiting += 1;
      return new Promise((resolve, reject) => {
        const one: Waiting = {
          priority,
          letIn() {
            inside += 1;
            resolve();
          },
        };
        queue.push(one);
        onGone(() => {
          const at = queue.indexOf(one);
          if (at === -1) return;
          queue.splice(at, 1);
          waiting -= 1;
          reject(new GatewayError('client_gone', 'the client left while its call waited'));
        });
      });
    },
    leave() {
      inside -= 1;
      if (waiting > 0 && inside < maxInFlight) next();
    },
    close: () => cancel?.(),
  };
}

/** `x-mpc-priority`; anything unknown is normal. */
export function readPriority(value: string | string[] | undefined): Priority {
  return value === 'high' || value === 'low' ? value : 'normal';
}
