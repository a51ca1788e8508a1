// Was the ledger really on? A benchmark of a gateway that forgets its rows would be worth nothing.
import { type Case, jobFor, type Measurement, pause } from './case.ts';

/** Rows are written behind the answer, in batches; this is many times their delay. */
const trailingMs = 500;

interface LoggedEntry {
  readonly status?: number;
  readonly principal?: string;
  readonly cost_nano_usd?: number | null;
  readonly decision_id?: string | null;
  readonly usage?: { readonly output?: number } | null;
}

export const ledger: Case = {
  id: 'ledger',
  title: 'ledger rows per request',
  about: 'No measurement but a check: every answered request has one row with key, price, decision and usage.',
  route: { client: 'openai', upstream: 'openai' },
  who: 'own',
  roundsMost: 1,
  metrics: [{ id: 'rows', label: 'rows per request', unit: '×', against: 'nothing', most: 1 }],
  async measure(measurement) {
    const requests = measurement.scale.smoke ? 60 : 2_000;
    const before = (await readLedger(measurement)).length;
    const pace = { kind: 'count', connections: 4, requests, spreadMs: 0 } as const;
    await measurement.lab.run(jobFor(measurement, { bodyBytes: 1024, stream: { chunks: 10, gapMs: 0 }, pace }));
    await pause(trailingMs);
    const rows = (await readLedger(measurement)).slice(before);
    const incomplete = rows.find((row) => !isComplete(row));
    if (incomplete !== undefined) throw new Error(`an incomplete ledger row: ${JSON.stringify(incomplete).slice(0, 400)}`);
    if (rows.length !== requests) throw new Error(`${rows.length} ledger rows for ${requests} answers`);
    return { rows: rows.length / requests };
  },
};

function isComplete(row: LoggedEntry): boolean {
  const { status, principal, cost_nano_usd, decision_id, usage } = row;
  const known = typeof cost_nano_usd === 'number' && typeof decision_id === 'string';
  return status === 200 && principal?.startsWith('key:') === true && known && usage?.output === 10;
}

async function readLedger({ running }: Measurement): Promise<LoggedEntry[]> {
  const text = await running.command?.(['logs', '--json']);
  return (text ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LoggedEntry);
}
