// One call of a program: its request handed to the gateway as any client's, and what came back, with the facts of the exchange.
import type { ChatEvent, ChatRequest, ChatResponse } from '../canonical/chat.ts';
import { inputTotal, noUsage, outputTotal } from '../canonical/usage.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { parseJson, tryParseJson } from '../core/json.ts';
import type { ChatRequestCall, Reply } from '../gateway/call.ts';
import { serveChat } from '../gateway/chat.ts';
import type { ExchangeEnd, Observer } from '../gateway/events.ts';
import { Interruption } from '../gateway/interruption.ts';
import type { GatewayParts } from '../gateway/parts.ts';
import type { Plan } from '../gateway/plan-memo.ts';
import { AnswerBuilder, type RawToolCall } from './answer-builder.ts';
import { arrangePlan, brainStrategy, type Traffic } from './arrange.ts';
import type { Budget, Hold } from './budget.ts';
import { EventQueue } from './event-queue.ts';
import { LLMError, toLLMError } from './llm-error.ts';
import { toModelWish } from './model-wish.ts';
import type { Strategy } from './options.ts';
import { decodeEvents, emptyBody, ProgramDialect } from './program-dialect.ts';
import type { FinishReason, GenerateResult, StreamPart } from './result.ts';
import type { GenerateRequest, ToolCall } from './request.ts';
import { checkValue } from './json-schema.ts';
import { toChatRequest } from './to-chat-request.ts';

export interface CallOptions {
  readonly parts: GatewayParts;
  readonly strategy: Strategy;
  readonly traffic: Traffic;
  readonly budget: Budget | undefined;
  readonly fallbacks: readonly string[];
  readonly observer: Observer;
}

export class ProgramCall {
  private readonly request: GenerateRequest;
  private readonly options: CallOptions;
  private readonly chat: ChatRequest;
  private readonly dialect: ProgramDialect;
  private readonly interruption = new Interruption();
  private readonly id = newId('req');
  private readonly startedWallMs: number;
  private hold: Hold | undefined;
  private leave: (() => void) | undefined;
  private end: ExchangeEnd | undefined;

  constructor(request: GenerateRequest, stream: boolean, options: CallOptions) {
    this.request = request;
    this.options = options;
    this.chat = toChatRequest(request, stream);
    this.dialect = new ProgramDialect(this.chat);
    this.startedWallMs = options.parts.clock.wallMs();
  }

  async generate(): Promise<GenerateResult> {
    const stopListening = this.listenToSignal();
    try {
      const reply = await this.serve();
      if (reply.kind !== 'whole') throw this.failure(reply.kind === 'failed' ? reply.error : undefined);
      const response = parseJson(String(reply.body)) as unknown as ChatResponse;
      return await this.resultOf(AnswerBuilder.of(response));
    } finally {
      stopListening();
    }
  }

  /** Leaving the loop, at any point, stops the upstream. */
  async *stream(): AsyncGenerator<StreamPart> {
    const stopListening = this.listenToSignal();
    const answer = new AnswerBuilder();
    try {
      const reply = await this.serve();
      if (reply.kind === 'failed') throw this.failure(reply.error);
      for await (const event of eventsOf(reply)) {
        const told = answer.note(event);
        if (told === undefined) continue;
        if (told.type === 'tool-call') yield { type: 'tool-call', text: '', toolCall: await this.toolCallOf(told.call) };
        else yield told;
      }
      if (this.dialect.failure !== undefined) throw this.failure(this.dialect.failure);
      for (const call of answer.openCalls()) yield { type: 'tool-call', text: '', toolCall: await this.toolCallOf(call) };
      yield { type: 'finish', text: '', result: await this.resultOf(answer) };
    } finally {
      stopListening();
      this.abort(new GatewayError('client_gone', 'the loop over the stream was left'));
    }
  }

  abort(error: GatewayError): void {
    this.interruption.interrupt(error);
  }

  private serve(): Promise<Reply> {
    const { parts, strategy, observer } = this.options;
    const { timeout, retry } = this.request;
    return serveChat(this.toCall(), {
      ...parts,
      observers: [{ exchangeEnded: (end) => this.onEnd(end) }, observer],
      ...(timeout !== undefined && { timeouts: { totalMs: timeout, streamTotalMs: timeout } }),
      ...(retry !== undefined && { retry: { ...parts.retry, attempts: retry } }),
      routing: { ...parts.routing, strategy: brainStrategy(strategy) },
      arrange: (plan) => this.arrange(plan),
    });
  }

  private toCall(): ChatRequestCall {
    const { clock } = this.options.parts;
    const { request, chat } = this;
    return {
      requestId: this.id,
      endpoint: 'library',
      dialectName: this.dialect.id,
      principal: { id: 'program' },
      arrivedMs: clock.monotonicMs(),
      arrivedWallMs: this.startedWallMs,
      authMs: 0,
      interruption: this.interruption,
      wish: toModelWish(request, { chat, fallbacks: request.fallbacks ?? this.options.fallbacks, strategy: undefined }),
      chat: {
        dialect: this.dialect,
        outline: emptyBody,
        stream: chat.stream,
        includeUsage: true,
        requestedModel: chat.model,
        gatewayMembers: new Set(),
        forwardHeaders: [],
      },
    };
  }

  private arrange(plan: Plan): Plan {
    const { strategy, traffic, budget } = this.options;
    let candidates = arrangePlan(plan, { strategy, traffic, request: this.request });
    if (budget !== undefined) {
      const admission = budget.admit(candidates, this.chat);
      this.hold = admission.hold;
      candidates = admission.candidates;
    }
    const [first] = candidates;
    if (first === undefined) throw new GatewayError('no_matching_model', 'the strategy left no candidate; answer at least one');
    this.leave = this.options.traffic.enter(first.connection.id);
    return { ...plan, candidates };
  }

  /** Comes exactly once, whatever happens: also after a loop that was left, when the upstream has stopped. */
  private onEnd(end: ExchangeEnd): void {
    this.end = end;
    for (const attempt of end.entry.attempts) this.options.traffic.experience.note(attempt);
    this.hold?.settle(end.entry.costNanoUsd);
    this.leave?.();
  }

  private listenToSignal(): () => void {
    const { signal } = this.request;
    if (signal === undefined) return () => undefined;
    const onAbort = (): void => this.abort(new GatewayError('client_gone', 'the call was aborted by its signal', { cause: signal.reason }));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    return () => signal.removeEventListener('abort', onAbort);
  }

  private failure(error: GatewayError | undefined): LLMError {
    const entry = this.end?.entry;
    const cause = error ?? new GatewayError('internal_error', 'the gateway answered in a form that was not asked for');
    const facts = {
      requestId: this.id,
      ...(entry?.provider !== undefined && { provider: entry.provider }),
      ...(entry?.providerModel !== undefined && { model: entry.providerModel }),
      ...(entry !== undefined && { attempts: entry.attempts }),
    };
    if (cause.code !== 'client_gone') return toLLMError(cause, facts);
    return new LLMError('aborted', cause.message, {
      status: 499,
      ...facts,
      ...(cause.details.cause !== undefined && { cause: cause.details.cause }),
    });
  }

  private async toolCallOf(call: RawToolCall): Promise<ToolCall> {
    const parsed = call.arguments.trim() === '' ? {} : tryParseJson(call.arguments);
    const named = { id: call.id, name: call.name, argumentsText: call.arguments };
    if (parsed === undefined) return { ...named, arguments: undefined, problem: 'the arguments are not JSON' };
    const schema = this.request.tools?.find((tool) => tool.name === call.name)?.parameters;
    const checked = schema === undefined ? { value: parsed } : await checkValue(schema, parsed);
    return 'problem' in checked ? { ...named, arguments: parsed, problem: checked.problem } : { ...named, arguments: checked.value };
  }

  private async resultOf(answer: AnswerBuilder): Promise<GenerateResult> {
    const entry = this.end?.entry;
    const usage = entry?.usage ?? noUsage;
    const costNanoUsd = entry === undefined ? null : entry.costNanoUsd;
    const toolCalls = await Promise.all(answer.toolCalls().map((call) => this.toolCallOf(call)));
    const result: GenerateResult = {
      text: answer.text,
      model: entry?.model ?? '',
      provider: entry?.provider ?? '',
      usage: {
        promptTokens: inputTotal(usage),
        completionTokens: outputTotal(usage),
        totalTokens: inputTotal(usage) + outputTotal(usage),
        cachedTokens: usage.cachedInput,
        cacheWriteTokens: usage.cacheWrite,
        reasoningTokens: usage.reasoning,
        estimated: usage.source === 'estimated',
      },
      cost: costNanoUsd === null ? null : costNanoUsd / 1e9,
      finishReason: (answer.finish ?? 'stop') as FinishReason,
      reasoning: answer.reasoning,
      toolCalls,
      object: undefined,
      message: answer.message(),
      metadata: {
        requestId: this.id,
        providerModel: entry?.providerModel ?? '',
        connection: entry?.connection ?? '',
        layer: entry?.layer ?? 'direct',
        attempts: entry?.attempts ?? [],
        costNanoUsd,
        warnings: entry?.warnings ?? [],
        ...(entry?.decisionId !== undefined && { decisionId: entry.decisionId }),
        ...(entry?.timings.firstByteMs !== undefined && { firstByteMs: entry.timings.firstByteMs }),
        totalMs: entry?.timings.totalMs ?? 0,
      },
      timestamp: new Date(this.startedWallMs).toISOString(),
    };
    return this.request.schema === undefined ? result : { ...result, object: await this.objectOf(result) };
  }

  private async objectOf(result: GenerateResult): Promise<unknown> {
    const { schema } = this.request;
    if (schema === undefined || (result.text.trim() === '' && result.toolCalls.length > 0)) return undefined;
    const parsed = tryParseJson(result.text);
    const checked = parsed === undefined ? { problem: describeUnreadable(result) } : await checkValue(schema, parsed);
    if ('value' in checked) return checked.value;
    throw new LLMError('invalid_output', `the answer does not fit its schema: ${checked.problem}`, {
      status: 502,
      requestId: this.id,
      provider: result.provider,
      model: result.metadata.providerModel,
      attempts: result.metadata.attempts,
      result,
    });
  }
}

function describeUnreadable({ finishReason }: GenerateResult): string {
  return finishReason === 'length' ? 'it was cut off at maxTokens' : `it is not JSON (finish reason ${finishReason})`;
}

async function* eventsOf(reply: Exclude<Reply, { kind: 'failed' }>): AsyncGenerator<ChatEvent> {
  if (reply.kind === 'whole') {
    yield* decodeEvents(String(reply.body));
    return;
  }
  if (reply.kind !== 'stream') return;
  const queue = new EventQueue();
  // It answers failures as the end of the stream; should it break all the same, the loop must not wait for ever.
  let broken: unknown;
  reply.pipe(queue).catch((thrown: unknown) => {
    broken = thrown;
    queue.end();
  });
  for (let event = await queue.next(); event !== undefined; event = await queue.next()) yield event;
  if (broken !== undefined) throw toGatewayError(broken);
}
