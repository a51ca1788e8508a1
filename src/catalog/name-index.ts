// Names → offers. Every name a caller may write is a key of one map, made at load, so that a lookup is one probe for
// the usual names and a handful for badly written ones.
import type { Alias, Found, Offer } from './catalog.ts';

export interface NameIndex {
  find(name: string): Found;
  /** All names as written, for suggestions. */
  readonly names: readonly string[];
}

/** An offer with the names it goes by besides the standard ones. */
export interface NamedOffer {
  readonly offer: Offer;
  /** Who made the model; its own offer comes first under the bare name. */
  readonly creator: string;
  readonly also: readonly string[];
  readonly names: readonly string[];
  readonly variants: boolean;
}

/** Longer ones are no names but accidents; normalising them would cost more than the answer is worth. */
const maxNameLength = 256;

const none: Found = { kind: 'none' };

const plainAscii = /^[\x20-\x7e]*$/;

/** NFKC first, so that full-width letters and the like are the letters they look like. */
export function normalizeName(name: string): string {
  return (plainAscii.test(name) ? name : name.normalize('NFKC')).trim().toLowerCase();
}

export function createNameIndex(named: readonly NamedOffer[]): NameIndex {
  const exact = new Map<string, Offer[]>();
  const bare = new Map<string, Offer[]>();
  const withVariants = new Set<Offer>();

  for (const entry of [...named].sort(byCreatorFirst)) {
    const { offer } = entry;
    if (entry.variants) withVariants.add(offer);
    for (const name of [offer.canonicalId, offer.providerId, ...entry.names]) add(exact, name, offer);
    add(bare, offer.wireId, offer);
    if (offer.namedOnly !== true) {
      add(exact, `${offer.model}@${offer.provider}`, offer);
      add(bare, offer.model, offer);
      add(bare, `${offer.provider}/${offer.model}`, offer);
    }
    for (const wireId of entry.also) {
      const dated = { ...offer, wireId, providerId: `${offer.provider}/${wireId}` };
      add(exact, dated.providerId, dated);
      add(bare, wireId, dated);
    }
  }

  const found = new Map<string, Found>();
  for (const names of [exact, bare]) {
    for (const [name, offers] of names) if (!found.has(name)) found.set(name, { kind: 'offers', offers });
  }
  const names = [...found.keys()];
  for (const name of names) setIfFree(found, normalizeName(name), found.get(name) ?? none);
  const tables = { found, loosely: looseLookup(found), withVariants };
  return { names, find: (name) => lookUp(tables, name) };
}

/** The index with aliases before everything else. `prefer` may name aliases too, as long as they do not turn in a circle. */
export function addAliases(index: NameIndex, aliases: ReadonlyMap<string, Alias>): NameIndex {
  const found = new Map<string, Found>();
  for (const alias of aliases.values()) {
    const meaning: Found = { kind: 'alias', alias, offers: [...offersOf(alias, new Set())] };
    found.set(alias.name, meaning);
  }
  for (const name of aliases.keys()) setIfFree(found, normalizeName(name), found.get(name) ?? none);
  const loosely = looseLookup(found);

  function offersOf(alias: Alias, seen: Set<string>): Set<Offer> {
    const offers = new Set<Offer>();
    if (seen.has(alias.name)) return offers;
    seen.add(alias.name);
    for (const name of alias.prefer) {
      const other = name === alias.name ? undefined : aliases.get(name);
      if (other !== undefined) for (const offer of offersOf(other, seen)) offers.add(offer);
      const meaning = other === undefined ? index.find(name) : none;
      if (meaning.kind === 'offers') for (const offer of meaning.offers) offers.add(offer);
    }
    return offers;
  }

  return {
    names: [...aliases.keys(), ...index.names],
    find(name) {
      const hit = found.get(name);
      if (hit !== undefined) return hit;
      const meaning = index.find(name);
      if (meaning.kind !== 'none' || name.length > maxNameLength) return meaning;
      const normal = normalizeName(name);
      return found.get(normal) ?? loosely(normal) ?? none;
    },
  };
}

interface Tables {
  readonly found: ReadonlyMap<string, Found>;
  readonly loosely: (name: string) => Found | undefined;
  readonly withVariants: ReadonlySet<Offer>;
}

function lookUp(tables: Tables, name: string): Found {
  const hit = tables.found.get(name);
  if (hit !== undefined) return hit;
  if (name.length === 0 || name.length > maxNameLength) return none;

  const normal = normalizeName(name);
  for (const spelling of spellings(normal)) {
    const meaning = tables.found.get(spelling) ?? tables.loosely(spelling);
    if (meaning !== undefined) return meaning;
  }
  for (const spelling of spellings(normal)) {
    const meaning = variantOf(tables, spelling, name) ?? datedOf(tables, spelling);
    if (meaning !== undefined) return meaning;
  }
  return none;
}

/** `models/x` (Gemini clients) is `x`; `openai:x` (LangChain, pydantic-ai) is `openai/x`. */
function spellings(name: string): readonly string[] {
  const plain = name.startsWith('models/') ? name.slice('models/'.length) : name;
  const colon = plain.indexOf(':');
  return colon > 0 ? [plain, `${plain.slice(0, colon)}/${plain.slice(colon + 1)}`] : [plain];
}

/** `x:free`: the same model served another way. What it costs is not known then, unless the machine is ours. */
function variantOf(tables: Tables, name: string, written: string): Found | undefined {
  const colon = name.indexOf(':', Math.max(0, name.lastIndexOf('/')));
  if (colon <= 0) return undefined;
  const base = name.slice(0, colon);
  const meaning = tables.found.get(base) ?? tables.loosely(base);
  if (meaning?.kind !== 'offers') return undefined;
  const offers = meaning.offers.filter((offer) => tables.withVariants.has(offer));
  if (offers.length === 0) return undefined;
  // The suffix as the caller wrote it: it may carry case-sensitive settings.
  const suffix = written.trim().slice(written.trim().indexOf(':', written.trim().lastIndexOf('/') + 1));
  return { kind: 'offers', offers: offers.map((offer) => withSuffix(offer, suffix)) };
}

const datePattern = /[-@](?:\d{8}|\d{4}-\d{2}-\d{2})$/;

/** A dated id that is not listed: the model is known, this version's price is not. `-latest` is the undated id. */
function datedOf(tables: Tables, name: string): Found | undefined {
  const undated = name.replace(/[-:]latest$/, '');
  if (undated !== name) return tables.found.get(undated) ?? tables.loosely(undated);
  const date = datePattern.exec(name)?.[0];
  if (date === undefined) return undefined;
  const base = name.slice(0, -date.length);
  const meaning = tables.found.get(base) ?? tables.loosely(base);
  if (meaning?.kind !== 'offers') return undefined;
  return { kind: 'offers', offers: meaning.offers.map((offer) => (datePattern.test(offer.wireId) ? offer : withSuffix(offer, date))) };
}

function withSuffix(offer: Offer, suffix: string): Offer {
  const { price, priceVersion, ...rest } = offer;
  const renamed = {
    ...rest,
    canonicalId: `${offer.canonicalId}${suffix}`,
    providerId: `${offer.providerId}${suffix}`,
    wireId: `${offer.wireId}${suffix}`,
  };
  const free = offer.local === true || offer.simulator === true;
  if (!free || price === undefined) return renamed;
  return { ...renamed, price, ...(priceVersion !== undefined && { priceVersion }) };
}

/** Dots, underscores and blanks as dashes: `claude-sonnet-4.5`, `Text General Flagship`. */
function loosen(name: string): string {
  return name.replace(/[._ ]/g, '-');
}

/** Finds names whatever their dots, underscores and dashes. The table is made at the first miss: most processes never need it. */
function looseLookup(found: ReadonlyMap<string, Found>): (name: string) => Found | undefined {
  let keys: ReadonlyMap<string, Found> | undefined;
  return (name) => {
    keys ??= looseKeys(found);
    return keys.get(loosen(name));
  };
}

/** A loose key that could mean two things means neither. */
function looseKeys(found: ReadonlyMap<string, Found>): ReadonlyMap<string, Found> {
  const loose = new Map<string, Found>();
  const ambiguous = new Set<string>();
  for (const [name, meaning] of found) {
    const key = loosen(normalizeName(name));
    const other = loose.get(key);
    if (other !== undefined && !sameMeaning(other, meaning)) ambiguous.add(key);
    loose.set(key, meaning);
  }
  for (const key of ambiguous) loose.delete(key);
  return loose;
}

function sameMeaning(one: Found, other: Found): boolean {
  if (one.kind === 'none' || other.kind === 'none') return false;
  return one.kind === other.kind && one.offers.length === other.offers.length && one.offers.every((o, i) => o === other.offers[i]);
}

// Lists and not sets: most names mean one offer, and two thousand sets would be most of the work at start.
function add(map: Map<string, Offer[]>, name: string, offer: Offer): void {
  const offers = map.get(name);
  if (offers === undefined) map.set(name, [offer]);
  else if (!offers.includes(offer)) offers.push(offer);
}

function setIfFree(found: Map<string, Found>, name: string, meaning: Found): void {
  if (!found.has(name)) found.set(name, meaning);
}

function byCreatorFirst(one: NamedOffer, other: NamedOffer): number {
  const own = Number(other.creator === other.offer.provider) - Number(one.creator === one.offer.provider);
  return own || sellingPrice(one.offer) - sellingPrice(other.offer) || compareText(one.offer.canonicalId, other.offer.canonicalId);
}

function sellingPrice(offer: Offer): number {
  const { price } = offer;
  // Far above any price, but finite: Infinity minus Infinity would make the order undefined.
  if (price?.input === undefined && price?.output === undefined) return Number.MAX_SAFE_INTEGER;
  return (price.input ?? 0) + (price.output ?? 0);
}

/** By code units: `localeCompare` depends on the machine, and a catalog's order must not. */
export function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
