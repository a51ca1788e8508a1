// Who calls upstreams for one exchange. Same dialect: the caller's bytes with declared edits pass, and the answer's as they come.
// Another dialect: decoded once, encoded per candidate.
import type { Candidate } from '../brain/decision.ts';
import type { ChatRequest, DialectId } from '../canonical/chat.ts';
import { outputTotal } from '../canonical/usage.ts';
import type { Warning } from '../canonical/warning.ts';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { marksOf } from '../core/json-shape.ts';
import type { DecodeOptions, UpstreamDialect } from '../dialects/dialect.ts';
import type { FetchedMedia, MediaFetcher } from '../transport/fetch-media.ts';
import { readCallerBody } from './caller-body.ts';
import type { ChatCall } from './chat-call.ts';
import { decodeOptions, passOn, type Prepared, translate, upstreamRequest } from './chat-request.ts';
import { canBeContinued, withPrefill } from './continue-request.ts';
import { fetchAll, remoteMedia, withInlineMedia } from './inline-media.ts';
import { type ChatLimits, type Sender, Sent, type Target } from './sent.ts';
import { createSpokenStream, type Rest } from './spoken-stream.ts';
import { createPassThrough, createTranslation, type StreamRelay, type TranslationOptions } from './stream-relay.ts';
import type { Upstream } from './upstream.ts';

export interface ChatCallerOptions {
  readonly dialectOf: (id: DialectId) => UpstreamDialect;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly limits: ChatLimits;
  readonly clock: Clock;
  /** Absent: nothing is fetched for upstreams that read no addresses. */
  readonly media?: MediaFetcher;
}

const imageMarks = marksOf('image_url');

/** Starts attempts of one exchange; made per exchange, because it remembers the decoded request. */
export class ChatCaller implements Sender {
  private readonly call: ChatCall;
  private readonly options: ChatCallerOptions;
  private decoded: ChatRequest | undefined;
  private parsed: JsonObject | undefined;
  /** What was fetched for upstreams that read no addresses, by address. */
  private fetched: Map<string, FetchedMedia> | undefined;
  /** Another upstream may go on where one breaks off, so what is said has to be known. */
  private continues = false;
  /** What the caller's own grammar could not say in canonical words. */
  private readonly lost: Warning[] = [];

  constructor(call: ChatCall, options: ChatCallerOptions) {
    this.call = call;
    this.options = options;
  }

  get limits(): ChatLimits {
    return this.options.limits;
  }

  get clock(): Clock {
    return this.options.clock;
  }

  /** The request in canonical form; decoding the body at the first need. */
  canonical(): ChatRequest {
    if (this.decoded === undefined) {
      const request = this.call.dialect.decodeRequest(this.wholeBody(), this.lost);
      // Where the path says it (Google's grammar), the body does not.
      this.decoded = request.stream === this.call.stream ? request : { ...request, stream: this.call.stream };
    }
    return this.decoded;
  }

  /** From now on answers are made so that another upstream could go on with them; false = this request does not allow that. */
  allowContinuing(): boolean {
    try {
      this.continues = this.call.stream && canBeContinued(this.canonical());
    } catch {
      // What cannot be read is passed on as it came, and refused by the upstream.
    }
    return this.continues;
  }

  /** Fetches what this upstream cannot fetch itself; undefined = it can, or there is nothing to fetch. */
  prepare(candidate: Candidate): Promise<void> | undefined {
    const { media, upstreams } = this.options;
    if (media === undefined) return undefined;
    const { dialect, outline } = this.call;
    const ready = upstreams.get(candidate.connection.id)?.chatEndpoint(dialect.id, candidate.wireId, candidate.offer.traits);
    const inline = ready?.endpoint.inlineMedia;
    if (ready === undefined || inline === undefined) return undefined;
    // Bytes that pass are decoded only for a picture's sake.
    if (ready.endpoint.dialect === dialect.id && outline.names?.mayHold(imageMarks) === false) return undefined;
    const urls = remoteMedia(this.canonical(), inline.except).filter((url) => this.fetched?.has(url) !== true);
    if (urls.length === 0) return undefined;
    return fetchAll(urls, media).then((fetched) => {
      this.fetched = new Map([...(this.fetched ?? []), ...fetched]);
    });
  }

  /** `rest`: the call is for what follows an answer that broke off. */
  start(candidate: Candidate, rest?: Rest): Sent {
    const target = this.targetOf(candidate);
    const { dialect, ready } = target;
    // Tags in the text would be taken for what was said.
    const isSpoken = rest !== undefined || (this.continues && !candidate.offer.traits.has('think-tags'));
    const couldPass = this.passesBytes(dialect);
    const passesBytes = couldPass && !isSpoken;
    // The caller's own form of stream concerns the answer only.
    const passesRequest = couldPass || (dialect.id === this.call.dialect.id && this.call.dialect.streamContentType !== undefined);
    const inlines = ready.endpoint.inlineMedia !== undefined && this.fetched !== undefined;
    const prefilled = rest && { ...rest, ...withPrefill(this.canonical(), { text: rest.text, outputTokens: outputTotal(rest.begun) }) };
    const { body, warnings, rewrites } =
      passesRequest && !inlines && prefilled === undefined ? passOn(target, this.call) : this.translate(target, prefilled?.request);
    const decode = decodeOptions(target, rewrites);
    const spoken = isSpoken ? createSpokenStream(this.translationOf(dialect, { decode, warnings }), prefilled) : undefined;
    const relay = spoken?.relay ?? (this.call.stream ? this.createRelay(dialect, { decode, warnings, passesBytes }) : undefined);
    return new Sent(target, { request: upstreamRequest(target, body, this.call), decode, warnings, passesBytes, relay, spoken }, this);
  }

  private targetOf(candidate: Candidate): Target {
    const found = this.options.upstreams.get(candidate.connection.id);
    if (found === undefined)
      throw new GatewayError('model_not_configured', `connection ${candidate.connection.id} is no longer configured`);
    const upstream = found.byModel?.get(candidate.wireId) ?? found;
    const ready = upstream.chatEndpoint(this.call.dialect.id, candidate.wireId, candidate.offer.traits);
    if (ready === undefined) {
      throw new GatewayError('unsupported_capability', `${candidate.offer.providerId} does not chat; name a model that does`, {
        param: 'model',
      });
    }
    return { candidate, upstream, ready, dialect: ready.endpoint.codec ?? this.options.dialectOf(ready.endpoint.dialect) };
  }

  /** Same grammar on both sides, in a form that can be watched as it passes. */
  private passesBytes(upstream: UpstreamDialect): boolean {
    const { dialect, stream } = this.call;
    return (
      upstream.id === dialect.id && (!stream || (upstream.createStreamWatcher !== undefined && dialect.streamContentType === undefined))
    );
  }

  private translate(target: Target, prefilled: ChatRequest | undefined): Prepared {
    const canonical = prefilled ?? this.canonical();
    const fetched = target.ready.endpoint.inlineMedia === undefined ? undefined : this.fetched;
    const request = fetched === undefined ? canonical : withInlineMedia(canonical, fetched);
    return translate(target, request, { call: this.call, lost: this.lost, goesOn: prefilled !== undefined });
  }

  private createRelay(
    dialect: UpstreamDialect,
    { decode, warnings, passesBytes }: { readonly decode: DecodeOptions; readonly warnings: Warning[]; readonly passesBytes: boolean },
  ): StreamRelay {
    const { call } = this;
    const maxFrameBytes = this.limits.frameBytes;
    if (passesBytes && dialect.createStreamWatcher !== undefined) {
      const watcher = dialect.createStreamWatcher({ includeUsage: call.includeUsage, decode });
      return createPassThrough(watcher, { maxFrameBytes });
    }
    return createTranslation(this.translationOf(dialect, { decode, warnings }));
  }

  private translationOf(
    upstream: UpstreamDialect,
    { decode, warnings }: { readonly decode: DecodeOptions; readonly warnings: Warning[] },
  ): TranslationOptions {
    const { call } = this;
    return {
      upstream,
      client: call.dialect,
      decode,
      includeUsage: call.includeUsage,
      model: call.requestedModel,
      maxFrameBytes: this.limits.frameBytes,
      warnings,
      callerBody: this.parsedBody(),
    };
  }

  parsedBody(): JsonObject {
    this.parsed ??= readCallerBody(this.call);
    return this.parsed;
  }

  /** The body with what the caller left to be remembered put in. */
  private wholeBody(): JsonObject {
    const variant = this.call.variantFor?.({ keepsAnswers: false });
    if (variant === undefined) return this.parsedBody();
    this.lost.push(...(variant.warnings ?? []));
    const removed = new Set(variant.remove);
    const kept = Object.entries(this.parsedBody()).filter(([key]) => !removed.has(key));
    return { ...Object.fromEntries(kept), ...variant.set };
  }
}
