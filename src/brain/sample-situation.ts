// Situations for tests: connections by name, and questions with nothing in them but what the test sets.
import type { Catalog } from '../catalog/catalog.ts';
import type { ConnectionView, Decision, Profile } from './decision.ts';
import type { Situation } from './question.ts';

export function sampleConnection(id: string, change: Partial<ConnectionView> = {}): ConnectionView {
  return { id, provider: id, layer: 'direct', healthy: true, openEnded: false, wireIdFor: () => undefined, ...change };
}

/** Healthy direct connections to these providers, or to all of the catalog. */
export function sampleSituation(catalog: Catalog, providers: readonly string[] = [...catalog.providers]): Situation {
  return { catalog, connections: providers.map((provider) => sampleConnection(provider)) };
}

export function sampleProfile(change: Partial<Profile> = {}): Profile {
  return { needs: [], contextTokens: 0, ...change };
}

/** Canonical ids, best first. */
export function rankedIds(decision: Decision): readonly string[] {
  return decision.ranked.map((one) => one.candidate.offer.canonicalId);
}
