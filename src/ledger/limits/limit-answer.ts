// What a caller hears of its rate limits: OpenAI's headers on every answer, and the refusal.
import { GatewayError } from '../../core/errors.ts';
import type { Gate } from './gate.ts';

/** The tightest of the gates of each unit: `x-ratelimit-limit-requests`, `-remaining-…`, `-reset-…`. */
export function limitHeaders(gates: readonly Gate[], nowMs: number): string[] {
  const headers: string[] = [];
  addLimitHeaders(headers, gates, nowMs);
  return headers;
}

const countedUnits = ['requests', 'tokens'] as const;

export function addLimitHeaders(headers: string[], gates: readonly Gate[], nowMs: number): void {
  for (const unit of countedUnits) {
    let tightest: Gate | undefined;
    for (const gate of gates) {
      if (gate.limit.unit !== unit) continue;
      if (tightest === undefined || share(gate, nowMs) < share(tightest, nowMs)) tightest = gate;
    }
    if (tightest === undefined) continue;
    headers.push(
      `x-ratelimit-limit-${unit}`,
      String(tightest.limit.amount),
      `x-ratelimit-remaining-${unit}`,
      String(tightest.remaining(nowMs)),
      `x-ratelimit-reset-${unit}`,
      goDuration(tightest.resetMs(nowMs)),
    );
  }
}

export function limitExceeded(gate: Gate, waitMs: number, headers: readonly string[]): GatewayError {
  const { unit, amount, windowMs } = gate.limit;
  const what = unit === 'parallel' ? `${amount} calls at a time` : `${amount} ${unit} per ${goDuration(windowMs)}`;
  return new GatewayError(
    'limit_exceeded',
    `${gate.holder} is limited to ${what}; try again in ${goDuration(Math.max(1, waitMs))}, or raise the limit`,
    {
      retryAfterMs: waitMs,
      headers,
      extra: { limit: { id: gate.limit.id, holder: gate.holder, unit, amount, ...(unit !== 'parallel' && { window_ms: windowMs }) } },
    },
  );
}

function share(gate: Gate, nowMs: number): number {
  return gate.remaining(nowMs) / gate.limit.amount;
}

/** As OpenAI writes them: `1s`, `6m0s`, `17ms`, `1h0m0s`. */
export function goDuration(durationMs: number): string {
  const ms = Math.ceil(durationMs);
  if (ms < 1_000) return `${ms}ms`;
  const seconds = Math.ceil(ms / 1_000);
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), seconds % 60];
  if (h > 0) return `${h}h${m}m${s}s`;
  return m > 0 ? `${m}m${s}s` : `${s}s`;
}
