// One gateway between two scripted providers, made anew for each seed, and everything that happened in it.
// Each call carries a mark in its prompt and as its session, by which providers, ledger and client speak of the same operation.
import { rmSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '../../src/app.ts';
import { compileCatalog } from '../../src/catalog/compile-catalog.ts';
import type { CompiledCatalog } from '../../src/catalog/records.ts';
import { loadSettings } from '../../src/config/load-settings.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { StoredEntry } from '../../src/ledger/entry-store.ts';
import { createLogger } from '../../src/observability/log.ts';
import { openDatabase } from '../../src/storage/sqlite/open-database.ts';
import { Draw } from '../support/draw.ts';
import { type FakeUpstream, type SeenRequest, startUpstream } from '../support/fake-upstream.ts';
import { callFaulty, type FaultyCall, type Saw } from '../support/fault-client.ts';
import { intact, type Side, type Turn } from './replies.ts';

const models: Readonly<Record<Side, string>> = { openai: 'gpt-4o-mini', anthropic: 'claude-haiku-4-5' };

export interface WorldOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly yaml?: string;
}

export interface CallWish {
  readonly dialect?: Side;
  /** Whose model is asked for. */
  readonly side?: Side;
  readonly stream?: boolean;
  /** What that provider answers, one a try; the last one repeats. Default: one intact answer. */
  readonly turns?: readonly Turn[];
  /** What the other provider answers; with it, the other is named as the fallback. */
  readonly fallback?: readonly Turn[];
  readonly leave?: FaultyCall['leave'];
  readonly readGapMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly more?: Readonly<Record<string, unknown>>;
  /** Takes the place of the mark in the prompt: calls with one text are one prompt. With a mark in it, the turns are that mark's. */
  readonly prompt?: string;
  /** All that the client must have read when its stream ends well, whoever said it. Default: the text of the turn that served. */
  readonly whole?: string;
}

/** One call and what is known of it. */
export interface Operation {
  readonly mark: string;
  readonly dialect: Side;
  readonly side: Side;
  readonly stream: boolean;
  readonly wish: CallWish;
  /** Every answer that a provider gave to it, in order. */
  readonly given: { readonly side: Side; readonly turn: Turn; readonly request: SeenRequest }[];
  saw: Saw;
}

export interface World {
  readonly draw: Draw;
  readonly seed: number;
  readonly app: App;
  readonly url: string;
  readonly dataDir: string;
  readonly providers: Readonly<Record<Side, FakeUpstream>>;
  readonly operations: readonly Operation[];
  /** Secrets that must not be seen anywhere. */
  readonly secrets: string[];
  readonly adminKey: string;
  readonly key: string;
  /** Wall time can be shifted; monotonic time cannot, as in life. */
  shiftWall(byMs: number): void;
  call(wish?: CallWish): Promise<Operation>;
  /** A mark for calls that the scenario sends by itself. */
  mark(): string;
  bodyFor(mark: string, wish?: CallWish): { readonly path: string; readonly body: string };
  /** Takes the place of the turns for every call that names none. */
  answerAll(turns: ((side: Side, stream: boolean) => Turn) | undefined): void;
  requestsOf(mark: string): number;
  /** Asked of the ledger when all is over; answers what is wrong with it. */
  readonly laws: ((entries: readonly StoredEntry[]) => readonly string[])[];
  reload(options: WorldOptions): Promise<void>;
  /** True once the gateway was told to stop: calls may be refused at the door. */
  stopping: boolean;
  /** Stops everything and answers the ledger, oldest entry first. */
  finish(): Promise<{ readonly entries: readonly StoredEntry[]; readonly log: string }>;
}

let catalog: CompiledCatalog | undefined;
const keysOf: Readonly<Record<Side, string>> = { openai: 'sk-provider-one-5f81c0a2e7', anthropic: 'sk-ant-provider-two-0b6d93f4' };
const adminKey = 'admin-key-of-the-fault-suite-71d2';
const markPattern = /op-\d+-\d+/;

const quick = {
  PORT: '0',
  MPC_RETRY_BASE_DELAY_MS: '1',
  MPC_RETRY_MAX_DELAY_MS: '4',
  MPC_LEDGER_FLUSH_MS: '5',
  MPC_TIMEOUTS_FIRST_BYTE_MS: '400',
  MPC_TIMEOUTS_IDLE_MS: '400',
  MPC_SERVER_DRAIN_SECONDS: '5',
  MPC_SERVER_AUTH: 'required',
  MPC_ROUTING_CIRCUIT_BREAKER: 'off',
  MPC_ADMIN_KEY: adminKey,
  OPENAI_API_KEY: keysOf.openai,
  ANTHROPIC_API_KEY: keysOf.anthropic,
};

export async function openWorld(seed: number, options: WorldOptions = {}): Promise<World> {
  catalog ??= compileCatalog(new URL('../../data', import.meta.url).pathname);
  const draw = new Draw(seed);
  const cwd = mkdtempSync(join(tmpdir(), 'mpc-fault-'));
  const dataDir = join(cwd, 'data');
  const operations: Operation[] = [];
  const byMark = new Map<string, Operation>();
  const scripts = new Map<string, Turn[]>();
  let answersAll: ((side: Side, stream: boolean) => Turn) | undefined;
  let marks = 0;
  let wallShiftMs = 0;
  const logLines: string[] = [];

  const answer =
    (side: Side) =>
    (request: SeenRequest): Turn['reply'] => {
      if (request.method !== 'POST') return { status: 404, headers: { 'content-type': 'application/json' }, body: '{}' };
      const text = request.body.toString('utf8');
      const mark = markPattern.exec(text)?.[0] ?? '';
      const stream = text.includes('"stream":true');
      const script = scripts.get(`${side} ${mark}`);
      const turn =
        (script !== undefined && script.length > 1 ? script.shift() : script?.[0]) ??
        answersAll?.(side, stream) ??
        intact(draw, { side, stream });
      byMark.get(mark)?.given.push({ side, turn, request });
      return turn.answerTo?.(request) ?? turn.reply;
    };
  const [openai, anthropic] = await Promise.all([startUpstream(answer('openai')), startUpstream(answer('anthropic'))]);
  const load = (more: WorldOptions): ReturnType<typeof loadSettings> => {
    const yaml = more.yaml ?? options.yaml;
    if (yaml !== undefined) writeFileSync(join(cwd, 'mpc.yaml'), yaml);
    const env = {
      ...quick,
      MPC_DATA_DIR: dataDir,
      OPENAI_BASE_URL: openai.baseUrl,
      ANTHROPIC_BASE_URL: anthropic.url,
      ...options.env,
      ...more.env,
    };
    return loadSettings({ env, cwd });
  };
  const clock: Clock = { ...systemClock, wallMs: () => systemClock.wallMs() + wallShiftMs };
  const app = await createApp(load({}), {
    catalog,
    clock,
    random: draw.next,
    logger: createLogger('trace', { write: (line) => void logLines.push(line) }),
  });
  const { url } = await app.listen();
  const made = await fetch(`${url}/admin/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    body: '{"name":"everyone"}',
  });
  const { key } = (await made.json()) as { key: string };

  const world: World = {
    draw,
    seed,
    app,
    url,
    dataDir,
    providers: { openai, anthropic },
    operations,
    secrets: [keysOf.openai, keysOf.anthropic, adminKey, key],
    adminKey,
    key,
    laws: [],
    stopping: false,
    shiftWall(byMs) {
      wallShiftMs += byMs;
    },
    mark() {
      marks += 1;
      return `op-${seed}-${marks}`;
    },
    bodyFor(mark, wish = {}) {
      const dialect = wish.dialect ?? 'openai';
      const side = wish.side ?? 'openai';
      const body = {
        model: models[side],
        messages: [{ role: 'user', content: wish.prompt ?? `${mark} say hello` }],
        ...(dialect === 'anthropic' && { max_tokens: 4_000 }),
        ...(wish.stream === true && { stream: true }),
        ...wish.more,
      };
      return { path: dialect === 'openai' ? '/v1/chat/completions' : '/v1/messages', body: JSON.stringify(body) };
    },
    async call(wish = {}) {
      const mark = world.mark();
      const side = wish.side ?? 'openai';
      const operation: Operation = {
        mark,
        dialect: wish.dialect ?? 'openai',
        side,
        stream: wish.stream ?? false,
        wish,
        given: [],
        saw: { status: undefined, headers: {}, text: '', end: 'hung' },
      };
      operations.push(operation);
      byMark.set(mark, operation);
      const { path, body } = world.bodyFor(mark, wish);
      const asked = markPattern.exec(body)?.[0] ?? mark;
      if (wish.turns !== undefined) scripts.set(`${side} ${asked}`, [...wish.turns]);
      if (wish.fallback !== undefined) scripts.set(`${side === 'openai' ? 'anthropic' : 'openai'} ${asked}`, [...wish.fallback]);
      operation.saw = await callFaulty({
        url,
        path,
        body,
        headers: {
          authorization: `Bearer ${key}`,
          'x-session-id': mark,
          // In a body of Anthropic's grammar the word is the provider's own.
          ...(wish.fallback !== undefined && { 'x-mpc-fallbacks': models[side === 'openai' ? 'anthropic' : 'openai'] }),
          ...wish.headers,
        },
        ...(wish.leave !== undefined && { leave: wish.leave }),
        ...(wish.readGapMs !== undefined && { readGapMs: wish.readGapMs }),
      });
      return operation;
    },
    answerAll(turns) {
      answersAll = turns;
    },
    requestsOf: (mark) => [openai, anthropic].flatMap(({ requests }) => requests.filter(({ body }) => body.includes(mark))).length,
    reload: async (more) => app.reload(load(more)),
    async finish() {
      if (!world.stopping) {
        world.stopping = true;
        await app.close();
      }
      await Promise.all([openai.close(), anthropic.close()]);
      const database = await openDatabase(dataDir);
      // What could not be saved while the store was away was set aside; the next start takes it in.
      await database.entries.recover();
      const entries = [...database.reader.readEntries({})];
      database.close();
      rmSync(cwd, { recursive: true, force: true });
      return { entries, log: logLines.join('') };
    },
  };
  return world;
}
