// What a chat request becomes for one candidate: path, headers and body, and how the answer is to be read.
import type { ChatRequest } from '../canonical/chat.ts';
import type { Warning } from '../canonical/warning.ts';
import type { DecodeOptions } from '../dialects/dialect.ts';
import { editBody } from '../providers/edit-body.ts';
import { editObject } from '../providers/edit-object.ts';
import { fillTemplate } from '../providers/fill-template.ts';
import type { ChatEndpoint } from '../providers/provider.ts';
import type { UpstreamRequest } from '../transport/upstream-call.ts';
import { callHeaders, type Header } from './call-headers.ts';
import type { ChatCall } from './chat-call.ts';
import { markedAsPrefix } from './continue-request.ts';
import { withHeaderMembers } from './header-members.ts';
import type { Target } from './sent.ts';

export interface Prepared {
  readonly body: Buffer;
  readonly warnings: Warning[];
  readonly rewrites: DecodeOptions;
}

export interface Translating {
  readonly call: ChatCall;
  /** What the caller's own grammar could not say in canonical words. */
  readonly lost: readonly Warning[];
  /** The request is for what follows an answer that broke off. */
  readonly goesOn: boolean;
}

const noRewrites: DecodeOptions = Object.freeze({});
const noHeaders: readonly Header[] = Object.freeze([]);

/** Same grammar: the caller's bytes with declared edits. */
export function passOn({ candidate, ready }: Target, call: ChatCall): Prepared {
  const { gatewayMembers, variantFor } = call;
  const variant = variantFor?.({ connection: candidate.connection.id, keepsAnswers: ready.keepsAnswers });
  const edited = editBody({
    outline: call.outline,
    endpoint: ready.endpoint,
    model: candidate.wireId,
    traits: candidate.offer.traits,
    set: withHeaderMembers(variant?.set, ready.endpoint, call),
    remove: variant?.remove === undefined ? gatewayMembers : new Set([...gatewayMembers, ...variant.remove]),
    maxOutputTokens: candidate.offer.maxOutputTokens,
  });
  const warnings = variant?.warnings === undefined ? [...edited.warnings] : [...variant.warnings, ...edited.warnings];
  return { body: edited.body, warnings, rewrites: noRewrites };
}

/** Another grammar, or a request that is not the caller's word for word. */
export function translate({ candidate, ready, dialect }: Target, request: ChatRequest, { call, lost, goesOn }: Translating): Prepared {
  const { offer } = candidate;
  const encoded = dialect.encodeRequest(request, {
    model: candidate.wireId,
    traits: offer.traits,
    ...(offer.maxOutputTokens !== undefined && { maxOutputTokens: offer.maxOutputTokens }),
    ...(offer.supports.reasoning !== undefined && { reasoning: offer.supports.reasoning }),
  });
  // A declared mapping has said everything: even the model stands only where it says.
  if (ready.endpoint.codec !== undefined) {
    return { body: Buffer.from(JSON.stringify(encoded.body)), warnings: [...lost, ...encoded.warnings], rewrites: {} };
  }
  const byRules = editObject({
    body: encoded.body,
    endpoint: ready.endpoint,
    model: candidate.wireId,
    traits: offer.traits,
    maxOutputTokens: offer.maxOutputTokens,
  });
  const edited = goesOn && offer.prefill === 'prefix-flag' ? markedAsPrefix(byRules) : byRules;
  const ownDialect = ready.endpoint.dialect === call.dialect.id;
  const body = ownDialect ? withHeaderMembers(edited.body, ready.endpoint, call) : edited.body;
  return {
    body: Buffer.from(JSON.stringify(body)),
    warnings: [...lost, ...encoded.warnings, ...edited.warnings],
    rewrites: { ...encoded.rewrites, ...(edited.repeatedPrefix !== undefined && { repeatedPrefix: edited.repeatedPrefix }) },
  };
}

export function upstreamRequest({ candidate, upstream, ready }: Target, body: Buffer, call: ChatCall): UpstreamRequest {
  const { stream } = call;
  const path = stream ? ready.streamPath : ready.path;
  return {
    method: 'POST',
    path: ready.namesModel ? fillTemplate(path, { model: candidate.wireId }) : path,
    headers: callHeaders(upstream, forwardedTo(ready.endpoint, call), call.demoHeader),
    body,
    firstByteMs: stream ? upstream.timeouts.firstByteMs : upstream.timeouts.wholeFirstByteMs,
    idleMs: upstream.timeouts.idleMs,
    totalMs: upstream.timeouts.totalMs,
  };
}

/** Those of the caller's that this endpoint reads as headers. */
function forwardedTo({ dialect, headersInBody }: ChatEndpoint, call: ChatCall): readonly Header[] {
  if (call.forwardHeaders.length === 0 || dialect !== call.dialect.id) return noHeaders;
  return headersInBody === undefined ? call.forwardHeaders : call.forwardHeaders.filter(([name]) => headersInBody[name] === undefined);
}

/** How the answer is to be read. */
export function decodeOptions({ candidate, upstream }: Target, rewrites: DecodeOptions): DecodeOptions {
  const { traits } = candidate.offer;
  const { usage } = upstream.definition;
  const outside = usage?.reasoningOutsideOutput;
  const reasoningOutsideOutput =
    (typeof outside === 'function' ? outside(candidate.wireId) : outside) || traits.has('reasoning-outside-output');
  // As nearly everywhere: nothing is said that the next call could not share.
  if (rewrites === noRewrites && !traits.has('think-tags') && !reasoningOutsideOutput && usage?.cost === undefined) return noRewrites;
  return {
    ...rewrites,
    ...(traits.has('think-tags') && { thinkTags: true }),
    ...(reasoningOutsideOutput && { reasoningOutsideOutput: true }),
    ...(usage?.cost !== undefined && { cost: usage.cost }),
  };
}
