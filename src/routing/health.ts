// Whether a connection is worth trying first: three failures to reach it in a row rest it for a while.
// Rested connections are the last resort, not forbidden: when nothing else is left they are tried all the same.
import type { Clock } from '../core/clock.ts';
import type { ErrorCode } from '../core/errors.ts';

export interface Health {
  isHealthy(): boolean;
  succeeded(): void;
  failed(code: ErrorCode): void;
}

const failuresToRest = 3;
const restMs = 10_000;
/** Failures of the connection itself; a refused request says nothing about its health. */
const ownFailures: ReadonlySet<ErrorCode> = new Set(['upstream_unreachable', 'upstream_auth_failed', 'upstream_timeout']);

export function createHealth(clock: Clock): Health {
  let failures = 0;
  let restsUntilMs = 0;
  return {
    isHealthy: () => failures < failuresToRest || clock.monotonicMs() >= restsUntilMs,
    succeeded() {
      failures = 0;
    },
    failed(code) {
      if (!ownFailures.has(code)) return;
      failures += 1;
      if (failures >= failuresToRest) restsUntilMs = clock.monotonicMs() + restMs;
    },
  };
}
