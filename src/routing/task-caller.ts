// Who calls upstreams for one exchange that is not chat. Same grammar: the caller's bytes with declared edits, files from where they
// lie. Another grammar: decoded once, encoded per candidate.
import type { Candidate } from '../brain/decision.ts';
import { estimateTokens } from '../canonical/estimate.ts';
import type { TaskDialectId, TaskRequest, TaskResponse } from '../canonical/tasks.ts';
import { noUsage, type Usage } from '../canonical/usage.ts';
import type { Warning } from '../canonical/warning.ts';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { AnswerFacts } from '../dialects/dialect.ts';
import type { MultipartPart, TaskDialect } from '../dialects/task-dialect.ts';
import { decodeUpstreamError } from '../dialects/upstream-error.ts';
import { editBody } from '../providers/edit-body.ts';
import { editObject } from '../providers/edit-object.ts';
import type { TaskEndpoint } from '../providers/provider.ts';
import type { UpstreamRequest } from '../transport/upstream-call.ts';
import { Attempt, type Opened } from './attempt.ts';
import { callHeaders, replaceHeader } from './call-headers.ts';
import { readCallerBody } from './caller-body.ts';
import { countParts, partOf } from './input-parts.ts';
import { missingTask } from './missing-endpoint.ts';
import type { ChatLimits } from './sent.ts';
import type { StreamRelay } from './stream-relay.ts';
import type { TaskCall } from './task-call.ts';
import { createAudioEventsRelay, createBytesRelay, createEventsRelay } from './task-relay.ts';
import { type TaskBodyToSend, taskPath, writeTaskBody } from './task-request.ts';
import type { Upstream } from './upstream.ts';

export interface TaskCallerOptions {
  readonly taskDialectOf: (id: TaskDialectId) => TaskDialect;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly limits: ChatLimits;
  readonly clock: Clock;
}

/** What was sent for a candidate, kept to read its answer. */
export interface TaskSent {
  readonly attempt: Attempt;
  readonly upstreamDialect: TaskDialect;
  readonly wireId: string;
  readonly warnings: Warning[];
  /** The answer goes to the caller as it is. */
  readonly passesBytes: boolean;
  /** Undefined: the caller's bytes, which may never have been decoded. */
  readonly request: TaskRequest | undefined;
  /** How many calls it takes to ask for all of it; this was one of them. */
  readonly parts: number;
}

interface Prepared {
  readonly body: TaskBodyToSend;
  readonly warnings: Warning[];
  readonly pathValues: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: readonly string[];
  readonly answersBytes: boolean;
}

const nothingElse = { pathValues: {}, query: {}, headers: [], answersBytes: false } as const;
const multipartModel = (model: string): MultipartPart => ({ kind: 'field', name: 'model', value: model });

/** Starts attempts of one exchange; made per exchange, because it remembers the decoded request. */
export class TaskCaller {
  private readonly call: TaskCall;
  private readonly options: TaskCallerOptions;
  private decoded: TaskRequest | undefined;
  private readonly lost: Warning[] = [];

  constructor(call: TaskCall, options: TaskCallerOptions) {
    this.call = call;
    this.options = options;
  }

  /** Can this candidate be asked at all? */
  canServe(candidate: Candidate): boolean {
    const upstream = this.options.upstreams.get(candidate.connection.id);
    return upstream?.taskEndpoint(this.call.task, this.call.dialect.id, candidate.wireId) !== undefined;
  }

  /** The request in canonical form; decoding the body at the first need. */
  canonical(): TaskRequest {
    const { dialect, task } = this.call;
    if (this.decoded === undefined) {
      if (dialect.decodeRequest === undefined) throw new GatewayError('internal_error', `${dialect.id} is no grammar of clients`);
      const { body } = this.call;
      const files = body.kind === 'form' ? body.files : {};
      this.decoded = dialect.decodeRequest(this.members(), { task, warnings: this.lost, files });
    }
    return this.decoded;
  }

  /** `part` counts from 0, where the request takes several calls. */
  start(candidate: Candidate, part = 0): TaskSent {
    const { call, options } = this;
    const found = options.upstreams.get(candidate.connection.id);
    const upstream = found?.byModel?.get(candidate.wireId) ?? found;
    const endpoint = upstream?.taskEndpoint(call.task, call.dialect.id, candidate.wireId);
    if (upstream === undefined || endpoint === undefined) throw missingTask(candidate, call.task);
    const dialect = endpoint.codec ?? options.taskDialectOf(endpoint.dialect);
    const passesBytes = dialect.id === call.dialect.id && call.alwaysTranslated !== true;
    const asked = passesBytes ? undefined : partOf(this.canonical(), endpoint.maxInputs, part);
    const prepared = asked === undefined ? this.passOn(candidate, endpoint) : this.translate(candidate, endpoint, { dialect, asked });
    const request = this.upstreamRequest({ upstream, endpoint, prepared, wireId: candidate.wireId });
    const attempt = new Attempt({
      dispatcher: upstream.dispatcher,
      request,
      readAnswer: (json) => this.readFacts(dialect, json, { request: asked, model: candidate.wireId }),
      decodeError: (reply) => (dialect.decodeError ?? decodeUpstreamError)(reply),
      relayFor: (type) => this.relayFor(type, { dialect, passesBytes, answersBytes: prepared.answersBytes }),
      takesBytes: !passesBytes && dialect.decodeBytes !== undefined,
      errorRules: upstream.definition.errors,
      maxAnswerBytes: options.limits.answerBytes,
      maxBufferedBytes: options.limits.streamBufferBytes,
      clock: options.clock,
      secrets: upstream.secrets,
    });
    return {
      attempt,
      upstreamDialect: dialect,
      wireId: candidate.wireId,
      warnings: prepared.warnings,
      passesBytes,
      request: asked,
      parts: asked === undefined ? 1 : countParts(this.canonical(), endpoint.maxInputs),
    };
  }

  /** A whole answer → canonical. */
  decodeWhole(sent: TaskSent, opened: Extract<Opened, { kind: 'whole' }>): TaskResponse {
    const context = { request: sent.request ?? this.canonical(), model: sent.wireId };
    const contentType = textOf(opened.headers['content-type']);
    if (sent.upstreamDialect.decodeBytes !== undefined && !/json/i.test(contentType)) {
      return sent.upstreamDialect.decodeBytes(opened.body, { ...context, contentType });
    }
    return decodeWith(sent.upstreamDialect, opened.json(), context);
  }

  /** What the call used, when the answer does not say. */
  estimate(): Usage {
    const known = this.call.dialect.usageOf?.(this.canonical());
    if (known !== undefined) return known;
    const { body } = this.call;
    const bytes = body.kind === 'json' ? body.outline.end - body.outline.start : 0;
    return { ...noUsage, input: estimateTokens(bytes), source: 'estimated' };
  }

  private passOn(candidate: Candidate, endpoint: TaskEndpoint): Prepared {
    const { body, gatewayMembers } = this.call;
    if (body.kind === 'form') {
      const parts = body.parts.filter((part) => part.kind === 'file' || (part.name !== 'model' && !gatewayMembers.has(part.name)));
      return { ...nothingElse, body: { kind: 'multipart', parts: [multipartModel(candidate.wireId), ...parts] }, warnings: [] };
    }
    const edited = editBody({
      outline: body.outline,
      endpoint,
      model: candidate.wireId,
      traits: candidate.offer.traits,
      remove: gatewayMembers,
    });
    return { ...nothingElse, body: { kind: 'json-bytes', data: edited.body }, warnings: [...edited.warnings] };
  }

  private translate(
    candidate: Candidate,
    endpoint: TaskEndpoint,
    { dialect, asked }: { readonly dialect: TaskDialect; readonly asked: TaskRequest },
  ): Prepared {
    if (dialect.encodeRequest === undefined) throw missingTask(candidate, this.call.task);
    const { traits } = candidate.offer;
    const encoded = dialect.encodeRequest(asked, { model: candidate.wireId, traits });
    const warnings = [...this.lost, ...encoded.warnings];
    const prepared = {
      pathValues: encoded.pathValues ?? {},
      query: encoded.query ?? {},
      headers: encoded.headers ?? [],
      answersBytes: encoded.answersBytes === true,
    };
    // Without rules the encoder has said everything, under the names that its own grammar has (`model_id`, or none at all).
    if (encoded.body.kind !== 'json' || endpoint.rules === undefined) return { ...prepared, body: encoded.body, warnings };
    const edited = editObject({ body: encoded.body.json, endpoint, model: candidate.wireId, traits });
    warnings.push(...edited.warnings);
    return { ...prepared, body: { kind: 'json', json: edited.body }, warnings };
  }

  private upstreamRequest(sending: {
    readonly upstream: Upstream;
    readonly endpoint: TaskEndpoint;
    readonly prepared: Prepared;
    readonly wireId: string;
  }): UpstreamRequest {
    const { upstream, endpoint, prepared, wireId } = sending;
    const { dialect, forwardHeaders, demoHeader } = this.call;
    const headers = [...callHeaders(upstream, endpoint.dialect === dialect.id ? forwardHeaders : [], demoHeader)];
    for (let i = 0; i < prepared.headers.length; i += 2) replaceHeader(headers, prepared.headers[i] ?? '', prepared.headers[i + 1] ?? '');
    return {
      method: 'POST',
      path: taskPath(upstream, endpoint, { ...prepared, wireId }),
      headers,
      body: writeTaskBody(prepared.body, headers),
      firstByteMs: upstream.timeouts.wholeFirstByteMs,
      idleMs: upstream.timeouts.idleMs,
      totalMs: upstream.timeouts.totalMs,
    };
  }

  private relayFor(
    contentType: string,
    {
      dialect,
      passesBytes,
      answersBytes,
    }: { readonly dialect: TaskDialect; readonly passesBytes: boolean; readonly answersBytes: boolean },
  ): StreamRelay | undefined {
    if (/html/.test(contentType)) return undefined;
    if (passesBytes && contentType.includes('event-stream')) {
      const { events } = dialect;
      return events === undefined ? undefined : createEventsRelay({ events, maxFrameBytes: this.options.limits.frameBytes });
    }
    if (contentType.includes('json')) return undefined;
    if (passesBytes) return contentType === '' ? undefined : createBytesRelay();
    if (!answersBytes) return undefined;
    return this.wantsEvents() ? createAudioEventsRelay(this.estimate()) : createBytesRelay();
  }

  private wantsEvents(): boolean {
    const request = this.canonical();
    return request.task === 'speak' && request.events === true;
  }

  private readFacts(
    dialect: TaskDialect,
    json: Parameters<NonNullable<TaskDialect['decodeResponse']>>[0],
    { request, model }: { readonly request: TaskRequest | undefined; readonly model: string },
  ): AnswerFacts {
    if (dialect.readAnswerFacts !== undefined) return dialect.readAnswerFacts(json);
    const response = decodeWith(dialect, json, { request: request ?? this.canonical(), model });
    return { outputChars: 0, ...(response.usage !== undefined && { usage: response.usage }) };
  }

  private members(): JsonObject {
    const { body, gatewayMembers } = this.call;
    if (body.kind === 'form') return body.fields;
    return readCallerBody({ outline: body.outline, gatewayMembers });
  }
}

function decodeWith(
  dialect: TaskDialect,
  json: Parameters<NonNullable<TaskDialect['decodeResponse']>>[0],
  context: { readonly request: TaskRequest; readonly model: string },
): TaskResponse {
  if (dialect.decodeResponse === undefined) {
    throw new GatewayError('upstream_bad_reply', 'the provider answered with a document where bytes were expected');
  }
  return dialect.decodeResponse(json, context);
}

function textOf(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : (header?.[0] ?? '');
}
