// Limits for single models → what each connection has to know of them, found out at load time: a call only looks its model up.
import type { ConnectionView } from '../brain/decision.ts';
import { type Names, resolveModel } from '../brain/resolve-model.ts';

/** Absent members are as the connection has them. */
export interface ModelLimits {
  readonly connectMs?: number;
  readonly firstByteMs?: number;
  readonly idleMs?: number;
  /** One call to the model, from the request to the last byte. */
  readonly totalMs?: number;
}

/** By connection, then by the id under which the connection knows the model. Of two names for a model the narrower wins, limit by limit. */
export function limitsByConnection(
  limits: Readonly<Record<string, ModelLimits>>,
  names: Names,
): ReadonlyMap<string, ReadonlyMap<string, ModelLimits>> {
  const wishes = Object.entries(limits).flatMap(([name, own]) => {
    const resolved = resolveModel(name, names);
    if (resolved.kind === 'unknown') return [];
    const { named = [], connection } = resolved.profile;
    return [{ own, offers: named, connection }];
  });
  // What means fewer models at fewer connections says more about each of them.
  wishes.sort((a, b) => Number(a.connection !== undefined) - Number(b.connection !== undefined) || b.offers.length - a.offers.length);
  const byConnection = new Map<string, Map<string, ModelLimits>>();
  for (const { own, offers, connection } of wishes) {
    for (const view of names.connections) {
      if (connection !== undefined && view.id !== connection) continue;
      for (const wireId of offers.flatMap((offer) => wireIdsOf(view, offer))) {
        const models = byConnection.get(view.id) ?? new Map<string, ModelLimits>();
        models.set(wireId, { ...models.get(wireId), ...own });
        byConnection.set(view.id, models);
      }
    }
  }
  return byConnection;
}

/** A reseller's list of models, which may come later, decides which of two ids it takes for other providers' models. */
function wireIdsOf(view: ConnectionView, offer: Parameters<ConnectionView['wireIdFor']>[0]): readonly string[] {
  const wireId = view.wireIdFor(offer);
  if (wireId === undefined) return [];
  return offer.provider === view.provider ? [wireId] : [offer.providerId, offer.wireId];
}
