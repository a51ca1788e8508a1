// The sections `budgets` and `rate_limits` of mpc.yaml: lists of rules that hold beside those of the administrators.
import { type Budget, findOverlap, findSameLimit, findTighter, type RateLimit, readBudget, readRateLimit } from '../ledger/config.ts';
import type { FieldValues } from './field-values.ts';
import type { FileReader } from './file-reader.ts';
import { nameOf } from './read-field.ts';
import { dotted, type FilePath, isRecord } from './settings-file.ts';

export interface FileRules {
  readonly budgets: readonly Budget[];
  readonly rateLimits: readonly RateLimit[];
}

export const noRules: FileRules = { budgets: [], rateLimits: [] };

/** Where the rules stand is noted among the origins, under `rules.<id>`: whether their names exist is known only where the catalog is. */
export function readFileRules(reader: FileReader, values: FieldValues): FileRules {
  const budgets: Budget[] = [];
  const pathOf = new Map<string, FilePath>();
  const note = (id: string, path: FilePath): void => {
    pathOf.set(id, path);
    for (const field of ['models', 'provider', 'fallbacks'])
      values.origins.set(`rules.${id}.${field}`, {
        kind: 'file',
        at: `${reader.file.locate([...path, field])} ${dotted([...path, field])}`,
      });
  };
  readList(reader, 'budgets', (raw, options, path) => {
    const budget = readBudget(raw, options);
    if (budget === undefined) return;
    const overlap = findOverlap(budget, budgets);
    if (overlap === undefined) budgets.push(budget);
    else reader.wrong(path, `holds over the same holder, models and time as ${overlap.id}; keep one of them`);
    note(budget.id, path);
  });
  for (const budget of budgets) {
    const tighter = findTighter(budget, budgets);
    if (tighter !== undefined)
      reader.wrong(pathOf.get(budget.id) ?? [], `would never hold: ${tighter.id} allows less over a longer time; keep one of them`);
  }
  const rateLimits: RateLimit[] = [];
  readList(reader, 'rate_limits', (raw, options, path) => {
    const limit = readRateLimit(raw, options);
    if (limit === undefined) return;
    const same = findSameLimit(limit, rateLimits);
    if (same === undefined) rateLimits.push(limit);
    else reader.wrong(path, `counts the same as ${same.id}, so only the smaller one would hold; keep one of them`);
    note(limit.id, path);
  });
  return { budgets, rateLimits };
}

type Take = (raw: Readonly<Record<string, unknown>>, options: Parameters<typeof readBudget>[1], path: FilePath) => void;

function readList(reader: FileReader, section: string, take: Take): void {
  const list = reader.file.root[section];
  if (list === undefined || list === null) return;
  if (!Array.isArray(list)) {
    reader.wrong([section], `must be a list, not ${nameOf(list)}`);
    return;
  }
  const names = new Set<string>();
  for (const [index, item] of list.entries()) {
    const path = [section, index];
    if (!isRecord(item)) {
      reader.wrong(path, `must be a map, not ${nameOf(item)}`);
      continue;
    }
    const { name, ...raw } = item;
    const id = reader.text([...path, 'name'], name) ?? idOf(raw);
    if (names.has(id)) reader.wrong(path, 'stands here twice');
    names.add(id);
    take(
      raw,
      {
        id: `${section === 'budgets' ? 'budget' : 'limit'}:${id}`,
        origin: 'config',
        wrong: (field, message) => reader.wrong(field === '' ? path : [...path, field], message),
      },
      path,
    );
  }
}

/** What was spent is kept under the id, so that it must not change when the amount does, or another rule is put in front. */
function idOf(raw: Readonly<Record<string, unknown>>): string {
  const kept = ['holder', 'window', 'unit', 'per', 'models', 'provider', 'mode'];
  return kept.flatMap((field) => (raw[field] === undefined ? [] : [String(raw[field])])).join(' ');
}
