// The sections `budgets` and `rate_limits` of mpc.yaml: lists of rules that hold beside those of the administrators.
import { type Budget, findOverlap, type RateLimit, readBudget, readRateLimit } from '../ledger/config.ts';
import type { FileReader } from './file-reader.ts';
import { nameOf } from './read-field.ts';
import { type FilePath, isRecord } from './settings-file.ts';

export interface FileRules {
  readonly budgets: readonly Budget[];
  readonly rateLimits: readonly RateLimit[];
}

export const noRules: FileRules = { budgets: [], rateLimits: [] };

export function readFileRules(reader: FileReader): FileRules {
  const budgets: Budget[] = [];
  readList(reader, 'budgets', (raw, options, path) => {
    const budget = readBudget(raw, options);
    if (budget === undefined) return;
    const overlap = findOverlap(budget, budgets);
    if (overlap === undefined) budgets.push(budget);
    else reader.wrong(path, `holds over the same holder, models and time as ${overlap.id}; keep one of them`);
  });
  const rateLimits: RateLimit[] = [];
  readList(reader, 'rate_limits', (raw, options) => {
    const limit = readRateLimit(raw, options);
    if (limit !== undefined) rateLimits.push(limit);
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
