// A profile made ready for asking it of hundreds of offers: names lowered, defaults decided, lists turned into sets.
import type { Alias, Catalog, Modality, Offer } from '../catalog/catalog.ts';
import type { ConnectionView, Profile, Strategy } from './decision.ts';
import { modalityOfNeeds } from './modality-of-needs.ts';
import { standingOf } from './standing.ts';

/** Everything a decision depends on besides the profile. */
export interface Situation {
  readonly catalog: Catalog;
  readonly connections: readonly ConnectionView[];
  /** Of the site; the profile's own goes first. */
  readonly strategy?: Strategy;
  readonly preferences?: Preferences;
  /** ISO date: offers retired before it are not chosen. Without it none is held to be retired. */
  readonly today?: string;
}

/** What the principal may use. */
export interface Preferences {
  /** Equal ids mean equal answers: part of the memo key (the key's id and the version of its list, for instance). */
  readonly id: string;
  /** `alias` is the alias the caller asked by, if it was one. */
  allows(offer: Offer, alias?: string): boolean;
}

export interface Question {
  readonly profile: Profile;
  readonly situation: Situation;
  readonly strategy: Strategy;
  readonly alias: Alias | undefined;
  /** Asked for, or implied by the task. */
  readonly modality: Modality;
  /** The requested modality may also be met by reading it. */
  readonly readsModality: boolean;
  readonly providers: ReadonlySet<string> | undefined;
  readonly exclude: ReadonlySet<string> | undefined;
  readonly region: string | undefined;
  readonly regions: ReadonlySet<string> | undefined;
  /** Nothing but simulators is configured, so one of them may serve without being named. */
  readonly simulatorsOnly: boolean;
}

export function prepareQuestion(profile: Profile, situation: Situation): Question {
  const { catalog, connections } = situation;
  const alias = profile.alias === undefined ? undefined : catalog.aliases.get(profile.alias);
  const task = profile.task === undefined ? undefined : catalog.taskFacts.get(profile.task);
  const { simulators } = standingOf(catalog);
  return {
    profile,
    situation,
    strategy: profile.strategy ?? situation.strategy ?? 'quality-first',
    alias,
    modality: profile.modality ?? alias?.modality ?? task?.modality ?? modalityOfNeeds(profile.needs) ?? 'text',
    readsModality: task?.readsModality === true,
    providers: profile.providers === undefined ? undefined : loweredSet(profile.providers),
    exclude: profile.exclude === undefined || profile.exclude.length === 0 ? undefined : loweredSet(profile.exclude),
    region: profile.region?.toLowerCase(),
    regions: profile.regions === undefined ? undefined : loweredSet(profile.regions),
    simulatorsOnly: connections.every((connection) => simulators.has(connection.provider)),
  };
}

function loweredSet(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map((name) => name.trim().toLowerCase()));
}
