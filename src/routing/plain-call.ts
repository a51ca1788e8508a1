// Calls without a chat dialect (embeddings, token counts): the caller's bytes with declared edits, a whole answer back.
import type { Candidate } from '../brain/decision.ts';
import type { Clock } from '../core/clock.ts';
import type { JsonValue } from '../core/json.ts';
import type { Outline } from '../core/json-outline.ts';
import type { AnswerFacts } from '../dialects/dialect.ts';
import { decodeUpstreamError } from '../dialects/upstream-error.ts';
import { editBody } from '../providers/edit-body.ts';
import type { PlainEndpoint, ProviderDefinition } from '../providers/provider.ts';
import { Attempt } from './attempt.ts';
import { callHeaders, type Header } from './call-headers.ts';
import { missingEndpoint } from './missing-endpoint.ts';
import type { ChatLimits } from './sent.ts';
import type { Upstream } from './upstream.ts';

export interface PlainCall {
  readonly outline: Outline;
  /** Which endpoint of a provider serves it. */
  readonly endpointOf: (definition: ProviderDefinition, wireId: string) => PlainEndpoint | undefined;
  /** For the error when the provider has none: "embeddings". */
  readonly what: string;
  readonly readAnswer: (json: JsonValue) => AnswerFacts;
  readonly forwardHeaders: readonly Header[];
  readonly demoHeader?: string;
}

export interface PlainCallerOptions {
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly limits: ChatLimits;
  readonly clock: Clock;
}

export function startPlain(call: PlainCall, candidate: Candidate, options: PlainCallerOptions): { readonly attempt: Attempt } {
  const upstream = options.upstreams.get(candidate.connection.id);
  const endpoint = upstream === undefined ? undefined : call.endpointOf(upstream.definition, candidate.wireId);
  const path = upstream?.pathOf(endpoint, { model: candidate.wireId });
  if (upstream === undefined || endpoint === undefined || path === undefined) {
    throw missingEndpoint(candidate, call.what);
  }
  const { body } = editBody({
    outline: call.outline,
    endpoint,
    model: candidate.wireId,
    traits: candidate.offer.traits,
  });
  const headers = callHeaders(upstream, call.forwardHeaders, call.demoHeader);
  return {
    attempt: new Attempt({
      dispatcher: upstream.dispatcher,
      request: { method: 'POST', path, headers, body, firstByteMs: upstream.timeouts.wholeFirstByteMs, idleMs: upstream.timeouts.idleMs },
      readAnswer: call.readAnswer,
      decodeError: decodeUpstreamError,
      errorRules: upstream.definition.errors,
      maxAnswerBytes: options.limits.answerBytes,
      maxBufferedBytes: options.limits.streamBufferBytes,
      clock: options.clock,
      secrets: upstream.secrets,
    }),
  };
}
