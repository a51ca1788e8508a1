// What providers do on bad days. Before the first content: a status, or the next candidate. After it: the dialect's error event as
// the last frame, and no [DONE]. What is harmless stays harmless.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  anthropicAnswer,
  anthropicFrames,
  anthropicStream,
  everyByte,
  htmlPage,
  hugeFrameStream,
  openaiAnswer,
  openaiError,
  openaiFrames,
  openaiStream,
  streamOf,
  withCrlf,
} from '../support/canned-replies.ts';
import { anthropicText, collectStream, openaiText, type SeenStream } from '../support/collect.ts';
import type { FakeUpstream, Reply } from '../support/fake-upstream.ts';
import {
  type Answer,
  chat,
  chatBody,
  claudeModel,
  gptModel,
  type Json,
  lineOf,
  messages,
  messagesBody,
  open,
  type Stage,
  startStage,
} from './client.ts';

// Without retries, so that one reply decides; what retries do is tested elsewhere.
let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ env: { MPC_RETRY_ATTEMPTS: '0', MPC_TIMEOUTS_IDLE_MS: '400', MPC_ROUTING_CIRCUIT_BREAKER: 'off' } });
});

const json = { 'content-type': 'application/json' };
const done = 'data: [DONE]\n\n';
const text = 'one two three';
const frames = openaiFrames({ text });
/** Role chunk and the first word. */
const begun = frames.slice(0, 2);
const claudeFrames = anthropicFrames({ text });
/** message_start, ping, content_block_start and the first word. */
const claudeBegun = claudeFrames.slice(0, 4);

interface Streamed extends SeenStream {
  readonly response: Response;
}
const streamed = async (more: Json = {}, headers: Readonly<Record<string, string>> = {}): Promise<Streamed> => {
  const response = await open(stage.gateway, '/v1/chat/completions', { body: chatBody({ stream: true, ...more }), headers });
  return { response, ...(await collectStream(response)) };
};
const messagesStreamed = async (): Promise<Streamed> => {
  const response = await open(stage.gateway, '/v1/messages', { body: messagesBody({ stream: true }) });
  return { response, ...(await collectStream(response)) };
};

/** A rested connection would be passed over: a good answer in between keeps it in use. */
async function heal(upstream: FakeUpstream, reply: Reply, call: () => Promise<Answer>): Promise<void> {
  upstream.respond(reply);
  expect((await call()).status).toBe(200);
}

const beforeContent: readonly (readonly [what: string, reply: Reply, status: number, code: string])[] = [
  ['an HTML page with 200', htmlPage(), 502, 'upstream_bad_reply'],
  ['an HTML page with 503', htmlPage(503), 503, 'upstream_overloaded'],
  ['an empty 500', { status: 500, headers: { 'content-length': '0' } }, 502, 'upstream_error'],
  ['an empty 200', { status: 200, headers: json, body: '' }, 502, 'upstream_bad_reply'],
  ['broken JSON', { headers: json, body: '{"id":"x","choices":[{"mess' }, 502, 'upstream_bad_reply'],
  ['an error object with 200', { headers: json, body: '{"error":{"message":"no GPU left","type":"server_error"}}' }, 502, 'upstream_error'],
  ['JSON of another kind', { headers: json, body: '{"hello":"world"}' }, 502, 'upstream_bad_reply'],
  ['a redirect', { status: 302, headers: { location: 'https://elsewhere.example/' }, body: '' }, 502, 'upstream_bad_reply'],
  ['a reset before the head', { then: 'reset', framing: 'chunked', headDelayMs: 0, cutAt: 0, pieces: ['x'] }, 502, 'upstream_truncated'],
];

describe.each([
  ['whole', false],
  ['streamed', true],
] as const)('before the first content, asked %s', (_how, stream) => {
  it.each(beforeContent)('%s is an error with a status', async (_what, reply, status, code) => {
    await heal(stage.openai, openaiAnswer(), () => chat(stage.gateway));
    stage.openai.respond(reply);

    const answer = await chat(stage.gateway, { stream });

    expect(answer.status, answer.text).toBe(status);
    expect(answer.json<{ error: object }>().error).toMatchObject({
      message: expect.any(String),
      type: expect.any(String),
      code: expect.any(String),
    });
    expect(await lineOf(stage.gateway, answer)).toMatchObject({ error_code: code, status, cost_nano_usd: 0, stream });
  });

  it.each(beforeContent)('%s falls back to the model that the request names', async (_what, reply) => {
    await heal(stage.openai, openaiAnswer(), () => chat(stage.gateway));
    stage.openai.respond(reply);
    stage.anthropic.respond(stream ? anthropicStream({ text }) : anthropicAnswer({ text }));

    const response = await open(stage.gateway, '/v1/chat/completions', { body: chatBody({ stream, fallbacks: [claudeModel] }) });

    expect(response.status).toBe(200);
    if (stream) expect(openaiText(await collectStream(response))).toBe(text);
    else expect(await response.json()).toMatchObject({ choices: [{ message: { content: text } }] });
    expect(response.headers.get('x-mpc-provider')).toBe('anthropic');
    expect(response.headers.get('x-mpc-attempts')).toBe('2');
    const line = await lineOf(stage.gateway, response);
    expect(line).toMatchObject({ status: 200, error_code: null, provider: 'anthropic', requested_model: gptModel });
    expect(line.attempts.map((attempt) => [attempt.provider, attempt.error_code === null])).toEqual([
      ['openai', false],
      ['anthropic', true],
    ]);
  });
});

describe('fallbacks', () => {
  const broken = { status: 500, headers: json, body: '{}' };

  it('are read from the header for Anthropic clients, whose body has a word of its own for it', async () => {
    stage.anthropic.respond(broken);
    stage.openai.respond(openaiAnswer({ text }));

    const answer = await messages(stage.gateway, {}, { 'x-mpc-fallbacks': gptModel });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.json()).toMatchObject({ type: 'message', content: [{ type: 'text', text }] });
  });

  it('follow from an alias: its further models take over', async () => {
    const own = await startStage({ yaml: `aliases:\n  ours: [${gptModel}, ${claudeModel}]\n` });
    own.openai.respond(broken);
    own.anthropic.respond(anthropicAnswer({ text }));

    const answer = await chat(own.gateway, { model: 'ours' });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get('x-mpc-provider')).toBe('anthropic');
    expect((await lineOf(own.gateway, answer)).attempts).toHaveLength(4);
  });

  it('are not taken for a request that is the caller’s mistake', async () => {
    stage.openai.respond(openaiError(400));
    const before = stage.anthropic.requests.length;

    const answer = await chat(stage.gateway, { fallbacks: [claudeModel] });

    expect(answer.status).toBe(400);
    expect(stage.anthropic.requests).toHaveLength(before);
  });

  it('are not taken for a named model unless the operator allows runner-ups', async () => {
    stage.openai.respond(broken);
    expect((await chat(stage.gateway)).status).toBe(502);

    const own = await startStage({ env: { MPC_ROUTING_FALLBACK: 'runner-ups', MPC_RETRY_ATTEMPTS: '0' } });
    const others = openaiAnswer({ text });
    own.openai.respond((request) => (request.body.includes(gptModel) ? broken : others));
    own.anthropic.respond(anthropicAnswer({ text }));
    const answer = await chat(own.gateway);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get('x-mpc-model')).not.toContain(gptModel);
    expect((await lineOf(own.gateway, answer)).attempts.map((attempt) => attempt.status)).toEqual([500, 200]);
  });

  it('of the gateway’s own choice go to another provider first: the failed one may be down as a whole', async () => {
    const own = await startStage({ env: { MPC_ROUTING_FALLBACK: 'runner-ups', MPC_RETRY_ATTEMPTS: '0' } });
    own.openai.respond(broken);
    own.anthropic.respond(anthropicAnswer({ text }));

    for (const model of ['cheapest-available', 'auto', gptModel]) {
      const answer = await chat(own.gateway, { model });
      expect(answer.status, answer.text).toBe(200);
      expect((await lineOf(own.gateway, answer)).attempts.map((attempt) => attempt.provider)).toEqual(['openai', 'anthropic']);
    }
  });

  it('answer with the last failure when all have failed', async () => {
    stage.openai.respond(broken);
    stage.anthropic.respond({
      status: 529,
      headers: json,
      body: '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    });

    const answer = await chat(stage.gateway, { fallbacks: [claudeModel] });

    expect(answer.status).toBe(503);
    expect((await lineOf(stage.gateway, answer)).attempts.map((attempt) => attempt.status)).toEqual([500, 529]);
  });

  it('that cannot serve the request are left out, with a warning', async () => {
    stage.openai.respond(openaiAnswer());

    const answer = await chat(stage.gateway, { fallbacks: ['mistral/mistral-large-latest', claudeModel] });

    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-mpc-warnings')).toMatch(/^fallbacks: .*mistral-large/);
    expect((await lineOf(stage.gateway, answer)).warnings).toHaveLength(1);
  });

  it('that nobody knows are the caller’s mistake', async () => {
    stage.openai.respond(openaiAnswer());

    const answer = await chat(stage.gateway, { fallbacks: ['nonsense-model'] });

    expect(answer.status).toBe(404);
    expect(answer.text).toContain('nonsense-model');
  });
});

it('never falls back to the simulator', async () => {
  const own = await startStage({ env: { MPC_ROUTING_FALLBACK: 'runner-ups', MPC_RETRY_ATTEMPTS: '0' } });
  own.openai.respond({ status: 500, headers: json, body: '{}' });
  own.anthropic.respond({ status: 500, headers: json, body: '{}' });

  for (const model of ['auto', 'cheapest-available', gptModel, 'text_general_flagship']) {
    const answer = await chat(own.gateway, { model });
    expect(answer.status, answer.text).toBe(502);
    expect((await lineOf(own.gateway, answer)).attempts.map((attempt) => attempt.provider)).not.toContain('demo');
  }
});

describe('an answer that wants to fill the memory', () => {
  it('by a bomb of zeros is refused', async () => {
    await heal(stage.openai, openaiAnswer(), () => chat(stage.gateway));
    stage.openai.respond({ headers: json, body: `{"pad":"${' '.repeat(20 * 1024 * 1024)}"}`, encoding: 'gzip' });

    const answer = await chat(stage.gateway);

    expect(answer.status).toBe(502);
    expect((await lineOf(stage.gateway, answer)).error_code).toBe('upstream_bad_reply');
  });

  it('by headers is refused', async () => {
    stage.openai.respond({ ...openaiAnswer(), headers: { ...json, 'x-flood': 'x'.repeat(200_000) } });

    expect((await chat(stage.gateway)).status).toBe(502);
  });

  it('by frames without content is refused before they are all held', async () => {
    const empty = (frames[0] ?? '').replace('chatcmpl-canned', 'x'.repeat(60_000));
    stage.openai.respond({ ...streamOf(Array.from({ length: 200 }, () => empty)), then: 'stall' });

    const answer = await chat(stage.gateway, { stream: true });

    expect(answer.status).toBe(502);
    expect((await lineOf(stage.gateway, answer)).error_code).toBe('upstream_bad_reply');
  });
});

describe('the first frame of a stream', () => {
  it.each([
    ['an error frame', 'data: {"error":{"message":"The engine is overloaded","type":"server_error","code":503}}\n\n'],
    ['broken JSON', 'data: {"id":"x","choi\n\n'],
    ['no content, and the end', frames[0] ?? ''],
    ['[DONE] at once', done],
    ['comments only', ': ping\n\n: ping\n\n'],
    ['an error event', 'event: error\ndata: {"message":"broken"}\n\n'],
  ])('that is %s becomes a status', async (_what, frame) => {
    stage.openai.respond(streamOf([frame]));

    const { response, text: seen } = await streamed();

    expect(response.status, seen).toBeGreaterThanOrEqual(500);
    expect(response.headers.get('content-type')).toContain('application/json');
  });

  it.each([
    ['an error', 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'],
    ['message_start and an error', `${claudeFrames[0]}event: error\ndata: {"type":"error","error":{"type":"api_error","message":"x"}}\n\n`],
    ['message_start and the end', claudeFrames[0] ?? ''],
  ])('that is %s becomes a status for Anthropic clients', async (_what, frame) => {
    stage.anthropic.respond(streamOf([frame]));

    const { response, text: seen } = await messagesStreamed();

    expect(response.status, seen).toBeGreaterThanOrEqual(500);
    expect(JSON.parse(seen)).toMatchObject({ type: 'error', error: { type: expect.any(String) } });
  });
});

describe('after the first content, to an OpenAI client', () => {
  it.each<[string, Reply]>([
    ['an error frame', streamOf([...begun, 'data: {"error":{"message":"boom","type":"server_error"}}\n\n'])],
    [
      'an error beside choices',
      streamOf([...begun, 'data: {"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"error"}],"error":{"message":"boom"}}\n\n']),
    ],
    ['broken JSON', streamOf([...begun, 'data: {"id":"x","choi\n\n', ...frames.slice(2)])],
    ['the end without a finish reason', streamOf(begun)],
    ['[DONE] without a finish reason', streamOf([...begun, done])],
    ['a reset', { ...streamOf(begun), then: 'reset' }],
    ['a close in the middle of a chunked body', { ...streamOf(begun), then: 'close' }],
    ['silence longer than the idle limit', { ...streamOf(begun), then: 'stall' }],
    ['half a frame', { ...streamOf(frames), cutAt: begun.join('').length + 40 }],
    ['a body shorter than announced', { headers: { 'content-type': 'text/event-stream' }, body: begun.join(''), framing: 'wrong-length' }],
    ['a chunk size that is none', { ...streamOf([begun.join('')]), framing: 'malformed-chunks' }],
  ])('%s ends the stream with an error event and no [DONE]', async (_what, reply) => {
    await heal(stage.openai, openaiAnswer(), () => chat(stage.gateway));
    stage.openai.respond(reply);

    const stream = await streamed();

    expect(stream.response.status).toBe(200);
    expect(stream.brokenBy).toBeUndefined();
    expect(openaiText(stream)).toBe('one');
    expect(stream.tail).toBe('');
    const last = JSON.parse(stream.frames.at(-1)?.data ?? 'null') as { error: object };
    expect(last.error).toMatchObject({ message: expect.any(String), type: expect.any(String), code: expect.any(String) });
    expect(stream.text).not.toContain('[DONE]');
    const line = await lineOf(stage.gateway, stream.response);
    expect(line.error_code).not.toBeNull();
    expect(line.cost_nano_usd).toBe(0);
    expect(line.attempts).toHaveLength(1);
    expect(line.attempts[0]?.error_code).toBe(line.error_code);
  });

  it('is never tried again or elsewhere', async () => {
    stage.openai.respond(streamOf([...begun, 'data: {"error":{"message":"boom","type":"server_error"}}\n\n']));
    const before = [stage.openai.requests.length, stage.anthropic.requests.length];

    await streamed({ fallbacks: [claudeModel] });

    expect([stage.openai.requests.length, stage.anthropic.requests.length]).toEqual([(before[0] ?? 0) + 1, before[1]]);
  });
});

describe('after the first content, to an Anthropic client', () => {
  it.each<[string, Reply]>([
    [
      'an error event',
      streamOf([...claudeBegun, 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n']),
    ],
    ['a second message in the first', streamOf([...claudeBegun, ...anthropicFrames({ text: 'other', id: 'msg_other' })])],
    ['broken JSON', streamOf([...claudeBegun, 'event: content_block_delta\ndata: {"type":"content_bl\n\n'])],
    ['the end without a stop reason', streamOf(claudeBegun)],
    ['message_stop without a stop reason', streamOf([...claudeBegun, claudeFrames.at(-1) ?? ''])],
    ['a reset', { ...streamOf(claudeBegun), then: 'reset' }],
    ['silence longer than the idle limit', { ...streamOf(claudeBegun), then: 'stall' }],
  ])('%s ends the stream with an error event', async (_what, reply) => {
    await heal(stage.anthropic, anthropicAnswer(), () => messages(stage.gateway));
    stage.anthropic.respond(reply);

    const stream = await messagesStreamed();

    expect(stream.brokenBy).toBeUndefined();
    expect(anthropicText(stream)).toBe('one');
    expect(stream.frames.at(-1)?.event).toBe('error');
    expect(JSON.parse(stream.frames.at(-1)?.data ?? 'null')).toMatchObject({
      type: 'error',
      error: { type: expect.any(String), message: expect.any(String) },
    });
    expect(stream.text).not.toContain('message_stop');
    expect((await lineOf(stage.gateway, stream.response)).error_code).not.toBeNull();
  });
});

describe('what is harmless', () => {
  const whole = async (reply: Reply, more: Json = {}): Promise<Streamed> => {
    await heal(stage.openai, openaiAnswer(), () => chat(stage.gateway));
    stage.openai.respond(reply);
    const stream = await streamed(more);
    expect(stream.response.status, stream.text).toBe(200);
    expect(stream.frames.at(-1)?.data).toBe('[DONE]');
    expect((await lineOf(stage.gateway, stream.response)).error_code).toBeNull();
    return stream;
  };

  it('is a missing [DONE] after a finish reason', async () => {
    expect(openaiText(await whole(streamOf(frames.slice(0, -1))))).toBe(text);
  });

  it('is a reset after the finish reason', async () => {
    expect(openaiText(await whole({ ...streamOf(frames.slice(0, -1)), then: 'reset' }))).toBe(text);
  });

  it('is an upstream that keeps the connection open behind [DONE]', async () => {
    expect(openaiText(await whole({ ...streamOf(frames), then: 'stall' }))).toBe(text);
  });

  it('are CRLF line ends, which do not reach the client', async () => {
    const stream = await whole(withCrlf(openaiStream({ text })));

    expect(openaiText(stream)).toBe(text);
    expect(stream.text).not.toContain('\r');
  });

  it('is a stream in single bytes, characters of four bytes split', async () => {
    const words = 'grün 你好 😀 done';

    expect(openaiText(await whole(everyByte(openaiStream({ text: words }))))).toBe(words);
  });

  it('is a frame of 10 MB', async () => {
    expect(openaiText(await whole(hugeFrameStream())).length).toBe(10 * 1024 * 1024);
  });

  it('is a compressed answer that nobody asked for', async () => {
    expect(openaiText(await whole({ ...openaiStream({ text }), encoding: 'gzip' }))).toBe(text);

    stage.openai.respond({ ...openaiAnswer({ text }), encoding: 'gzip' });
    const answer = await chat(stage.gateway);
    expect(answer.json()).toMatchObject({ choices: [{ message: { content: text } }] });
    expect(answer.headers.get('content-encoding')).toBeNull();
  });

  it('is a whole answer to a request for a stream', async () => {
    const stream = await whole(openaiAnswer({ text }), { stream_options: { include_usage: true } });

    expect(openaiText(stream)).toBe(text);
    expect(stream.text).toContain('"prompt_tokens":9');
  });

  it('is a stream without a content type', async () => {
    const { headers: _none, ...bare } = openaiStream({ text });

    expect(openaiText(await whole(bare))).toBe(text);
  });

  it('are comments, blank frames and event names between the frames', async () => {
    const noisy = frames.flatMap((frame) => [': OPENROUTER PROCESSING\n\n', 'event: ping\n\n', `event: message\nid: 7\n${frame}`]);

    expect(openaiText(await whole(streamOf(noisy)))).toBe(text);
  });

  it('is a byte order mark', async () => {
    expect(openaiText(await whole(streamOf([`\ufeff${frames[0]}`, ...frames.slice(1)])))).toBe(text);
  });

  it('is a repeated message_start with the same id', async () => {
    const [start = '', ...rest] = claudeFrames;
    stage.anthropic.respond(streamOf([start, start, ...rest]));

    const stream = await messagesStreamed();

    expect(anthropicText(stream)).toBe(text);
    expect(stream.frames.filter((frame) => frame.event === 'message_start')).toHaveLength(1);
    expect(stream.frames.at(-1)?.event).toBe('message_stop');
  });

  it('are CRLF line ends and single bytes for an Anthropic client', async () => {
    for (const reply of [withCrlf(anthropicStream({ text: 'grün 😀' })), everyByte(anthropicStream({ text: 'grün 😀' }))]) {
      stage.anthropic.respond(reply);
      const stream = await messagesStreamed();
      expect(anthropicText(stream)).toBe('grün 😀');
      expect(stream.text).not.toContain('\r');
    }
  });

  it('is content inside message_start', async () => {
    const start = (claudeFrames[0] ?? '').replace('"content":[]', '"content":[{"type":"text","text":"early "}]');
    stage.anthropic.respond(streamOf([start, ...claudeFrames.slice(1)]));

    const stream = await collectStream(
      await open(stage.gateway, '/v1/chat/completions', { body: chatBody({ model: claudeModel, stream: true }) }),
    );

    expect(openaiText(stream)).toBe(`early ${text}`);
  });
});

it('refuses a single frame above the limit, with a defined end', async () => {
  const own = await startStage({ env: { MPC_LIMITS_FRAME_MB: '1', MPC_RETRY_ATTEMPTS: '0' } });
  own.openai.respond(hugeFrameStream(2 * 1024 * 1024));

  const answer = await chat(own.gateway, { stream: true });

  expect(answer.status).toBe(502);
  expect((await lineOf(own.gateway, answer)).error_code).toBe('upstream_bad_reply');
});

it('refuses a whole answer above the limit', async () => {
  const own = await startStage({ env: { MPC_LIMITS_ANSWER_MB: '1', MPC_RETRY_ATTEMPTS: '0' } });
  own.openai.respond(openaiAnswer({ text: 'x'.repeat(2 * 1024 * 1024) }));

  const answer = await chat(own.gateway);

  expect(answer.status).toBe(502);
  expect(answer.text).toContain('answer_mb');
});

describe('a connection that breaks at any byte', () => {
  const total = frames.join('').length;
  const contentAt = begun.join('').length;
  const doneAt = total - done.length;
  const usageAt = frames.slice(0, -2).join('').length;
  // Every border and its neighbours, and a spread between them: each byte is too slow over real sockets.
  const borders = frames.reduce<number[]>((ends, frame) => [...ends, (ends.at(-1) ?? 0) + frame.length], [0]);
  const cuts = [
    ...new Set([
      ...borders.flatMap((at) => [at - 1, at, at + 1]),
      ...Array.from({ length: 12 }, (_, index) => Math.floor((total * index) / 12)),
    ]),
  ]
    .filter((at) => at >= 0 && at < total)
    .sort((a, b) => a - b);

  it('gives a status before the content, an error event after it, and an answer once it is complete', async () => {
    for (const cutAt of cuts) {
      await heal(stage.openai, openaiAnswer(), () => chat(stage.gateway));
      stage.openai.respond({ ...streamOf(frames), cutAt, then: 'reset' });
      const stream = await streamed();
      const last = stream.frames.at(-1)?.data ?? '';
      const outcome =
        stream.response.status !== 200
          ? 'status'
          : last === '[DONE]'
            ? 'complete'
            : last.startsWith('{"error"')
              ? 'error event'
              : `nothing legal: ${last}`;
      // A frame that the break cut, if only by its blank line, does not count.
      const expected = cutAt < contentAt ? 'status' : cutAt < usageAt ? 'error event' : 'complete';
      expect([cutAt, outcome, stream.brokenBy]).toEqual([cutAt, expected, undefined]);
      if (outcome === 'complete') expect(openaiText(stream)).toBe(text);
    }
    expect(doneAt).toBeGreaterThan(usageAt);
  });
});
