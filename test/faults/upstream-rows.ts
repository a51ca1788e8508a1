// Rows 1, 5, 19 and 20: what providers do to us.
import { gzipSync } from 'node:zlib';
import { htmlPage } from '../support/canned-replies.ts';
import type { Draw } from '../support/draw.ts';
import type { Reply } from '../support/fake-upstream.ts';
import { bodyOf, drawText, drawTold, dying, type Form, intact, rechopped, silent, type Side, type Turn, write } from './replies.ts';
import { claim, type FaultRow, times } from './row.ts';
import type { CallWish, Operation } from './world.ts';

const sides: readonly Side[] = ['openai', 'anthropic'];

function drawForm(draw: Draw, stream = draw.chance(0.7)): { readonly wish: CallWish; readonly form: Form } {
  const side = draw.pick(sides);
  return { wish: { side, dialect: draw.pick(sides), stream }, form: { side, stream } };
}

const other = ({ side, stream }: Form): Form => ({ side: side === 'openai' ? 'anthropic' : 'openai', stream });

export const diesInMidStream: FaultRow = {
  row: 1,
  name: 'an upstream that dies in mid-stream',
  async play({ draw, call }, alone) {
    const outcomes = await Promise.all(
      times(4, () => {
        const { wish, form } = drawForm(draw);
        const withFallback = draw.chance(0.5);
        return call({
          ...wish,
          turns: [dying(draw, form)],
          ...(withFallback && { fallback: [rechopped(draw, intact(draw, other(form)))] }),
        });
      }),
    );
    if (alone) for (const operation of outcomes) assertHidden(operation);
  },
};

/** With a fallback the failure shows only where content had passed. */
function assertHidden({ wish, saw, mark }: Operation): void {
  if (wish.fallback === undefined || wish.stream !== true) return;
  claim(saw.status === 200, `${mark}: status ${saw.status} in spite of a fallback`);
}

export const tellsNoUsage: FaultRow = {
  row: 5,
  name: 'usage that is missing, wrong, repeated, late or cumulative',
  async play({ draw, call }) {
    await Promise.all(
      times(5, () => {
        const { wish, form } = drawForm(draw);
        return call({
          ...wish,
          turns: [spoilUsage(draw, form)],
          ...(draw.chance(0.5) && { more: { stream_options: { include_usage: true } } }),
        });
      }),
    );
  },
};

const wrongCounts = ['-5', '0', '1e400', '3.7', '"many"', 'null', '99999999999999999999', '{}', 'true'] as const;

function spoilUsage(draw: Draw, form: Form): Turn {
  const reply = write(form, { text: drawText(draw), told: drawTold(draw) });
  const text = bodyOf(reply).toString('utf8');
  const way = draw.int(0, 3);
  if (way === 0)
    return asTurn(
      reply,
      text.replace(/"(prompt|completion|total|input|output)_tokens":\d+/g, () => `"absent":0`),
    );
  if (way === 1)
    return asTurn(
      reply,
      text.replace(/_tokens":\d+/g, () => `_tokens":${draw.pick(wrongCounts)}`),
    );
  if (way === 2 || !form.stream) return asTurn(reply, text.replace(/,?"usage":\{(?:[^{}]|\{[^{}]*\})*\}/g, ''));
  // Cumulative and repeated: every chunk says it, the last one again and after the end.
  const usage = '{"prompt_tokens":12,"completion_tokens":3,"total_tokens":15}';
  const frames = text
    .split('\n\n')
    .map((frame) => (form.side === 'openai' && frame.startsWith('data: {') ? frame.replace(/\}$/, `,"usage":${usage}}`) : frame));
  return asTurn(reply, `${frames.join('\n\n')}${draw.chance(0.5) ? (frames.at(-2) ?? '') + '\n\n' : ''}`);
}

function asTurn({ body: _body, pieces: _pieces, ...rest }: Reply, text: string): Turn {
  return { reply: { ...rest, body: text } };
}

export const cannotBeReached: FaultRow = {
  row: 19,
  name: 'an address where nobody answers, or nobody is',
  options: {
    yaml: [
      'connections:',
      '  - { id: closed, provider: custom, base_url: "http://127.0.0.1:9/v1", api_key: sk-closed-0123456789, models: [closed-model] }',
      '  - { id: nowhere, provider: custom, base_url: "http://no-such-host.invalid/v1", api_key: sk-nowhere-0123456789, models: [nowhere-model] }',
      'timeouts: { connect_ms: 500 }',
    ].join('\n'),
  },
  async play({ draw, call }, alone) {
    const model = (name: string): CallWish => ({ more: { model: name }, stream: draw.chance(0.5) });
    const [helped, alsoHelped, refused, deaf] = await Promise.all([
      call({ ...model('closed-model'), fallback: [rechopped(draw, intact(draw, { side: 'anthropic', stream: false }))], stream: false }),
      call({ ...model('nowhere-model'), fallback: [intact(draw, { side: 'anthropic', stream: true })], stream: true }),
      call(model(draw.pick(['closed-model', 'nowhere-model']))),
      call({ turns: [silent], stream: draw.chance(0.5) }),
    ]);
    if (!alone) return;
    claim(helped.saw.status === 200 && alsoHelped.saw.status === 200, 'the fallback did not help');
    claim([502, 504].includes(refused.saw.status ?? 0), `nobody there is told as ${refused.saw.status}`);
    claim(deaf.saw.status === 504, `silence is told as ${deaf.saw.status}`);
  },
};

export const talksNonsense: FaultRow = {
  row: 20,
  name: 'an upstream that breaks its grammar, its transport or its compression',
  options: { env: { MPC_LIMITS_FRAME_MB: '0.25', MPC_LIMITS_ANSWER_MB: '1' } },
  async play({ draw, call }, alone) {
    await Promise.all(
      times(6, () => {
        const { wish, form } = drawForm(draw);
        return call({ ...wish, turns: [corrupt(draw, form)] });
      }),
    );
    const after = await call({ turns: [intact(draw, { side: 'openai', stream: false })] });
    if (alone) claim(after.saw.status === 200, `the call after it got ${after.saw.status}`);
  },
};

type Corruption = (draw: Draw, turn: Turn, body: Buffer) => Reply;

const garbage = (draw: Draw, length: number): Buffer => Buffer.from(times(length, () => draw.int(0, 255)));

const corruptions: readonly Corruption[] = [
  (draw, { reply }, body) => ({ ...reply, body: flipped(draw, body) }),
  (draw, { reply }, body) => ({
    ...reply,
    body: Buffer.concat([body.subarray(0, draw.int(0, body.length)), garbage(draw, draw.int(1, 300)), body]),
  }),
  (draw, { reply }, body) => ({ ...reply, body: without(draw, body) }),
  (draw, { reply }, body) => ({ ...reply, body: Buffer.concat([body, garbage(draw, draw.int(1, 2_000))]) }),
  (_draw, { reply }, body) => ({ ...reply, body: body.toString('utf8').replaceAll('\n', '\r\n') }),
  (_draw, { reply }, body) => ({ ...reply, body: body.toString('utf8').replace('data: [DONE]\n\n', '') }),
  (_draw, { reply }, body) => ({ ...reply, body: Buffer.concat([Buffer.from('\ufeff'), body]) }),
  (draw, { reply }, body) => ({
    ...reply,
    headers: { 'content-type': draw.pick(['text/plain', 'image/png', '', 'application/json', 'text/event-stream']) },
    body,
  }),
  (draw) => htmlPage(draw.pick([200, 403, 502])),
  (_draw, { reply }, body) => ({ ...reply, body, framing: 'wrong-length' }),
  (draw, { reply }, body) => ({ ...reply, pieces: draw.chop(body), framing: 'malformed-chunks' }),
  (_draw, { reply }, body) => ({ ...reply, body, framing: 'close', then: 'close' }),
  (_draw, { reply }, body) => ({ ...reply, body, encoding: 'gzip' }),
  (_draw, { reply }, body) => ({ ...reply, headers: { ...reply.headers, 'content-encoding': 'gzip' }, body }),
  (_draw, { reply }) => ({ ...reply, headers: { ...reply.headers, 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(30_000_000)) }),
  (_draw, { reply }, body) => ({ ...reply, body: Buffer.concat([Buffer.from(`data: {"x":"${'y'.repeat(400_000)}"}\n\n`), body]) }),
  (draw, { reply }, body) => ({ ...reply, body: Buffer.concat([Buffer.from(': nothing\n\n'.repeat(draw.int(1, 5_000))), body]) }),
  (draw, { reply }) => ({
    ...reply,
    body: draw.pick(['', '{}', '[]', 'null', 'data: {}\n\n', 'data: [DONE]\n\n', '{"error":null}', '{"choices":[]}']),
  }),
  (draw, { reply }, body) => ({ ...reply, status: draw.pick([201, 204, 206, 301, 304, 418, 500, 599]), body }),
];

function corrupt(draw: Draw, form: Form): Turn {
  const turn = intact(draw, form);
  const { pieces: _pieces, ...reply } = turn.reply;
  const corrupted = draw.pick(corruptions)(draw, { ...turn, reply }, bodyOf(turn.reply));
  return { reply: corrupted };
}

function flipped(draw: Draw, body: Buffer): Buffer {
  const copy = Buffer.from(body);
  for (let flips = draw.int(1, 6); flips > 0; flips -= 1) copy[draw.int(0, copy.length - 1)] = draw.int(0, 255);
  return copy;
}

function without(draw: Draw, body: Buffer): Buffer {
  const from = draw.int(0, body.length - 1);
  return Buffer.concat([body.subarray(0, from), body.subarray(from + draw.int(1, 80))]);
}
