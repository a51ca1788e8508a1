// Rows 21 to 23: what a second attempt, a second copy of a request and a second author of an answer may do wrong.
import { setTimeout as delay } from 'node:timers/promises';
import type { StoredEntry } from '../../src/ledger/entry-store.ts';
import { toldBeginning } from '../integration/broken-streams.ts';
import type { Draw } from '../support/draw.ts';
import {
  bodyOf,
  cutAnywhere,
  drawText,
  drawTold,
  dying,
  type Form,
  intact,
  refusing,
  type Side,
  silent,
  type Turn,
  write,
} from './replies.ts';
import { claim, type FaultRow, times } from './row.ts';
import type { CallWish, Operation, World } from './world.ts';

const sides: readonly Side[] = ['openai', 'anthropic'];
const otherSide = (side: Side): Side => (side === 'openai' ? 'anthropic' : 'openai');

const slowly = (turn: Turn, headDelayMs: number): Turn => ({ ...turn, reply: { ...turn.reply, headDelayMs } });

export const asksASecond: FaultRow = {
  row: 21,
  name: 'a second attempt beside a slow one: the loser is booked, the winner may die',
  options: { env: { MPC_ROUTING_HEDGE_MAX_EXTRA_PERCENT: '100' } },
  async play(world, alone) {
    const { draw, call } = world;
    // A key may spend on second attempts a share of what it has spent before.
    await Promise.all(times(8, (index) => call({ side: sides[index % 2] ?? 'openai', headers: { 'x-mpc-hedge': '60000' } })));
    const races = await Promise.all(times(6, () => call(drawRace(draw))));
    if (!alone) return;
    for (const { mark, saw, given, wish } of races) {
      if (wish.leave === undefined) claim(saw.end === 'complete', `${mark}: the answer ended as ${saw.end}`);
      for (const { turn, request } of given) {
        if (turn.reply.headDelayMs !== Number.POSITIVE_INFINITY) continue;
        claim((await Promise.race([request.aborted, delay(2_000)])) !== undefined, `${mark}: who never answered was not called off`);
      }
    }
    world.laws.push((entries) => [...problemsOfLosers(entries), ...(entries.some(hasLoser) ? [] : ['nobody was overtaken'])]);
  },
};

function drawRace(draw: Draw): CallWish {
  const side = draw.pick(sides);
  const stream = draw.chance(0.6);
  const first: Form = { side, stream };
  const second: Form = { side: otherSide(side), stream };
  const wish: CallWish = { side, dialect: draw.pick(sides), stream, headers: { 'x-mpc-hedge': String(draw.int(5, 40)) } };
  switch (draw.int(0, 4)) {
    case 0:
      return { ...wish, turns: [silent], fallback: [intact(draw, second)] };
    case 1: // Either may be the quicker one.
      return {
        ...wish,
        turns: [slowly(intact(draw, first), draw.int(20, 120))],
        fallback: [slowly(intact(draw, second), draw.int(0, 80))],
      };
    case 2: // The winner dies, perhaps after content.
      return { ...wish, turns: [silent], fallback: [dying(draw, second)] };
    case 3:
      return {
        ...wish,
        turns: [slowly(refusing(draw, side, [500, 503]), draw.int(10, 90))],
        fallback: [slowly(intact(draw, second), draw.int(0, 90))],
      };
    default:
      return {
        ...wish,
        turns: [silent],
        fallback: [draw.pick([silent, dying(draw, second, ['stall'])])],
        leave: { beforeHead: draw.int(0, 150) },
      };
  }
}

const hasLoser = ({ attempts }: StoredEntry): boolean => attempts.some(({ errorCode }) => errorCode === 'overtaken');

/** That the loser is no part of what the caller pays is asked of every call. */
function problemsOfLosers(entries: readonly StoredEntry[]): string[] {
  return entries.flatMap(({ id, attempts }) => {
    const losers = attempts.filter(({ errorCode }) => errorCode === 'overtaken');
    return [
      ...(losers.length > 1 ? [`${id}: ${losers.length} attempts were overtaken`] : []),
      ...losers.filter(({ costNanoUsd = 0 }) => costNanoUsd <= 0).map(() => `${id}: an overtaken attempt has no cost`),
    ];
  });
}

export const comesTwice: FaultRow = {
  row: 22,
  name: 'copies of a request with one Idempotency-Key, while its upstream dies and clients leave',
  async play(world, alone) {
    await Promise.all(times(3, () => sendCopies(world, alone)));
  },
};

async function sendCopies({ draw, call, mark, requestsOf, laws }: World, alone: boolean): Promise<void> {
  const name = mark();
  const side = draw.pick(sides);
  const stream = draw.chance(0.6);
  const wish: CallWish = {
    side,
    dialect: draw.pick(sides),
    stream,
    prompt: `${name} say hello`,
    headers: { 'idempotency-key': `key-of-${name}` },
  };
  const form: Form = { side, stream };
  const turns = [
    ...times(draw.int(0, 3), () => (draw.chance(0.7) ? dying(draw, form) : refusing(draw, side, [500, 503]))),
    slowly(intact(draw, form), draw.int(0, 60)),
  ];
  const first = call({ ...wish, turns, ...(draw.chance(0.3) && { leave: { beforeHead: draw.int(0, 100) } }) });
  const copies = times(draw.int(1, 4), async () => {
    await delay(draw.int(0, 80));
    return call({ ...wish, ...(draw.chance(0.2) && { leave: { beforeHead: draw.int(0, 100) } }) });
  });
  const operations = [await first, ...(await Promise.all(copies))];
  // What died at the end of the script is over by now: somebody gets the answer.
  for (let tries = 0; tries < 4 && !operations.some(isWhole); tries += 1) operations.push(await call(wish));
  const last = await call(wish);
  if (!alone) return;
  claim(isWhole(last), `${name}: the last copy got ${last.saw.status} ${last.saw.end}`);
  claim(last.saw.headers['idempotent-replayed'] === 'true', `${name}: an answer that was given is made again`);
  for (const { mark: copy, saw } of [...operations, last].filter(isWhole)) {
    claim(saw.text === last.saw.text, `${name}: ${copy} got another answer than the last copy`);
  }
  const marks = new Set([...operations, last].map((operation) => operation.mark));
  laws.push((entries) => {
    const own = entries.filter(({ sessionId = '' }) => marks.has(sessionId));
    const served = own.filter(({ errorCode }) => errorCode === undefined).length;
    const asked = own.flatMap(({ attempts }) => attempts).length;
    return [
      ...(served === 1 ? [] : [`${name}: served ${served} times`]),
      ...(asked === requestsOf(name) ? [] : [`${name}: ${asked} attempts, but ${requestsOf(name)} requests at the providers`]),
    ];
  });
}

/** An answer, and not the error event at the end of one. */
const isWhole = ({ saw }: Operation): boolean => saw.status === 200 && saw.end === 'complete' && !/"error":|event: error/.test(saw.text);

export const goesOnWithIt: FaultRow = {
  row: 23,
  name: 'a broken stream that another model goes on with: it dies, too, or the client leaves meanwhile',
  async play(world, alone) {
    const { draw, call } = world;
    const operations = await Promise.all(times(6, () => call(drawContinued(draw))));
    if (!alone) return;
    for (const { mark, saw, wish } of operations) {
      if (wish.leave === undefined) claim(saw.end === 'complete', `${mark}: the answer ended as ${saw.end}`);
    }
  },
};

function drawContinued(draw: Draw): CallWish {
  const side = draw.pick(sides);
  const whole = drawText(draw);
  const broken = cutAnywhere(draw, { reply: write({ side, stream: true }, { text: whole, told: drawTold(draw) }) });
  const wish: CallWish = { side, dialect: draw.pick(sides), stream: true, whole, headers: { 'x-mpc-continue': 'true' } };
  /** Only Anthropic's model takes a beginning, its own one included. */
  const then = (...turns: readonly Turn[]): Pick<CallWish, 'turns' | 'fallback'> =>
    side === 'openai' ? { turns: [broken], fallback: turns } : { turns: [broken, ...turns] };
  switch (draw.int(0, 3)) {
    case 0:
      return { ...wish, ...then(restOf(draw, whole)) };
    case 1:
      return { ...wish, ...then(restOf(draw, whole, draw.pick(['close', 'reset', 'stall'])), refusing(draw, 'anthropic', [500])) };
    case 2:
      return { ...wish, ...then(draw.pick([silent, refusing(draw, 'anthropic', [401, 500, 529])])) };
    default:
      return {
        ...wish,
        ...then(draw.pick([silent, slowly(restOf(draw, whole), draw.int(20, 120)), restOf(draw, whole, 'stall')])),
        leave: draw.chance(0.3) ? { afterText: 'mpc-continued' } : { afterMs: draw.int(0, 200) },
      };
  }
}

/** Says what is left of `whole` after the beginning that it is told; with a way to die, not all of it. */
function restOf(draw: Draw, whole: string, death?: 'close' | 'reset' | 'stall'): Turn {
  const told = drawTold(draw);
  const share = draw.next();
  return {
    ...(death === undefined && { told }),
    reply: death === undefined ? {} : { then: death },
    answerTo(request) {
      const reply = write({ side: 'anthropic', stream: true }, { text: whole.slice(toldBeginning(request)?.length ?? 0), told });
      return death === undefined ? reply : { ...reply, cutAt: Math.floor(bodyOf(reply).length * share), then: death };
    },
  };
}
