// The gateway as an object in a program. Making one starts nothing: no socket, no timer, no file; the parts are loaded at the first call.
import type { AttemptRecord } from '../canonical/attempt-record.ts';
import { systemClock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import type { Entry } from '../ledger/entry.ts';
import type { ExchangeEnd, Observer } from '../gateway/events.ts';
import type { ProviderAdapter } from '../providers/adapter.ts';
import { type ProviderDefinition, providers } from '../providers/index.ts';
import { Traffic } from './arrange.ts';
import { Budget } from './budget.ts';
import { readConnections, type RouterConnections } from './connections.ts';
import { invalidOption, toLLMError } from './llm-error.ts';
import type { Engine } from './engine.ts';
import { checkOptions, checkStrategy, type RouterOptions, type Strategy } from './options.ts';
import { readOwnProvider } from './own-provider.ts';
import type { ProgramCall } from './program-call.ts';
import type { GenerateRequest, ToolDefinition } from './request.ts';
import type { BudgetState, GenerateResult, LoadedModel, ModelInfo, StreamPart } from './result.ts';
import type { SchemaInput } from './schema.ts';

export interface RouterEvents {
  /** One upstream call is over, successful or not. */
  readonly 'attempt-end': AttemptRecord & { readonly requestId: string };
  /** One `generate` or `stream` is over: what it used, what it cost, who served it. */
  readonly 'exchange-end': Entry;
}

type Listener<Name extends keyof RouterEvents> = (event: RouterEvents[Name]) => void;
type Tools = readonly ToolDefinition[] | undefined;

export class LLMRouter {
  readonly #options: RouterOptions;
  readonly #own = new Map<string, ProviderDefinition>();
  readonly #adapters = new Map<string, ProviderAdapter>();
  readonly #connections: RouterConnections;
  readonly #traffic = new Traffic();
  readonly #budget: Budget | undefined;
  readonly #listeners = new Map<string, Set<(event: never) => void>>();
  #strategy: Strategy;
  #engine: Promise<Engine> | undefined;
  #closed = false;

  /** Throws an LLMError (`invalid_request`) that names the option at fault. */
  constructor(options: RouterOptions = {}) {
    for (const adapter of options.adapters ?? []) this.#register(adapter);
    checkOptions(options, new Set([...providers.map((provider) => provider.id), ...this.#own.keys()]));
    this.#options = options;
    this.#strategy = options.strategy ?? 'quality-first';
    this.#connections = readConnections(options, this.#own);
    this.#budget = options.maxCostUsd === undefined ? undefined : new Budget(options.maxCostUsd, options.unknownPrice ?? 'refuse');
  }

  async generate<S extends SchemaInput | undefined = undefined, const T extends Tools = undefined>(
    request: GenerateRequest<S, T>,
  ): Promise<GenerateResult<S, T>> {
    const call = await this.#call(request, false);
    try {
      // The call checks against the very schemas these types come from.
      return (await call.generate()) as unknown as GenerateResult<S, T>;
    } catch (thrown) {
      throw toLLMError(thrown);
    }
  }

  /** Nothing is sent before the first part is asked for; leaving the loop stops the upstream. */
  async *stream<S extends SchemaInput | undefined = undefined, const T extends Tools = undefined>(
    request: GenerateRequest<S, T>,
  ): AsyncGenerator<StreamPart<S, T>, void, undefined> {
    const call = await this.#call(request, true);
    try {
      yield* call.stream() as AsyncGenerator<StreamPart<S, T>, void, undefined>;
    } catch (thrown) {
      throw toLLMError(thrown);
    }
  }

  /** The text of one answer. */
  async quick(prompt: string, options: Omit<GenerateRequest<undefined, undefined>, 'prompt' | 'messages'> = {}): Promise<string> {
    const { text } = await this.generate({ ...options, prompt });
    return text;
  }

  /** `generate` with its own fallbacks, timeout (ms) and tries. */
  advanced<S extends SchemaInput | undefined = undefined, const T extends Tools = undefined>(
    request: GenerateRequest<S, T>,
  ): Promise<GenerateResult<S, T>> {
    return this.generate(request);
  }

  /** Is the model known here, and does its provider answer? Rejects when not. */
  async load(model: string): Promise<LoadedModel> {
    try {
      return await (await this.#loadEngine()).load(model);
    } catch (thrown) {
      throw toLLMError(thrown);
    }
  }

  /** What this router can call now. */
  async models(): Promise<readonly ModelInfo[]> {
    return (await this.#loadEngine()).models();
  }

  setStrategy(strategy: Strategy): void {
    checkStrategy(strategy);
    this.#strategy = strategy;
    // Whoever made the first call was told why it could not be loaded.
    this.#engine?.then(
      (engine) => engine.forgetPlans(),
      () => undefined,
    );
  }

  /** What `maxCostUsd` has left; undefined without one. */
  budget(): BudgetState | undefined {
    return this.#budget?.state();
  }

  /** The provider of a connection as an adapter of its own. */
  async provider(id: string): Promise<ProviderAdapter> {
    const own = this.#adapters.get(id);
    if (own !== undefined) return own;
    const engine = await this.#loadEngine();
    return engine.adapter(id, { generate: (request) => this.generate(request), stream: (request) => this.stream(request) });
  }

  /** The returned function stops it. A listener that throws does not disturb the call: its error surfaces as an uncaught one. */
  on<Name extends keyof RouterEvents>(name: Name, listener: Listener<Name>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener as (event: never) => void);
    return () => listeners.delete(listener as (event: never) => void);
  }

  /** Closes the sockets; calls under way may end. A process needs not call it to exit. */
  async close(): Promise<void> {
    this.#closed = true;
    const engine = await this.#engine?.catch(() => undefined);
    engine?.parts.keepAlive.close();
    await engine?.parts.connections.close();
  }

  #register(adapter: ProviderDefinition | ProviderAdapter): void {
    const read = readOwnProvider(adapter);
    if ('wrong' in read) throw invalidOption('adapters', read.wrong);
    const { id } = read.definition;
    if (this.#own.has(id)) throw invalidOption('adapters', `two are called "${id}"`);
    this.#own.set(id, read.definition);
    if (read.adapter !== undefined) this.#adapters.set(id, read.adapter);
  }

  async #call(request: GenerateRequest, stream: boolean): Promise<ProgramCall> {
    try {
      if (typeof request !== 'object' || request === null) throw invalidOption('request', 'must be an object: { prompt, … }');
      if (this.#closed) throw new GatewayError('shutting_down', 'the router was closed; make a new one');
      const engine = await this.#loadEngine();
      return engine.call(request, {
        stream,
        strategy: this.#strategy,
        traffic: this.#traffic,
        budget: this.#budget,
        fallbacks: this.#options.fallbacks ?? [],
        observer: this.#observer(),
      });
    } catch (thrown) {
      throw toLLMError(thrown);
    }
  }

  #loadEngine(): Promise<Engine> {
    this.#engine ??= import('./engine.ts').then(({ createEngine }) =>
      createEngine({
        options: this.#options,
        connections: this.#connections,
        strategy: this.#strategy,
        own: this.#own,
        adapters: this.#adapters,
      }),
    );
    return this.#engine;
  }

  #observer(): Observer {
    return {
      attemptEnded: (record, requestId) => this.#emit('attempt-end', { ...record, requestId }),
      exchangeEnded: ({ entry }: ExchangeEnd) => this.#emit('exchange-end', entry),
    };
  }

  #emit<Name extends keyof RouterEvents>(name: Name, event: RouterEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        (listener as Listener<Name>)(event);
      } catch (thrown) {
        systemClock.after(0, () => {
          throw thrown;
        });
      }
    }
  }
}
