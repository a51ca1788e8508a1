// The bench's own processes, the mock upstream and the load, and the one way to run a measurement.
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WireDialect } from '../wire/wire-dialect.ts';
import type { LoadJob, LoadMessage, LoadReply, LoadReport } from '../load/job.ts';
import { type Cores, chooseCores, pinSelf, plainEnvironment, startProcess, stopProcess } from './child-process.ts';

export interface Lab {
  readonly cores: Cores | undefined;
  readonly upstreamPort: number;
  /** Scratch folder, removed at the end. */
  readonly folder: string;
  /** Runs a job and makes sure that the upstream saw exactly the requests that were answered. */
  run(job: LoadJob): Promise<LoadReport>;
  /** Opens the job's streams and keeps them open while `during` runs. */
  holdOpen<T>(job: LoadJob, during: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export async function openLab(): Promise<Lab> {
  const cores = chooseCores();
  // The benchmark itself polls and samples: it must not do so on the candidate's core.
  if (cores) pinSelf(cores.load);
  const folder = mkdtempSync(join(tmpdir(), 'mpc-bench-'));
  const upstream = startOwn('upstream.ts', { cores, folder });
  const load = startOwn('load.ts', { cores, folder });
  const [ready] = await Promise.all([reply<{ readonly port: number }>(upstream), reply(load)]);

  const ask = async (message: LoadMessage): Promise<LoadReport> => {
    const answer = reply<LoadReply>(load);
    load.send(message);
    const got = await answer;
    if (got.type === 'report' || got.type === 'held') return sound(got.report);
    throw new Error(got.type === 'failed' ? got.reason : 'the load process was restarted');
  };
  const upstreamRequests = async (dialect: WireDialect): Promise<number> => {
    const answer = reply<{ readonly counts: Readonly<Record<WireDialect, number>> }>(upstream);
    upstream.send('counts');
    return (await answer).counts[dialect];
  };

  return {
    cores,
    upstreamPort: ready.port,
    folder,
    async run(job) {
      const before = await upstreamRequests(job.upstream);
      const report = await ask({ type: 'run', job });
      const reached = (await upstreamRequests(job.upstream)) - before;
      // Fewer would be answers out of a cache or a translation left out, more would be retries: none may pass as speed.
      if (job.expect.text !== undefined && reached !== report.answers) {
        throw new Error(`${report.answers} answers, but ${reached} requests reached the upstream in the ${job.upstream} dialect`);
      }
      return report;
    },
    async holdOpen(job, during) {
      await ask({ type: 'run', job });
      try {
        return await during();
      } finally {
        load.send({ type: 'release' } satisfies LoadMessage);
      }
    },
    async close() {
      await Promise.all([stopProcess(upstream), stopProcess(load)]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function startOwn(file: string, { cores, folder }: { readonly cores: Cores | undefined; readonly folder: string }): ChildProcess {
  return startProcess({
    command: process.execPath,
    args: [join(import.meta.dirname, '..', file)],
    core: cores?.load,
    cwd: folder,
    env: plainEnvironment(),
    logFile: join(folder, `${file}.log`),
    channel: true,
  });
}

/** The next message of a process; its end is a failure. */
function reply<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`a process of the benchmark itself ended: ${child.spawnargs.join(' ')}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as T);
    });
  });
}

function sound(report: LoadReport): LoadReport {
  if (report.failures > 0)
    throw new Error(`${report.failures} of ${report.failures + report.answers} answers are wrong: ${report.faults.join(' | ')}`);
  if (report.answers === 0) throw new Error('no request was answered');
  return report;
}
