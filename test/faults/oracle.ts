// What holds of every operation, whatever was done to it. Throws one error that lists all that does not.
import type { StoredEntry } from '../../src/ledger/entry-store.ts';
import { readOutcome, type Outcome } from './legal.ts';
import type { Turn } from './replies.ts';
import type { Operation, World } from './world.ts';

/** Nano-USD per token, as the providers' price pages have it: input, cached input, output. Written down apart from the catalog. */
const prices: Readonly<Record<string, readonly [number, number, number]>> = {
  openai: [150, 75, 600],
  anthropic: [1_000, 100, 5_000],
};

/** The promise is 100 ms; machines under test load are slow. */
const abortLimitMs = 2_000;

export async function judge(world: World): Promise<void> {
  const problems: string[] = [];
  for (const operation of world.operations) {
    for (const problem of await problemsOfUpstreams(operation)) problems.push(`${operation.mark}: ${problem}`);
  }
  if (!world.stopping) problems.push(...(await problemsOfProbe(world)));
  const { entries, log } = await world.finish();
  for (const operation of world.operations) {
    for (const problem of problemsOf(operation, entries, world)) problems.push(`${operation.mark}: ${problem}`);
  }
  for (const law of world.laws) problems.push(...law(entries));
  const ids = new Set(entries.map((entry) => entry.id));
  if (ids.size !== entries.length) problems.push('an id occurs twice in the ledger');
  for (const secret of world.secrets) {
    if (log.includes(secret)) problems.push('a secret is in the log');
    if (entries.some((entry) => JSON.stringify(entry).includes(secret))) problems.push('a secret is in the ledger');
  }
  if (problems.length > 0) throw new Error(problems.slice(0, 12).join('\n'));
}

/** After all that, the gateway serves as on its first day: nothing is in flight but this question. Who has just left is noticed soon. */
async function problemsOfProbe(world: World): Promise<string[]> {
  for (const deadlineMs = performance.now() + abortLimitMs; ; await sleep(10)) {
    const metrics = await (await fetch(`${world.url}/metrics`, { headers: { authorization: `Bearer ${world.adminKey}` } })).text();
    const inFlight = /^mpc_in_flight (\d+)/m.exec(metrics)?.[1];
    if (inFlight === '1' || inFlight === '0') return [];
    if (performance.now() > deadlineMs) return [`${inFlight} calls are still in flight`];
  }
}

async function problemsOfUpstreams({ given, saw }: Operation): Promise<string[]> {
  if (saw.end !== 'left') return [];
  const problems: string[] = [];
  for (const { turn, request } of given) {
    const endsByItself = turn.reply.headDelayMs !== Number.POSITIVE_INFINITY && turn.reply.then !== 'stall';
    if (endsByItself) continue;
    const abortedMs = await Promise.race([request.aborted, sleep(abortLimitMs)]);
    if (abortedMs === undefined) problems.push('the client left, but its upstream call goes on');
  }
  return problems;
}

function problemsOf(operation: Operation, entries: readonly StoredEntry[], world: World): string[] {
  const { saw, given, mark } = operation;
  const problems: string[] = [];
  const told = saw.headers['x-request-id'];
  const own = entries.filter((entry) => entry.sessionId === mark || entry.id === told);
  const [entry] = own;

  if (saw.end === 'hung') problems.push('nothing ended within the limit');
  if (saw.end === 'broken' && !world.stopping) problems.push(`the connection broke (status ${saw.status}, ${saw.text.length} characters)`);
  if (own.length > 1) problems.push(`${own.length} entries`);
  const reachedUs = given.length > 0 || (saw.status !== undefined && !refusedAtTheDoor(saw.status, saw.text));
  const isCopy = saw.headers['idempotent-replayed'] === 'true';
  if (isCopy && entry !== undefined) problems.push('an answer that was given again has an entry of its own');
  if (reachedUs && !isCopy && entry === undefined) problems.push(`no entry (status ${saw.status}, ${given.length} upstream requests)`);
  for (const secret of world.secrets) {
    if (saw.text.includes(secret) || JSON.stringify(saw.headers).includes(secret)) problems.push('the client was shown a secret');
  }
  const served = (given.findLast(({ side }) => side === entry?.provider) ?? given.at(-1))?.turn;
  const outcome = saw.end === 'complete' ? outcomeOf({ operation, served }, problems) : undefined;
  if (entry !== undefined) problems.push(...problemsOfEntry({ operation, served }, entry, outcome));
  return problems;
}

/** Before a call becomes an operation: a body that is none, overload, a key that is no longer one. */
function refusedAtTheDoor(status: number, text: string): boolean {
  return status === 400 || status === 413 || status === 401 || (status === 503 && /overloaded|stopping/.test(text)) || status === 429;
}

interface Served {
  readonly operation: Operation;
  /** The turn that the answer ended with. Not always the last one: two attempts may run side by side. */
  readonly served: Turn | undefined;
}

function outcomeOf({ operation, served }: Served, problems: string[]): Outcome | undefined {
  const { saw, dialect, stream, wish } = operation;
  const due = wish.whole ?? served?.text;
  try {
    const outcome = readOutcome({
      dialect,
      stream,
      status: saw.status ?? 0,
      text: saw.text,
      spoiled: served !== undefined && served.told === undefined,
    });
    if (outcome.kind === 'answer' && due !== undefined && outcome.text !== due)
      problems.push(`the text differs: ${JSON.stringify(outcome.text.slice(0, 80))} for ${JSON.stringify(due.slice(0, 80))}`);
    return outcome;
  } catch (thrown) {
    problems.push(`not a legal answer: ${String(thrown)}: ${JSON.stringify(saw.text.slice(-160))}`);
    return undefined;
  }
}

function problemsOfEntry({ operation, served }: Served, entry: StoredEntry, outcome: Outcome | undefined): string[] {
  const { saw, given } = operation;
  const problems: string[] = [];
  const failed = entry.errorCode !== undefined;
  if (outcome?.kind === 'error' && !failed) problems.push(`the client saw ${outcome.code}, the ledger a success`);
  if (outcome !== undefined && outcome.kind !== 'error' && failed) problems.push(`the client saw an answer, the ledger ${entry.errorCode}`);
  if (saw.end === 'complete' && entry.status !== saw.status) problems.push(`status ${saw.status} is ${entry.status} in the ledger`);

  // An attempt that found no server was seen by none.
  const reached = entry.attempts.filter((attempt) => attempt.status !== undefined || attempt.connectMs !== undefined);
  if (operation.wish.prompt === undefined && reached.length !== given.length)
    problems.push(`${reached.length} attempts, but ${given.length} requests at the providers`);
  if (entry.timings.totalMs < 0 || entry.attempts.some(({ totalMs }) => totalMs < 0)) problems.push('a negative duration');

  const { usage } = entry;
  if (usage !== undefined) {
    const classes = [usage.input, usage.cachedInput, usage.cacheWrite, usage.cacheWrite1h, usage.output, usage.reasoning];
    if (!classes.every((tokens) => Number.isSafeInteger(tokens) && tokens >= 0)) problems.push(`usage ${classes.join()}`);
  }
  problems.push(...problemsOfCost(entry, served));
  const told = served?.told;
  if (outcome?.kind === 'answer' && told !== undefined && !isContinued(entry)) {
    if (usage?.source !== 'upstream') problems.push('the usage that was told was not taken');
    else if (
      usage.input + usage.cachedInput !== told.input ||
      usage.cachedInput !== told.cached ||
      usage.output + usage.reasoning !== told.output
    )
      problems.push(`usage ${JSON.stringify(usage)} for ${JSON.stringify(told)}`);
  }
  return problems;
}

function problemsOfCost(entry: StoredEntry, served: Turn | undefined): string[] {
  if (entry.layer === 'cache') return [];
  const cost = entry.costNanoUsd;
  const hasLeft = entry.errorCode === 'client_gone';
  const isCharged = entry.errorCode === undefined || hasLeft;
  if (isContinued(entry) && isCharged && (hasLeft || served?.told === undefined)) {
    // What the second has written is known to the gateway alone: it broke off, after its last word or when the client left.
    const billed = entry.attempts.reduce((sum, attempt) => sum + (attempt.costNanoUsd ?? 0), 0);
    return cost !== null && cost <= billed ? [] : [`cost ${cost}, but providers bill ${billed}`];
  }
  const due = isCharged ? dueOf(entry, served) : 0;
  return cost === due ? [] : [`cost ${cost} instead of ${due}`];
}

/** What the caller owes: the prompt once, and the output at the price of whoever wrote it. */
function dueOf({ usage, provider = '', attempts }: StoredEntry, served: Turn | undefined): number {
  if (usage === undefined) return 0;
  const began = attempts[attempts.findIndex(({ continues }) => continues === true) - 1]?.provider ?? provider;
  const [input, cached, output] = prices[began] ?? [0, 0, 0];
  const wroteLast = began === provider ? 0 : (served?.told?.output ?? 0);
  const wroteFirst = usage.output + usage.reasoning - wroteLast;
  return usage.input * input + usage.cachedInput * cached + wroteFirst * output + wroteLast * (prices[provider]?.[2] ?? 0);
}

const isContinued = ({ attempts }: StoredEntry): boolean => attempts.some(({ continues }) => continues === true);

const sleep = (delayMs: number): Promise<undefined> => new Promise((resolve) => setTimeout(() => resolve(undefined), delayMs).unref());
