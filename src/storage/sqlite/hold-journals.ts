// The journal of holds: one file of JSON lines a process. A line is in the system's page cache when the write returns, so it
// outlives the process; like the database's own log it does not promise to outlive the machine's power.
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { asNumber, asString, isObject, type JsonValue, tryParseJson } from '../../core/json.ts';
import type { Amounts, HoldJournal, HoldJournals, JournalRecord, OpenHold, Settled } from '../../ledger/budgets/hold-journal.ts';

export function createHoldJournals(dataDir: string): HoldJournals {
  const folder = join(dataDir, 'holds');
  const pathOf = (processId: string): string => join(folder, `${processId}.jsonl`);
  return {
    create(processId) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return createJournal(pathOf(processId));
    },
    read(processId) {
      const text = readIfThere(pathOf(processId));
      return text.split('\n').flatMap((line) => toRecord(tryParseJson(line)) ?? []);
    },
    remove: (processId) => rmSync(pathOf(processId), { force: true }),
  };
}

function createJournal(path: string): HoldJournal {
  // Undefined from the end on. A number that was closed soon names another file: a late record would be written into the database.
  let file: number | undefined = openSync(path, 'a', 0o600);
  let bytes = 0;
  let buffer = Buffer.allocUnsafeSlow(4_096);
  function write(line: string): void {
    if (file === undefined) throw new Error('the journal of holds is closed');
    if (buffer.length < line.length * mostBytesPerUnit) buffer = Buffer.allocUnsafeSlow(line.length * mostBytesPerUnit);
    const length = buffer.write(line);
    const written = writeSync(file, buffer, 0, length);
    bytes += written;
    // A disk that takes half a line has not taken the record.
    if (written < length) throw new Error('the journal of holds could not be written whole');
  }
  return {
    opened: (hold) => write(openLine(hold)),
    flush: (number, settled) => write(flushLine(number, settled)),
    compact(open) {
      const draft = `${path}.new`;
      writeFileSync(draft, [...open].map(openLine).join(''), { mode: 0o600 });
      renameSync(draft, path);
      const compacted = openSync(path, 'a', 0o600);
      if (file !== undefined) closeSync(file);
      file = compacted;
      bytes = 0;
    },
    size: () => bytes,
    remove() {
      if (file !== undefined) closeSync(file);
      file = undefined;
      rmSync(path, { force: true });
    },
  };
}

/** UTF-8 of one UTF-16 unit. */
const mostBytesPerUnit = 3;

// The newline in front of each line ends one that a full disk cut short, so that it costs no other record. Lines are put together
// by hand because each call under a budget writes one before it goes upstream.
function openLine({ operationId, principal, model, provider, openedMs, amounts }: OpenHold): string {
  const who = `"o":${quotedId(operationId)},"p":${quotedId(principal)},"m":${quoted(model)},"v":${quoted(provider)}`;
  return `\n{${who},"t":${openedMs},"a":${amountsText(amounts)}}\n`;
}

function flushLine(number: number, settled: readonly Settled[]): string {
  const calls = settled.map(({ operationId, costs }) => `[${quotedId(operationId)},${amountsText(costs)}]`);
  return `\n{"f":${number},"s":[${calls.join(',')}]}\n`;
}

function amountsText(amounts: Amounts): string {
  let text = '';
  for (const amount of amounts) text += `${text === '' ? '' : ','}[${amount[0]},${amount[1]}]`;
  return `[${text}]`;
}

const plainId = /^[\w:-]*$/;

function quotedId(id: string): string {
  return plainId.test(id) ? `"${id}"` : JSON.stringify(id);
}

const quotedTexts = new Map<string, string>();
const mostQuotedTexts = 1_000;

/** For texts that are the same for many calls. */
function quoted(text: string): string {
  let found = quotedTexts.get(text);
  if (found === undefined) {
    if (quotedTexts.size >= mostQuotedTexts) quotedTexts.clear();
    found = JSON.stringify(text);
    quotedTexts.set(text, found);
  }
  return found;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function toRecord(value: JsonValue | undefined): JournalRecord | undefined {
  if (!isObject(value)) return undefined;
  const number = asNumber(value['f']);
  if (number !== undefined) {
    const settled = listOf(value['s']).map((item): Settled => {
      const [operationId, costs] = listOf(item);
      return { operationId: asString(operationId) ?? '', costs: toAmounts(costs) };
    });
    return { kind: 'flush', number, settled };
  }
  const operationId = asString(value['o']);
  if (operationId === undefined) return undefined;
  return {
    kind: 'opened',
    operation: {
      operationId,
      principal: asString(value['p']) ?? '',
      model: asString(value['m']) ?? '',
      provider: asString(value['v']) ?? '',
      openedMs: asNumber(value['t']) ?? 0,
      amounts: toAmounts(value['a']),
    },
  };
}

function toAmounts(value: JsonValue | undefined): Amounts {
  return listOf(value).map((item) => {
    const [counterId, nanoUsd] = listOf(item);
    return [asNumber(counterId) ?? 0, asNumber(nanoUsd) ?? 0];
  });
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}
