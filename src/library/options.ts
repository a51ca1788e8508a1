// What a router is made of, and the check of it: a mistake in the options is told when the router is made, not at its first call.
import type { Overlay } from '../catalog/records.ts';
import { nearestName } from '../config/nearest-name.ts';
import { isObject } from '../core/json.ts';
import type { ProviderAdapter } from '../providers/adapter.ts';
import type { KnownProvider, ProviderDefinition } from '../providers/index.ts';
import { invalidOption } from './llm-error.ts';
import type { GenerateRequest, StrategyName } from './request.ts';

/** An account at a provider. What is absent is read from the provider's variables, unless `env` is false. */
export interface ProviderAccount {
  readonly apiKey?: string;
  /** In place of the provider's own address; used as given. */
  readonly baseUrl?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ids it serves beyond the catalog; `*` = any. */
  readonly models?: readonly string[];
  readonly region?: string;
  /** What the account needs besides a key: project, resource, version … */
  readonly account?: Readonly<Record<string, string>>;
  readonly timeouts?: { readonly connectMs?: number; readonly firstByteMs?: number; readonly idleMs?: number };
  /** PEM file of a private authority. */
  readonly caFile?: string;
}

/** A model at a connection, as a strategy of one's own sees it. */
export interface StrategyCandidate {
  /** Canonical id. */
  readonly model: string;
  readonly providerModel: string;
  readonly provider: string;
  readonly connection: string;
  readonly qualityTier: 'flagship' | 'strong' | 'draft';
  readonly speedTier: 'fast' | 'normal' | 'slow';
  /** USD per million tokens; undefined = unknown. */
  readonly inputUsdPerMillion?: number;
  readonly outputUsdPerMillion?: number;
  readonly healthy: boolean;
  /** Calls of this router under way there. */
  readonly inFlight: number;
}

/** Answers the candidates in the order in which they are tried; those left out are not. */
export type StrategyFunction = (candidates: readonly StrategyCandidate[], request: GenerateRequest) => readonly StrategyCandidate[];

export type Strategy = StrategyName | StrategyFunction;

interface BaseOptions {
  /** Ids of providers to use. Without this and without any account, every provider that the environment has a key for. */
  readonly providers?: readonly (KnownProvider | (string & {}))[];
  /** Providers of one's own: definitions or objects with an adapter's methods. */
  readonly adapters?: readonly (ProviderDefinition | ProviderAdapter)[];
  /** Accounts under names of one's own: a second one at a provider, or one of an adapter's. */
  readonly accounts?: Readonly<Record<string, ProviderAccount & { readonly provider?: string }>>;
  /** Default `quality-first`. */
  readonly strategy?: Strategy;
  /** Models to try when the one asked for fails. */
  readonly fallbacks?: readonly string[];
  /** May the Brain's runner-ups serve when a named model fails? Default `named`: only what a call or an alias lists. */
  readonly fallback?: 'named' | 'runner-ups' | 'none';
  /** All calls of this router together may not cost more. A call that could overshoot is refused before it is sent. */
  readonly maxCostUsd?: number;
  /** Under `maxCostUsd`: what to do with models whose price is unknown. Default `refuse`; `allow` counts only what they tell. */
  readonly unknownPrice?: 'refuse' | 'allow';
  readonly timeouts?: {
    readonly connectMs?: number;
    readonly firstByteMs?: number;
    readonly idleMs?: number;
    /** A whole call with all its attempts. */
    readonly totalMs?: number;
  };
  /** Tries beyond the first on one model; default 2. */
  readonly retry?: number;
  /** Models, prices and aliases of one's own, over the catalog. */
  readonly catalog?: Overlay;
  /** Default true: keys and addresses that are not given are read from the environment. False reads nothing; an object is read instead. */
  readonly env?: boolean | Readonly<Record<string, string | undefined>>;
}

export type RouterOptions = BaseOptions & { readonly [Provider in KnownProvider]?: ProviderAccount };

const baseNames = [
  'providers',
  'adapters',
  'accounts',
  'strategy',
  'fallbacks',
  'fallback',
  'maxCostUsd',
  'unknownPrice',
  'timeouts',
  'retry',
  'catalog',
  'env',
] as const satisfies readonly (keyof BaseOptions)[];

const strategyNames: readonly StrategyName[] = [
  'quality-first',
  'cost-optimized',
  'speed-priority',
  'balanced',
  'round-robin',
  'least-loaded',
  'capability-match',
  'adaptive',
];

const accountNames: readonly (keyof ProviderAccount | 'provider')[] = [
  'apiKey',
  'baseUrl',
  'headers',
  'models',
  'region',
  'account',
  'timeouts',
  'caFile',
  'provider',
];

/** Throws `invalid_request` naming the first option that is wrong. `known` are the ids of the providers. */
export function checkOptions(options: RouterOptions, known: ReadonlySet<string>): void {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', 'must be an object');
  for (const name of Object.keys(options)) {
    if ((baseNames as readonly string[]).includes(name)) continue;
    if (!known.has(name)) throw unknownName(name, [...baseNames, ...known]);
    checkAccount(options[name as KnownProvider], name);
  }
  for (const id of list(options.providers, 'providers')) {
    if (typeof id !== 'string' || !known.has(id)) throw unknownProvider(String(id), known);
  }
  for (const [id, account] of Object.entries(record(options.accounts, 'accounts'))) {
    checkAccount(account, `accounts.${id}`);
    const provider = account.provider ?? id;
    if (!known.has(provider)) throw unknownProvider(provider, known);
  }
  if (options.strategy !== undefined) checkStrategy(options.strategy);
  checkLimits(options);
}

export function checkStrategy(strategy: Strategy): void {
  if (typeof strategy === 'function' || strategyNames.includes(strategy)) return;
  throw invalidOption('strategy', `must be a function or one of ${strategyNames.join(', ')}`);
}

function checkLimits({ maxCostUsd, retry, unknownPrice, fallback, fallbacks, timeouts }: RouterOptions): void {
  if (maxCostUsd !== undefined && !isCount(maxCostUsd)) throw invalidOption('maxCostUsd', 'must be a number of dollars, 0 or more');
  if (retry !== undefined && !(Number.isInteger(retry) && retry >= 0)) throw invalidOption('retry', 'must be a whole number, 0 or more');
  if (unknownPrice !== undefined && unknownPrice !== 'refuse' && unknownPrice !== 'allow')
    throw invalidOption('unknownPrice', 'must be refuse or allow');
  if (fallback !== undefined && !['named', 'runner-ups', 'none'].includes(fallback))
    throw invalidOption('fallback', 'must be named, runner-ups or none');
  for (const name of list(fallbacks, 'fallbacks'))
    if (typeof name !== 'string') throw invalidOption('fallbacks', 'must be names of models');
  for (const [name, value] of Object.entries(record(timeouts, 'timeouts'))) {
    if (!isCount(value) || value === 0) throw invalidOption(`timeouts.${name}`, 'must be a number of milliseconds');
  }
}

function checkAccount(account: unknown, at: string): void {
  if (account === undefined) return;
  if (!isObject(account)) throw invalidOption(at, 'must be an account: { apiKey, baseUrl, … }');
  for (const name of Object.keys(account)) {
    if ((accountNames as readonly string[]).includes(name)) continue;
    const near = nearestName(name, accountNames);
    throw invalidOption(`${at}.${name}`, near === undefined ? `is no option; known: ${accountNames.join(', ')}` : `did you mean ${near}?`);
  }
  for (const name of ['apiKey', 'baseUrl', 'region', 'caFile'] as const) {
    if (account[name] !== undefined && typeof account[name] !== 'string') throw invalidOption(`${at}.${name}`, 'must be a string');
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function list<Item>(value: readonly Item[] | undefined, at: string): readonly Item[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalidOption(at, 'must be a list');
  return value;
}

function record<Value>(value: Readonly<Record<string, Value>> | undefined, at: string): Readonly<Record<string, Value>> {
  if (value === undefined) return {};
  if (!isObject(value)) throw invalidOption(at, 'must be an object');
  return value;
}

function unknownProvider(id: string, known: ReadonlySet<string>): Error {
  const near = nearestName(id, known);
  return invalidOption(
    'providers',
    `there is no provider "${id.slice(0, 80)}"; ${near === undefined ? 'docs/providers.md lists them' : `did you mean ${near}?`}`,
  );
}

function unknownName(name: string, names: Iterable<string>): Error {
  const near = nearestName(name, names);
  return invalidOption(name.slice(0, 80), near === undefined ? 'is neither an option nor a provider' : `did you mean ${near}?`);
}
