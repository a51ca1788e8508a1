// The gateway's parts, put together for one program: the same as the server's, without server, ledger and database. Loaded at a router's
// first call, so that importing the library stays cheap.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Catalog } from '../catalog/catalog.ts';
import { createCatalog } from '../catalog/create-catalog.ts';
import { readCompiledCatalog } from '../catalog/read-catalog.ts';
import type { CompiledCatalog, Overlay } from '../catalog/records.ts';
import { FieldValues } from '../config/field-values.ts';
import { systemClock } from '../core/clock.ts';
import { systemRandom } from '../core/random.ts';
import { connectedParts } from '../gateway/connected-parts.ts';
import { createKeepAlive } from '../gateway/keep-alive.ts';
import { TimeLimits } from '../gateway/time-limit.ts';
import type { GatewayParts } from '../gateway/parts.ts';
import { PlanMemo } from '../gateway/plan-memo.ts';
import type { ProviderAdapter } from '../providers/adapter.ts';
import { createDemoDispatcher } from '../providers/demo/index.ts';
import { findProvider, type ProviderDefinition } from '../providers/index.ts';
import { createUpstreams } from '../routing/upstreams.ts';
import { createInProcessDispatcher, type InProcessUpstream } from '../transport/in-process.ts';
import { createAdapterDispatcher } from './adapter-bridge.ts';
import { brainStrategy } from './arrange.ts';
import { type AdapterCalls, createConnectionAdapter } from './connection-adapter.ts';
import type { RouterConnections } from './connections.ts';
import { describeModels, loadModel } from './models.ts';
import type { RouterOptions, Strategy } from './options.ts';
import { type CallOptions, ProgramCall } from './program-call.ts';
import type { GenerateRequest } from './request.ts';
import type { LoadedModel, ModelInfo } from './result.ts';

declare const MPC_VERSION: string | undefined;

export interface EngineOptions {
  readonly options: RouterOptions;
  readonly connections: RouterConnections;
  readonly strategy: Strategy;
  /** Definitions of the program's own providers. */
  readonly own: ReadonlyMap<string, ProviderDefinition>;
  /** Those that are objects with methods. */
  readonly adapters: ReadonlyMap<string, ProviderAdapter>;
  /** Answers the calls of every built-in provider instead: what the conformance laws put in place of a server. */
  readonly scripted?: InProcessUpstream;
}

const mib = 1_024 * 1_024;
const defaults = new FieldValues();

/** What is loaded at the first call, as the router sees it. */
export interface Engine {
  readonly parts: GatewayParts;
  call(request: GenerateRequest, options: Omit<CallOptions, 'parts'> & { readonly stream: boolean }): ProgramCall;
  load(model: string): Promise<LoadedModel>;
  models(): Promise<readonly ModelInfo[]>;
  adapter(connection: string, calls: Omit<AdapterCalls, 'parts'>): ProviderAdapter;
  /** Runner-ups of named models were ranked by the strategy before. */
  forgetPlans(): void;
}

export async function createEngine(options: EngineOptions): Promise<Engine> {
  let parts = await createParts(options);
  return {
    get parts() {
      return parts;
    },
    call: (request, given) => new ProgramCall(request, given.stream, { ...given, parts }),
    load: (model) => loadModel(model, parts),
    models: () => describeModels(parts),
    adapter: (connection, calls) => createConnectionAdapter(connection, { ...calls, parts }),
    forgetPlans() {
      parts = { ...parts, planMemo: new PlanMemo() };
    },
  };
}

/** Everything a call of this router works with. */
async function createParts(engine: EngineOptions): Promise<GatewayParts> {
  const { options } = engine;
  const clock = systemClock;
  const catalog = await readCatalog(options.catalog);
  const given = options.timeouts ?? {};
  const totalMs = given.totalMs ?? defaults.number('timeouts.total_ms');
  const firstByteMs = given.firstByteMs ?? defaults.number('timeouts.first_byte_ms');
  const connections = createUpstreams({
    connections: engine.connections.settings,
    definitionOf: (id) => engine.own.get(id) ?? findProvider(id),
    timeouts: {
      connectMs: given.connectMs ?? defaults.number('timeouts.connect_ms'),
      firstByteMs,
      // The head of a whole answer comes when all of it has been made.
      wholeFirstByteMs: given.firstByteMs ?? Math.max(firstByteMs, totalMs),
      idleMs: given.idleMs ?? defaults.number('timeouts.idle_ms'),
    },
    proxy: engine.connections.proxy,
    clock,
    builtIn(provider) {
      if (engine.scripted !== undefined) return createInProcessDispatcher(engine.scripted);
      const adapter = engine.adapters.get(provider);
      return adapter === undefined ? createDemoDispatcher({ clock, random: systemRandom }) : createAdapterDispatcher(adapter);
    },
  });
  return {
    ...connectedParts({ catalog, connections, clock, random: systemRandom }),
    observers: [],
    keepAlive: createKeepAlive(clock, defaults.number('keep_alive_ms')),
    timeLimits: new TimeLimits(clock),
    keepAliveMs: defaults.number('keep_alive_ms'),
    retry: {
      attempts: options.retry ?? defaults.number('retry.attempts'),
      baseDelayMs: defaults.number('retry.base_delay_ms'),
      maxDelayMs: defaults.number('retry.max_delay_ms'),
      maxRetryAfterMs: defaults.number('retry.max_retry_after_ms'),
    },
    timeouts: { totalMs, streamTotalMs: given.totalMs ?? defaults.number('timeouts.stream_total_ms') },
    limits: {
      frameBytes: defaults.number('limits.frame_mb') * mib,
      answerBytes: defaults.number('limits.answer_mb') * mib,
      streamBufferBytes: defaults.number('limits.stream_buffer_kb') * 1_024,
    },
    routing: { strategy: brainStrategy(engine.strategy), fallback: options.fallback ?? 'named' },
  };
}

/** The catalog that was built beside this file; from the sources, the data files themselves. */
async function readCatalog(overlay: Overlay | undefined): Promise<Catalog> {
  return createCatalog(await readCompiled(), overlay);
}

let compiled: CompiledCatalog | undefined;

/** Read once for all routers of a process. */
async function readCompiled(): Promise<CompiledCatalog> {
  if (compiled !== undefined) return compiled;
  const here = dirname(fileURLToPath(import.meta.url));
  if (typeof MPC_VERSION === 'string') {
    compiled = readCompiledCatalog(join(here.endsWith('chunks') ? join(here, '..', '..') : join(here, '..'), 'catalog.json'));
  } else {
    const { compileCatalog } = await import('../catalog/compile-catalog.ts');
    compiled = compileCatalog(join(here, '..', '..', 'data'));
  }
  return compiled;
}
