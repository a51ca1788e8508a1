// What budgets and rate limits have in common: whom they hold for, and for which models and providers.
import type { Offer } from '../catalog/catalog.ts';
import { type AllowList, mayUse } from './allow-list.ts';
import type { OwnerChain } from './owners/owner.ts';

export type HolderKind = 'global' | 'organisation' | 'team' | 'user' | 'key' | 'tag' | 'end_user';

export const holderKinds: readonly HolderKind[] = ['global', 'organisation', 'team', 'user', 'key', 'tag', 'end_user'];

export interface Holder {
  readonly kind: HolderKind;
  /** `*` = each of the kind has its own; '' for `global`. */
  readonly id: string;
}

/** `team:research`, `key:*`, `global`. */
export function holderName({ kind, id }: Holder): string {
  return kind === 'global' ? kind : `${kind}:${id}`;
}

export interface Scoped {
  /** The id under which counters are kept. */
  readonly id: string;
  readonly holder: Holder;
  /** Only calls served by these models; undefined = all. */
  readonly models?: AllowList | undefined;
  /** Only calls that go to this provider. */
  readonly provider?: string | undefined;
}

/** Equal for rules with the same holder, models and provider. */
export function sameScope({ holder, models, provider }: Scoped): string {
  const names = models === undefined ? '' : [...models.names, ...models.prefixes.map((prefix) => `${prefix}*`)].sort().join();
  return JSON.stringify([holderName(holder), names, provider ?? '']);
}

/** Who would serve, or has served. */
export interface Service {
  readonly offer: Offer;
  /** Of the connection: whom the call is paid to. */
  readonly provider: string;
}

export function concerns(rule: Scoped, service: Service): boolean {
  if (rule.provider !== undefined && rule.provider !== service.provider) return false;
  return rule.models === undefined || mayUse(rule.models, service.offer);
}

/** The holders of a call that are known before its body: everybody a key belongs to. */
export function holdersOf(chain: OwnerChain): Holder[] {
  const holders: Holder[] = [{ kind: 'global', id: '' }];
  const { organisationId, teamId, userId, keyId } = chain;
  if (organisationId !== undefined) holders.push({ kind: 'organisation', id: organisationId });
  if (teamId !== undefined) holders.push({ kind: 'team', id: teamId });
  if (userId !== undefined) holders.push({ kind: 'user', id: userId });
  if (keyId !== undefined) holders.push({ kind: 'key', id: keyId });
  for (const tag of new Set(chain.tags)) holders.push({ kind: 'tag', id: tag });
  return holders;
}

/** Rules by the holder they name, so that finding those of a holder is two look-ups: by name, and by `*`. */
export class RuleIndex<Rule extends Scoped> {
  readonly #byHolder = new Map<string, Rule[]>();
  readonly #kinds = new Set<HolderKind>();

  constructor(rules: readonly Rule[]) {
    for (const rule of rules) {
      const name = holderName(rule.holder);
      const known = this.#byHolder.get(name);
      if (known === undefined) this.#byHolder.set(name, [rule]);
      else known.push(rule);
      this.#kinds.add(rule.holder.kind);
    }
  }

  /** Does any rule name holders of this kind? */
  names(kind: HolderKind): boolean {
    return this.#kinds.has(kind);
  }

  of(holder: Holder): readonly Rule[] {
    const own = this.#byHolder.get(holderName(holder));
    const each = holder.kind === 'global' ? undefined : this.#byHolder.get(`${holder.kind}:*`);
    if (each === undefined) return own ?? [];
    return own === undefined ? each : [...own, ...each];
  }
}
