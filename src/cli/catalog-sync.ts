// `mpc catalog sync`: a foreign price list against the catalog. Shows what differs; writes only when told to, only into the
// operator's overlay, and only what the operator did not write there himself.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { ListDifference, PricePart } from '../catalog/compare-list.ts';
import { systemClock } from '../core/clock.ts';
import type { ListedModel, PriceSource } from '../compat/prices/price-list.ts';
import type { OverlayEdits } from '../config/edit-overlay.ts';
import { formatUsd } from './format-usd.ts';
import { loadCliSettings } from './load-cli-settings.ts';
import { openCatalog, type OpenedCatalog } from './open-catalog.ts';
import type { OverlayOffer } from './overlay-offer.ts';
import { readList } from './read-options.ts';
import { isInteractive, printJson, printLine, printNote, styled } from './terminal.ts';
import { UsageError } from './usage-error.ts';

export interface SyncOptions {
  readonly list: string;
  readonly from: string;
  readonly provider?: string;
  readonly providers?: string;
  readonly changedOnly?: true;
  readonly doubtful?: true;
  readonly overlay?: string;
  readonly write?: true;
  readonly json?: true;
}

/** The largest list known has six megabytes. */
const maxListBytes = 64 * 1024 * 1024;
const patienceMs = 60_000;

/** A difference and what becomes of it. */
type Row = ListDifference & { readonly fate: 'write' | 'own' | 'doubtful' | 'none' };

export async function syncCatalog(command: Command, options: SyncOptions): Promise<void> {
  const source = await readSource(options.from);
  const opened = await openCatalog(command);
  const { readPriceList } = await import('../compat/prices/read-price-list.ts');
  const text = await readListText(command, options.list);
  const list = readPriceList({ source, name: options.list, text, ...(options.provider !== undefined && { provider: options.provider }) });
  const wanted = new Set(readList('providers', options.providers) ?? opened.catalog.providers);
  const models = list.models.filter((model) => wanted.has(model.provider));
  if (models.length === 0) throw new Error(`${options.list} lists no model of ${[...wanted].join(', ')}`);

  const rows = await decide(models, opened, options);
  for (const row of rows) report(row, options);
  if (options.json !== true) {
    for (const note of list.notes) printNote(note);
    printNote(summary(rows));
  }
  const writable = rows.filter((row) => row.fate === 'write');
  if (writable.length === 0) {
    if (options.json !== true) printNote('Nothing to write.');
    return;
  }
  if (!(await isAgreed(opened.overlayFile, writable.length, options))) return;
  await writeOverlay(opened, writable, source);
}

async function readSource(name: string): Promise<PriceSource> {
  const { priceSources } = await import('../compat/prices/price-list.ts');
  const source = priceSources.find((known) => known === name.toLowerCase());
  if (source === undefined) throw new UsageError(`--from "${name}" is no format: write one of ${priceSources.join(', ')}`);
  return source;
}

async function readListText(command: Command, list: string): Promise<string> {
  if (/^https?:\/\//i.test(list)) {
    const { fetchText } = await import('../transport/fetch-text.ts');
    const { proxyFor } = await import('../transport/dispatchers.ts');
    const { settings } = await loadCliSettings(command);
    return fetchText({
      url: list,
      maxBytes: maxListBytes,
      timeoutMs: patienceMs,
      proxyFor: (origin) => proxyFor(origin, settings.proxy),
    });
  }
  if (!existsSync(list)) throw new UsageError(`there is no file ${list}`);
  return readFileSync(list, 'utf8');
}

async function decide(models: readonly ListedModel[], opened: OpenedCatalog, options: SyncOptions): Promise<readonly Row[]> {
  const { compareList } = await import('../catalog/compare-list.ts');
  const { mergeOverlay } = await import('../catalog/merge-overlay.ts');
  const { ownPrices } = await import('../config/edit-overlay.ts');
  const own = ownPrices(opened.overlayFile ?? 'overlay', opened.overlayText);
  const records = opened.overlay === undefined ? opened.compiled : mergeOverlay(opened.compiled, opened.overlay);
  return compareList(models, records)
    .filter((difference) => difference.kind !== 'new' || options.changedOnly !== true)
    .map((difference) => ({ ...difference, fate: fateOf(difference, own, options.doubtful === true ? 'write' : 'doubtful') }));
}

function fateOf(difference: ListDifference, own: ReadonlySet<string>, ofDoubtful: 'write' | 'doubtful'): Row['fate'] {
  if (difference.kind === 'unlisted') return 'none';
  if (own.has(difference.providerId)) return 'own';
  return difference.doubts.length > 0 ? ofDoubtful : 'write';
}

function report(row: Row, { json }: SyncOptions): void {
  if (json === true) printJson(toJson(row));
  else toLines(row).forEach(printLine);
}

function toJson(row: Row): object {
  const { kind, providerId, fate } = row;
  if (kind === 'unlisted') return { kind, provider_id: providerId };
  if (kind === 'new') return { kind, provider_id: providerId, price: row.listed.price ?? null, doubts: row.doubts, fate };
  const parts = row.parts.map(({ name, from, to }) => ({
    name,
    old: from ?? null,
    new: to,
    percent: percentOf({ name, to, ...(from !== undefined && { from }) }),
  }));
  return { kind, provider_id: providerId, parts, price: row.price, doubts: row.doubts, fate };
}

function toLines(row: Row): readonly string[] {
  if (row.kind === 'unlisted') return [`${styled('dim', 'unlisted')} ${row.providerId}`];
  const mark = row.kind === 'new' ? styled('green', 'new     ') : styled('yellow', 'changed ');
  const what = row.kind === 'new' ? priceInWords(row.listed) : row.parts.map(partInWords).join(', ');
  const kept = row.fate === 'own' ? ' (a price of your own: kept)' : '';
  return [`${mark} ${row.providerId}: ${what}${kept}`, ...row.doubts.map((doubt) => `         ${styled('red', 'doubtful')}: ${doubt}`)];
}

function partInWords(part: PricePart): string {
  if (part.from === undefined) return `${part.name} unknown → ${formatUsd(part.to)}`;
  const percent = percentOf(part);
  return `${part.name} ${formatUsd(part.from)} → ${formatUsd(part.to)}${percent === null ? '' : ` (${percent > 0 ? '+' : ''}${percent} %)`}`;
}

function percentOf({ from, to }: PricePart): number | null {
  return from === undefined || from === 0 ? null : Math.round(((to - from) / from) * 1_000) / 10;
}

function priceInWords({ price }: { readonly price?: ListedModel['price'] }): string {
  if (price === undefined) return 'price unknown';
  const { above: _, units, ...classes } = price;
  const parts = Object.entries(classes).map(([name, usd]) => `${name} ${formatUsd(usd)}`);
  for (const { unit, usd, variant } of units ?? []) parts.push(`${variant === undefined ? unit : `${unit} ${variant}`} ${formatUsd(usd)}`);
  return parts.join(', ');
}

function summary(rows: readonly Row[]): string {
  const count = (test: (row: Row) => boolean): number => rows.filter(test).length;
  const told = [
    `${count((row) => row.kind === 'changed')} changed`,
    `${count((row) => row.kind === 'new')} new`,
    `${count((row) => row.kind === 'unlisted')} not in the list`,
  ];
  const doubtful = count((row) => row.fate === 'doubtful');
  if (doubtful > 0) told.push(`${doubtful} doubtful and left out (--doubtful takes them)`);
  const own = count((row) => row.fate === 'own');
  if (own > 0) told.push(`${own} kept because you priced them yourself`);
  return told.join(', ');
}

async function isAgreed(file: string | undefined, changes: number, { write, json }: SyncOptions): Promise<boolean> {
  if (write !== true && (json === true || !isInteractive())) {
    if (json !== true) printNote(`${changes} could be written with --write.`);
    return false;
  }
  if (file === undefined) {
    throw new UsageError(
      'there is no overlay to write to: set catalog.overlay in mpc.yaml (or MPC_CATALOG_OVERLAY), or name a file with --overlay',
    );
  }
  if (write === true) return true;
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await ask.question(`Write ${changes} changes to ${file}? [y/N] `);
  ask.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function writeOverlay(opened: OpenedCatalog, rows: readonly Row[], source: PriceSource): Promise<void> {
  const { editOverlay } = await import('../config/edit-overlay.ts');
  const { overlayFile: file } = opened;
  if (file === undefined) return;
  const text = editOverlay(file, opened.overlayText, { mark: `from ${source}, ${today()}`, ...(await editsOf(opened, rows, source)) });
  await assertLoads(opened, file, text);
  // Whole or not at all: a server that watches the file must never read half of it.
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
  printNote(`Wrote ${rows.length} changes to ${file}.`);
}

async function editsOf(opened: OpenedCatalog, rows: readonly Row[], source: PriceSource): Promise<Omit<OverlayEdits, 'mark'>> {
  const { toOverlayOffer } = await import('./overlay-offer.ts');
  const prices = new Map<string, object>();
  const models = new Map<string, object>();
  const offers: OverlayOffer[] = [];
  for (const row of rows) {
    if (row.kind === 'changed') prices.set(row.providerId, row.price);
    if (row.kind !== 'new') continue;
    const { offer, model } = toOverlayOffer(row.listed as ListedModel, { catalog: opened.catalog, taken: offers, source, read: today() });
    offers.push(offer);
    if (model !== undefined) models.set(offer.model, model);
  }
  return { prices, models, offers };
}

async function assertLoads({ compiled }: OpenedCatalog, file: string, text: string): Promise<void> {
  const { parseSettingsFile } = await import('../config/settings-file.ts');
  const { parseOverlay } = await import('../catalog/overlay.ts');
  const { createCatalog } = await import('../catalog/create-catalog.ts');
  createCatalog(compiled, parseOverlay(parseSettingsFile(file, text, []).root, file));
}

function today(): string {
  return new Date(systemClock.wallMs()).toISOString().slice(0, 10);
}
