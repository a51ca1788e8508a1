// The facts of an exchange as answer headers: ours (`x-mpc-*`) and LiteLLM's names for the same facts.
import type { Candidate } from '../brain/decision.ts';
import type { Warning } from '../canonical/warning.ts';
import { formatNanoUsd } from '../core/money.ts';
import type { Exchange } from './exchange.ts';

export interface AnswerFactsForHeaders {
  readonly exchange: Exchange;
  readonly candidate?: Candidate | undefined;
  /** The attempt that serves is not among the exchange's yet: a stream's is recorded at its end. */
  readonly attemptUnderWay?: true;
  readonly upstreamHeaders?: Readonly<Record<string, string | string[] | undefined>>;
  /** Absent on streams: the cost is not known when the headers go out. */
  readonly costNanoUsd?: number | null;
}

const maxWarningsLength = 2_000;
const fixedByCandidate = new WeakMap<Candidate, readonly string[]>();

/** Flat name, value list; the server adds the request id and the content headers. */
export function answerHeaders(facts: AnswerFactsForHeaders): string[] {
  const { exchange, candidate, costNanoUsd } = facts;
  const headers = candidate === undefined ? [] : fixedHeaders(candidate).slice();
  const overhead = exchange.overhead.toFixed(2);
  const attempts = exchange.attempts.length + (facts.attemptUnderWay === true ? 1 : 0);
  headers.push(
    'x-mpc-attempts',
    String(attempts),
    'x-mpc-overhead-ms',
    overhead,
    'x-litellm-overhead-duration-ms',
    overhead,
    'x-litellm-attempted-retries',
    String(Math.max(0, attempts - 1)),
    'x-mpc-cache',
    exchange.cache,
  );
  if (exchange.session !== undefined) headers.push('x-mpc-session', headerSafe(exchange.session));
  if (exchange.decision !== undefined) headers.push('x-mpc-decision-id', exchange.decision.id);
  if (costNanoUsd !== undefined) {
    const cost = costNanoUsd === null ? 'unknown' : formatNanoUsd(costNanoUsd);
    headers.push('x-mpc-cost-usd', cost);
    if (costNanoUsd !== null) headers.push('x-litellm-response-cost', cost);
  }
  const warnings = exchange.allWarnings();
  if (warnings.length > 0) headers.push('x-mpc-warnings', formatWarnings(warnings));
  // Limits of our own say more about the caller's next call than those of a provider that others use, too.
  const before = headers.length;
  exchange.hold?.addHeaders(headers);
  if (headers.length === before && facts.upstreamHeaders !== undefined) copyRateLimits(facts.upstreamHeaders, headers);
  return headers;
}

function fixedHeaders(candidate: Candidate): readonly string[] {
  let headers = fixedByCandidate.get(candidate);
  if (headers === undefined) {
    const { offer, connection } = candidate;
    headers = [
      'x-mpc-model',
      headerSafe(offer.canonicalId),
      'x-mpc-provider',
      connection.provider,
      'x-mpc-connection',
      headerSafe(connection.id),
      'x-mpc-layer',
      connection.layer,
      'x-litellm-model-id',
      headerSafe(offer.providerId),
    ];
    fixedByCandidate.set(candidate, headers);
  }
  return headers;
}

/** `field: message; field: message`, ASCII and bounded: header values are the caller's text in part. */
function formatWarnings(warnings: readonly Warning[]): string {
  const text = headerSafe(warnings.map((warning) => `${warning.field}: ${warning.message}`).join('; '));
  return text.length <= maxWarningsLength ? text : `${text.slice(0, maxWarningsLength)} … (more in the log)`.replace('…', '...');
}

function headerSafe(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

/** The provider's own limits help a client to pace itself; nothing else of its headers is anybody's business. */
function copyRateLimits(upstream: Readonly<Record<string, string | string[] | undefined>>, headers: string[]): void {
  for (const name in upstream) {
    if (!name.startsWith('x-ratelimit-') && !name.startsWith('anthropic-ratelimit-')) continue;
    const value = upstream[name];
    if (typeof value === 'string') headers.push(name, headerSafe(value));
  }
}
