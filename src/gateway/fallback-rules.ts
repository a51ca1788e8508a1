// What the operator says about falling back, made ready at load time: after which failures, to whom, and how long an alias may take.
import type { Profile } from '../brain/decision.ts';
import { createFallbackPolicy, type FailureClass, failureClasses, type FallbackPolicy } from '../routing/fallback-policy.ts';

export { type FailureClass, failureClasses };

export interface FallbackSettings {
  /** Absent: as the error table says. */
  readonly fallbackOn?: readonly FailureClass[] | undefined;
  /** By name; `*` for models that have no chain of their own. */
  readonly chains?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly aliases?: Readonly<Record<string, AliasRule>> | undefined;
}

export interface AliasRule {
  readonly fallbackOn?: readonly FailureClass[] | undefined;
  readonly timeoutMs?: number | undefined;
}

interface ReadyAlias {
  readonly policy: FallbackPolicy | undefined;
  readonly timeoutMs: number | undefined;
}

const noNames: readonly string[] = [];

export class FallbackRules {
  private readonly policy: FallbackPolicy | undefined;
  private readonly aliases = new Map<string, ReadyAlias>();
  private readonly chains = new Map<string, readonly string[]>();
  /** Of one request; stands above the others. */
  private asked: FallbackPolicy | undefined;

  constructor({ fallbackOn, chains = {}, aliases = {} }: FallbackSettings) {
    this.policy = fallbackOn === undefined ? undefined : createFallbackPolicy(fallbackOn);
    for (const [name, rule] of Object.entries(aliases)) {
      const policy = rule.fallbackOn === undefined ? this.policy : createFallbackPolicy(rule.fallbackOn);
      if (rule.fallbackOn !== undefined || rule.timeoutMs !== undefined)
        this.aliases.set(name.toLowerCase(), { policy, timeoutMs: rule.timeoutMs });
    }
    const listed = new Map(Object.entries(chains).map(([name, chain]) => [name.toLowerCase(), chain]));
    for (const name of listed.keys()) this.chains.set(name, followed(name, listed));
  }

  /** Nothing is set that differs from having no rules. */
  get isEmpty(): boolean {
    return this.policy === undefined && this.aliases.size === 0 && this.chains.size === 0;
  }

  /** For the model or alias that was asked for. Undefined: the error table decides. */
  policyFor(name: string | undefined): FallbackPolicy | undefined {
    return this.asked ?? (name === undefined ? undefined : this.aliases.get(name.toLowerCase())?.policy) ?? this.policy;
  }

  askedFor(classes: readonly FailureClass[]): FallbackRules {
    const rules = Object.create(this) as FallbackRules;
    rules.asked = createFallbackPolicy(classes);
    return rules;
  }

  timeoutMsFor(name: string | undefined): number | undefined {
    return name === undefined ? undefined : this.aliases.get(name.toLowerCase())?.timeoutMs;
  }

  /** Who may take over when the caller lists nobody. A request that leaves the choice to the Brain has its runner-ups. */
  chainFor({ requestedModel, alias, named }: Profile): readonly string[] {
    if (named === undefined || this.chains.size === 0) return noNames;
    const first = named[0];
    for (const name of [requestedModel, alias, first?.providerId, first?.canonicalId, first?.model]) {
      const chain = name === undefined ? undefined : this.chains.get(name.toLowerCase());
      if (chain !== undefined) return chain;
    }
    return this.chains.get('*') ?? noNames;
  }
}

/** The rules for one request: the operator's own object, unless the request says itself after which failures others may take over. */
export function rulesFor(fallbackOn: readonly FailureClass[] | undefined, rules: FallbackRules | undefined): FallbackRules | undefined {
  return fallbackOn === undefined ? rules : (rules ?? withoutRules).askedFor(fallbackOn);
}

/** A chain goes on with the chains of its own members, each model once. */
function followed(start: string, listed: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const names: string[] = [];
  const seen = new Set([start]);
  const follow = (name: string): void => {
    for (const next of listed.get(name) ?? []) {
      const key = next.toLowerCase();
      if (seen.has(key)) continue;
      seen.add(key);
      names.push(next);
      follow(key);
    }
  };
  follow(start);
  return names;
}

const withoutRules = new FallbackRules({});
