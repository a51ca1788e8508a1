// Where batches go that the database could not take: lines of JSON beside it, read back when it works again.
// Saving is idempotent by id, so a crash at any point of the way back can only repeat work.
import { appendFileSync, createReadStream, existsSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isObject, tryParseJson } from '../../core/json.ts';
import type { Entry } from '../../ledger/entry.ts';
import { EntryBatch } from '../../ledger/entry-batch.ts';
import type { Batch, DecisionRecord } from '../../ledger/entry-store.ts';

export interface SetAsideFile {
  append(batch: Batch): void;
  /** Hands back everything in batches and removes it once `save` took all of them; answers the number of entries. */
  drain(save: (batch: Batch) => void): Promise<number>;
}

const rowsPerBatch = 200;

export function createSetAsideFile(dataDir: string): SetAsideFile {
  const path = join(dataDir, 'entries.aside.jsonl');
  const drained = join(dataDir, 'entries.aside.draining.jsonl');
  let draining: Promise<number> | undefined;

  async function drainFiles(save: (batch: Batch) => void): Promise<number> {
    // Left by a process that died on the way back.
    let entries = existsSync(drained) ? await drainFile(drained, save) : 0;
    if (existsSync(path)) {
      renameSync(path, drained);
      entries += await drainFile(drained, save);
    }
    return entries;
  }

  return {
    append(batch) {
      const lines = [
        ...batch.entries.toEntries().map((entry) => JSON.stringify({ entry })),
        ...batch.decisions.map((decision) => JSON.stringify({ decision })),
      ];
      // The leading newline ends a line that a full disk cut short, so that it costs one row's repetition, not the next row.
      appendFileSync(path, `\n${lines.join('\n')}\n`, { mode: 0o600 });
    },
    drain(save) {
      draining ??= drainFiles(save).finally(() => {
        draining = undefined;
      });
      return draining;
    },
  };
}

async function drainFile(path: string, save: (batch: Batch) => void): Promise<number> {
  let count = 0;
  let bytes: number;
  // Another process may have had the file open when it was renamed: go on until nothing was added.
  do {
    bytes = statSync(path).size;
    count = 0;
    for await (const batch of readBatches(path)) {
      save(batch);
      count += batch.entries.length;
    }
  } while (statSync(path).size !== bytes);
  unlinkSync(path);
  return count;
}

async function* readBatches(path: string): AsyncGenerator<Batch> {
  let entries: Entry[] = [];
  let decisions: DecisionRecord[] = [];
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    const value = tryParseJson(line);
    if (!isObject(value)) continue;
    if (isObject(value['entry'])) entries.push(value['entry'] as unknown as Entry);
    if (isObject(value['decision'])) decisions.push(value['decision'] as unknown as DecisionRecord);
    if (entries.length + decisions.length >= rowsPerBatch) {
      yield { entries: EntryBatch.of(entries), decisions };
      entries = [];
      decisions = [];
    }
  }
  if (entries.length + decisions.length > 0) yield { entries: EntryBatch.of(entries), decisions };
}
