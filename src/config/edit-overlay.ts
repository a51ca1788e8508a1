// Writes imported facts into the operator's overlay file without touching what the operator wrote: comments, order and own
// values stay, and a price without our mark is the operator's and is never replaced.
import { isMap, isScalar, isSeq, parseDocument, type Document, type Pair, type Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { ConfigError } from './problems.ts';

export interface OverlayEdits {
  /** Where the facts come from and when: `from litellm, 2026-08-21`. Stands beside each. */
  readonly mark: string;
  /** Provider id → price. */
  readonly prices: ReadonlyMap<string, object>;
  readonly offers: readonly (object & { readonly provider: string; readonly id: string })[];
  readonly models: ReadonlyMap<string, object>;
}

const markPrefix = ' from ';

const newFile = `# The catalog's overlay: models, offers, prices and aliases of your own. Named by catalog.overlay in mpc.yaml.
# "mpc catalog sync" marks what it wrote with "# from …" and leaves everything else alone.
`;

/** Provider ids whose price the operator wrote by hand, under `prices` or in an own offer. */
export function ownPrices(file: string, text: string): ReadonlySet<string> {
  const document = parse(file, text);
  const own = new Set<string>();
  const prices = document.get('prices');
  if (isMap(prices)) {
    for (const pair of prices.items) if (!isMarked(pair)) own.add(keyOf(pair));
  }
  const offers = document.get('offers');
  if (isSeq(offers)) {
    for (const offer of offers.items) {
      if (isMap(offer) && offer.has('price') && offer.comment?.startsWith(markPrefix) !== true && !hasMarkBefore(offer)) {
        own.add(`${String(offer.get('provider'))}/${String(offer.get('id'))}`);
      }
    }
  }
  return own;
}

/** The file with the edits in it. The same edits twice give the same text as once. */
export function editOverlay(file: string, text: string, edits: OverlayEdits): string {
  const document = parse(file, text.trim() === '' ? newFile : text);
  for (const [id, price] of edits.prices) setMarked(document, ['prices', id], { value: price, mark: edits.mark });
  for (const [id, model] of edits.models) setMarked(document, ['models', id], { value: model, mark: edits.mark });
  for (const offer of edits.offers) addOffer(document, offer, edits.mark);
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function parse(file: string, text: string): Document {
  const document = parseDocument(text, { prettyErrors: false });
  const error = document.errors[0];
  if (error !== undefined) throw new ConfigError([{ at: file, path: 'catalog.overlay', message: `not YAML: ${error.message}` }]);
  if (document.contents !== null && !isMap(document.contents)) {
    throw new ConfigError([{ at: file, path: 'catalog.overlay', message: 'must be a map with models, offers, prices or aliases' }]);
  }
  return document;
}

/** One line for each fact, its source behind it: `openai/gpt-4o: { input: 2.5, output: 10 } # from litellm, …`. */
function setMarked(document: Document, path: readonly [string, string], { value, mark }: { value: object; mark: string }): void {
  const node = document.createNode(value, { flow: true });
  node.comment = ` ${mark}`;
  const [section, key] = path;
  if (!isMap(document.get(section))) document.set(section, new YAMLMap());
  document.setIn([section, key], node);
}

function addOffer(document: Document, offer: object & { readonly provider: string; readonly id: string }, mark: string): void {
  if (!isSeq(document.get('offers'))) document.set('offers', new YAMLSeq());
  const list = document.get('offers');
  if (!isSeq(list)) return;
  const node = document.createNode(offer, { flow: true });
  node.comment = ` ${mark}`;
  const at = list.items.findIndex((item) => isMap(item) && item.get('provider') === offer.provider && item.get('id') === offer.id);
  if (at === -1) list.add(node);
  else list.set(at, node);
}

function isMarked(pair: Pair): boolean {
  const value = pair.value;
  return isMap(value) && value.comment?.startsWith(markPrefix) === true;
}

function hasMarkBefore(node: { readonly commentBefore?: string | null | undefined }): boolean {
  return node.commentBefore?.startsWith(markPrefix) === true;
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String((pair.key as Scalar).value) : String(pair.key);
}
