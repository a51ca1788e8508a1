// Runs one job: closed loop, fixed count, open loop, or streams that are held open.
import { Buffer } from 'node:buffer';
import { type Connection, openConnection } from './connection.ts';
import type { FormBody, LoadJob, LoadPace, LoadReport } from './job.ts';
import { createTally, type Tally } from './tally.ts';

/** After so many failures a run says nothing any more; it ends instead of hammering a broken candidate. */
const mostFailures = 20;
/** An open loop with this many requests out has lost the race; more sockets would only fall over later. */
const mostOut = 1_000;

export interface JobOutcome {
  readonly report: LoadReport;
  /** Closes what a `hold` job keeps open. */
  release(): void;
}

interface Run {
  readonly job: LoadJob;
  readonly tally: Tally;
  nextRequest(): Buffer;
  open(): Promise<Connection>;
}

export async function runJob(job: LoadJob): Promise<JobOutcome> {
  const tally = createTally({ readEvery: job.readEvery });
  const requests = requestsOf(job);
  let turn = 0;
  const all: Connection[] = [];
  let released = false;
  const run: Run = {
    job,
    tally,
    nextRequest: () => requests[turn++ % requests.length] ?? Buffer.alloc(0),
    async open() {
      const connection = await openConnection({ port: job.port, expect: job.expect, tally, hold: job.pace.kind === 'hold' });
      all.push(connection);
      // A run that was given up may still have been connecting.
      if (released) connection.close();
      return connection;
    },
  };
  const opened = await Promise.all(Array.from({ length: connectionsOf(job.pace) }, run.open));
  const startedAt = performance.now();
  await Promise.race([drive(run, opened), stall(tally, job.patienceMs)]);
  const report = tally.report(performance.now() - startedAt);
  const release = () => {
    released = true;
    for (const connection of all) connection.close();
  };
  if (job.pace.kind !== 'hold') release();
  return { report, release };
}

/** Ends a run in which nothing happens any more: a swallowed request must not hang the benchmark. */
async function stall(tally: Tally, patienceMs: number): Promise<void> {
  let seen = -1;
  while (seen !== tally.answers + tally.failures) {
    seen = tally.answers + tally.failures;
    await wait(patienceMs);
  }
  tally.failed(`nothing was answered for ${patienceMs / 1000} s`);
}

function requestsOf(job: LoadJob): Buffer[] {
  const fixed = Object.entries(job.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const body = typeof job.body === 'string' ? Buffer.from(job.body) : formOf(job.body);
  const type = typeof job.body === 'string' ? 'application/json' : `multipart/form-data; boundary=${boundary}`;
  return job.credentials.map((line) => {
    const head = `POST ${job.path} HTTP/1.1\r\nhost: 127.0.0.1:${job.port}\r\n${line}\r\n${fixed.join('')}content-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), body]);
  });
}

const boundary = 'bench-7d1f0c52';

function formOf({ form, fileBytes }: FormBody): Buffer {
  const fields = Object.entries(form).map(
    ([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const file = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="speech.mp3"\r\ncontent-type: audio/mpeg\r\n\r\n`;
  return Buffer.concat([Buffer.from(fields.join('') + file), Buffer.alloc(fileBytes, 'sound'), Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

function connectionsOf(pace: LoadPace): number {
  if (pace.kind === 'closed' || pace.kind === 'count') return pace.connections;
  return pace.kind === 'rate' ? 16 : 0;
}

function drive(run: Run, opened: readonly Connection[]): Promise<void> {
  const { pace } = run.job;
  switch (pace.kind) {
    case 'closed': {
      const endsAt = performance.now() + pace.durationMs;
      return keepSending(run, opened, { mayStart: () => performance.now() < endsAt, spreadMs: 0 });
    }
    case 'count': {
      let left = pace.requests;
      return keepSending(run, opened, { mayStart: () => left-- > 0, spreadMs: pace.spreadMs });
    }
    case 'rate':
      return sendAtRate(run, opened, pace);
    case 'hold':
      return hold(run, pace.streams);
  }
}

async function keepSending(
  run: Run,
  opened: readonly Connection[],
  { mayStart, spreadMs }: { readonly mayStart: () => boolean; readonly spreadMs: number },
): Promise<void> {
  await Promise.all(
    opened.map(async (first, index) => {
      if (spreadMs > 0) await wait((index * spreadMs) / opened.length);
      let connection = first;
      while (run.tally.failures < mostFailures && mayStart()) {
        if (!connection.usable) connection = await run.open();
        await sendUntilIdle(run, connection, mayStart);
      }
    }),
  );
}

// Chained callbacks instead of a promise per request: the load shares its core with the upstream.
function sendUntilIdle(run: Run, connection: Connection, mayStart: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    // The caller has already taken the permission for the first request.
    const next = () => {
      if (connection.usable && run.tally.failures < mostFailures && mayStart()) connection.send(run.nextRequest(), next);
      else resolve();
    };
    connection.send(run.nextRequest(), next);
  });
}

async function sendAtRate(
  run: Run,
  opened: readonly Connection[],
  pace: { readonly perSecond: number; readonly durationMs: number },
): Promise<void> {
  const idle = [...opened];
  const total = Math.round((pace.perSecond * pace.durationMs) / 1000);
  const startedAt = performance.now();
  let sent = 0;
  let out = 0;
  const send = (connection: Connection) => {
    connection.send(run.nextRequest(), () => {
      out -= 1;
      if (connection.usable) idle.push(connection);
    });
  };
  const sendNext = async () => {
    out += 1;
    const ready = idle.pop();
    if (ready !== undefined) return send(ready);
    try {
      send(await run.open());
    } catch (error) {
      out -= 1;
      run.tally.failed(`no connection: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  };
  while (sent < total && run.tally.failures < mostFailures) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) * pace.perSecond) / 1000) + 1);
    for (; sent < due; sent += 1) void sendNext();
    if (out > mostOut) {
      run.tally.failed(`cannot keep up with ${pace.perSecond} requests/s: ${out} wait for their answer`);
      return;
    }
    await wait(1);
  }
  while (out > 0) await wait(5);
}

/** Opens streams a few at a time, so that what is measured is holding them and not a burst. */
async function hold(run: Run, streams: number): Promise<void> {
  const atOnce = 10;
  for (let open = 0; open < streams && run.tally.failures === 0; open += atOnce) {
    const group = Array.from({ length: Math.min(atOnce, streams - open) }, async () => {
      const connection = await run.open();
      await new Promise<void>((resolve) => connection.send(run.nextRequest(), resolve));
    });
    await Promise.all(group);
  }
}

function wait(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
