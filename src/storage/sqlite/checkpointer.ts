// Copies the write-ahead log into the database from a thread of its own: the copy ends in an fsync, which took the event loop
// up to 170 ms on a slow disk, and every request in flight with it.
import type { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';

const everyMs = 1_000;
/** The writer's own limit while the thread works: reached only under a load that never pauses, and then little is left to copy. */
const backstopPages = 20_000;

// Plain text because the bundle is one file; it needs nothing but node:sqlite.
const source = `
const { DatabaseSync } = require('node:sqlite');
const { workerData } = require('node:worker_threads');
const database = new DatabaseSync(workerData.path, { timeout: 0 });
setInterval(() => {
  try {
    database.exec('pragma wal_checkpoint(passive)');
  } catch (busy) {
    // The next turn will do.
  }
}, workerData.everyMs);
`;

/** The returned function stops the thread. Should the thread fail, the writer copies as it did before. */
export function startCheckpointer(path: string, writer: { readonly sqlite: DatabaseSync; readonly ownPages: number }): () => void {
  let stopped = false;
  const worker = new Worker(source, {
    eval: true,
    workerData: { path, everyMs },
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
  worker.unref();
  writer.sqlite.exec(`pragma wal_autocheckpoint = ${backstopPages}`);
  const takeBack = (): void => {
    if (stopped) return;
    stopped = true;
    if (writer.sqlite.isOpen) writer.sqlite.exec(`pragma wal_autocheckpoint = ${writer.ownPages}`);
  };
  worker.on('error', takeBack);
  worker.on('exit', takeBack);
  return () => {
    stopped = true;
    void worker.terminate();
  };
}
