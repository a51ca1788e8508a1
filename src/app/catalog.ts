// The catalog of the running gateway: read once, laid under the operator's overlay at the start and at each reload.
import type { Catalog, Offer } from '../catalog/catalog.ts';
import { createCatalog } from '../catalog/create-catalog.ts';
import { readCompiledCatalog } from '../catalog/read-catalog.ts';
import type { CompiledCatalog } from '../catalog/records.ts';
import { assertKnownFallbacks } from '../config/file-fallbacks.ts';
import { assertKnownNames } from '../config/known-names.ts';
import { assertKnownModelTimeouts, type FoundName } from '../config/model-timeouts.ts';
import { readOverlay } from '../config/read-overlay.ts';
import type { LoadedSettings, Settings } from '../config/settings.ts';
import { GatewayError } from '../core/errors.ts';
import type { GatewayParts } from '../gateway/parts.ts';
import type { Upstreams } from '../routing/upstreams.ts';
import type { ModelListing } from '../server/client-api/models.ts';
import { builtFile, dataDir } from './installation.ts';

/** The built catalog; in a checkout that was not built, the data files themselves. */
export async function readCatalog(): Promise<CompiledCatalog> {
  if (dataDir === undefined) return readCompiledCatalog(builtFile('catalog.json'));
  const { compileCatalog } = await import('../catalog/compile-catalog.ts');
  return compileCatalog(dataDir);
}

/** The catalog with the operator's facts and aliases over it. Throws with file and place of a mistake in the overlay. */
export async function loadCatalog(compiled: CompiledCatalog, { aliases, catalog }: Settings): Promise<Catalog> {
  const file = catalog.overlay;
  if (file === undefined) return createCatalog(compiled, Object.keys(aliases).length === 0 ? undefined : { aliases });
  // Loaded only here, because the check of the file brings zod along.
  const { parseOverlay } = await import('../catalog/overlay.ts');
  const overlay = parseOverlay(readOverlay(file), file);
  try {
    return createCatalog(compiled, { ...overlay, aliases: { ...overlay.aliases, ...aliases } });
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    throw new GatewayError(thrown.code, `${file}: ${thrown.message}`, { cause: thrown });
  }
}

/** Throws with the place of every model in the configuration that nobody knows. */
export function assertNames(loaded: LoadedSettings, catalog: Catalog): void {
  assertKnownFallbacks(loaded, (name) => (catalog.find(name).kind === 'none' ? catalog.nearest(name, 3) : undefined));
  const find = (name: string): FoundName => {
    const found = catalog.find(name);
    if (found.kind === 'none') return { kind: 'none', nearest: catalog.nearest(name, 3) };
    return { kind: found.kind, ids: found.offers.map((offer) => offer.canonicalId) };
  };
  assertKnownModelTimeouts(loaded, find);
  assertKnownNames(loaded, {
    find,
    isBeginning: (prefix) =>
      catalog.offers.some(({ canonicalId, providerId, model, wireId }) =>
        [canonicalId, providerId, model, wireId].some((name) => name.toLowerCase().startsWith(prefix)),
      ),
  });
}

/** Offers that some configured connection serves. Computed anew only when catalog or connections changed. */
export function createListing(current: () => GatewayParts): () => ModelListing {
  let known: { readonly catalog: Catalog; readonly views: Upstreams['views']; readonly listing: ModelListing } | undefined;
  return () => {
    const { catalog, connections } = current();
    if (known?.catalog === catalog && known.views === connections.views) return known.listing;
    const reachable: Offer[] = catalog.offers.filter((offer) => connections.views.some((view) => view.provider === offer.provider));
    const beyond = connections.views.flatMap((view) => (view.models ?? []).map((id) => `${view.id}/${id}`));
    const listing = { catalog, reachable, beyond };
    known = { catalog, views: connections.views, listing };
    return listing;
  };
}
