import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sampleEntry } from '../../../test/support/sample-entry.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { openDatabase } from './open-database.ts';
import { EntryBatch } from '../../ledger/entry-batch.ts';

it('brings what was written from the log into the database while the writer stays open', async () => {
  const dataDir = tempDir('checkpoints');
  const database = await openDatabase(dataDir);
  const file = join(dataDir, 'mpc.db');
  const before = statSync(file).size;
  database.checkpointInBackground();

  for (let index = 0; index < 100; index += 1)
    await database.entries.save({ entries: EntryBatch.of([sampleEntry({ id: `req_${index}` })]), decisions: [] });

  await expect.poll(() => statSync(file).size, { timeout: 10_000 }).toBeGreaterThan(before);
  database.close();
});
