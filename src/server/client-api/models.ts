// Model listings: what a caller with this key can name, in OpenAI's shape or Anthropic's.
import type { Catalog, Offer } from '../../catalog/catalog.ts';
import { GatewayError } from '../../core/errors.ts';
import { mayUse, mayUseName } from '../../ledger/allow-list.ts';
import type { Principal } from '../../gateway/call.ts';
import type { Call } from '../call.ts';

export interface ModelListing {
  readonly catalog: Catalog;
  /** Offers that a configured connection can serve now, with the ids a caller may use. */
  readonly reachable: readonly Offer[];
  /** `connection/id` beyond the catalog. */
  readonly beyond: readonly string[];
}

export interface ModelRow {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
  readonly [fact: string]: unknown;
}

export function listModels(call: Call, listing: ModelListing): void {
  const rows = rowsFor(listing, call.principal, call.query.get('type') ?? undefined);
  if (call.header('anthropic-version') !== undefined) {
    call.json(200, anthropicList(rows, call.query));
    return;
  }
  call.json(200, { object: 'list', data: rows });
}

export function describeModel(call: Call, listing: ModelListing): void {
  const id = call.params['id'] ?? '';
  const row = findModel(id, call.principal, listing);
  call.json(200, call.header('anthropic-version') === undefined ? { ...row, id } : { ...anthropicRow(row), id });
}

/** The model that a caller with this key means by a name. Throws `unknown_model` with the nearest names. */
export function findModel(id: string, principal: Principal, listing: ModelListing): ModelRow {
  const rows = rowsFor(listing, principal);
  const row =
    rows.find((one) => one.id === id) ?? rows.find((one) => one.id.toLowerCase() === id.toLowerCase()) ?? byOtherName(id, listing, rows);
  if (row === undefined) {
    const nearest = listing.catalog.nearest(id, 3);
    throw new GatewayError(
      'unknown_model',
      `the model "${id.slice(0, 200)}" is not known here${nearest.length > 0 ? `; did you mean ${nearest.join(' or ')}?` : ''}`,
      {
        param: 'model',
        upstreamCode: 'model_not_found',
      },
    );
  }
  return row;
}

function byOtherName(id: string, listing: ModelListing, rows: readonly ModelRow[]): ModelRow | undefined {
  const found = listing.catalog.find(id);
  if (found.kind === 'none') return undefined;
  for (const offer of found.offers) {
    const row = rows.find((one) => one.id === offer.providerId);
    if (row !== undefined) return row;
  }
  return undefined;
}

/** What a caller with this key can name. */
export function rowsFor({ catalog, reachable, beyond }: ModelListing, principal: Principal, type?: string): readonly ModelRow[] {
  const rows = new Map<string, ModelRow>();
  const usable = reachable.filter((offer) => mayUse(principal.allowed, offer) && fitsType(offer, type));
  for (const offer of usable) rows.set(offer.providerId, toRow(offer.providerId, offer));
  for (const offer of usable) rows.set(offer.canonicalId, toRow(offer.canonicalId, offer));
  for (const id of beyond) {
    const [provider = ''] = id.split('/', 1);
    if (mayUseName(principal.allowed, id) && type !== 'embedding') rows.set(id, { id, object: 'model', created: 0, owned_by: provider });
  }
  const ids = new Set(usable);
  for (const alias of catalog.aliases.values()) {
    const found = catalog.find(alias.name);
    const serving =
      found.kind === 'none'
        ? undefined
        : found.offers.find((offer) => ids.has(offer) || (reachable.includes(offer) && mayUseName(principal.allowed, alias.name)));
    if (serving !== undefined && fitsType(serving, type))
      rows.set(alias.name, { ...toRow(alias.name, serving), alias_of: serving.canonicalId });
  }
  return [...rows.values()];
}

function fitsType(offer: Offer, type: string | undefined): boolean {
  if (type === undefined) return true;
  if (type === 'chat') return offer.modality.includes('text');
  return offer.modality.some((modality) => modality === type || `${modality}s` === type);
}

function toRow(id: string, offer: Offer): ModelRow {
  return {
    id,
    object: 'model',
    created: offer.released ?? 0,
    owned_by: offer.provider,
    modality: offer.modality,
    ...(offer.contextTokens !== undefined && { context_length: offer.contextTokens }),
    ...(offer.maxOutputTokens !== undefined && { max_output_tokens: offer.maxOutputTokens }),
    quality_tier: offer.qualityTier,
    speed_tier: offer.speedTier,
    supports: offer.supports,
    ...(offer.simulator === true && { simulator: true }),
  };
}

function anthropicRow(row: ModelRow): Record<string, unknown> {
  return { type: 'model', id: row.id, display_name: row.id, created_at: new Date(row.created * 1_000).toISOString() };
}

/** Pages by `limit`, `after_id`, `before_id`, as Anthropic's SDKs ask. */
function anthropicList(rows: readonly ModelRow[], query: URLSearchParams): Record<string, unknown> {
  const limit = Math.min(1_000, Math.max(1, Number(query.get('limit') ?? 20) || 20));
  const before = rows.findIndex((row) => row.id === query.get('before_id'));
  const from = before === -1 ? rows.findIndex((row) => row.id === query.get('after_id')) + 1 : Math.max(0, before - limit);
  const page = rows.slice(from, before === -1 ? from + limit : before);
  return {
    data: page.map(anthropicRow),
    // In the direction of the paging.
    has_more: before === -1 ? from + limit < rows.length : from > 0,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  };
}
