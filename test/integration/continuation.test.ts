// Streams that break off after content: another model goes on with the text, and the client reads one answer.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  anthropicAnswer,
  anthropicFrames,
  anthropicStream,
  openaiError,
  openaiFrames,
  openaiStream,
  streamOf,
} from '../support/canned-replies.ts';
import { anthropicText, collectStream, jsonFrames, openaiText, type SeenStream } from '../support/collect.ts';
import type { FakeUpstream, Reply } from '../support/fake-upstream.ts';
import {
  mistralModel,
  goOn,
  type Stage,
  startStage,
  type Told,
  toldBeginning,
  finishing,
  openaiCut,
  anthropicCut,
  whole,
  words,
  streamed,
  openChat,
  openMessages,
  lastData,
} from './broken-streams.ts';
import { claudeModel, gptModel, hello, lineOf, messagesBody, open } from './client.ts';

interface Pair {
  readonly name: string;
  readonly request: (stage: Stage) => Promise<Response>;
  /** Frames before the first word. */
  readonly head: number;
  readonly breaks: (stage: Stage, reply: Reply) => void;
  readonly cut: (text: string, frames: number) => Reply;
  readonly second: (stage: Stage) => FakeUpstream;
  readonly goesOn: (stage: Stage) => void;
  readonly text: (stream: SeenStream) => string;
}

const pairs: readonly Pair[] = [
  {
    name: 'openai-chat to openai-chat, marked as a prefix',
    request: (stage) => openChat(stage, { model: mistralModel }),
    head: 1,
    breaks: ({ mistral }, reply) => mistral[0].respond(reply),
    cut: openaiCut,
    second: ({ mistral }) => mistral[1],
    goesOn: ({ mistral }) => mistral[1].respond(finishing((text) => openaiStream({ text }), whole, true)),
    text: openaiText,
  },
  {
    name: 'anthropic to anthropic',
    request: (stage) => openMessages(stage, { model: claudeModel }),
    head: 3,
    breaks: ({ claude }, reply) => claude[0].respond(reply),
    cut: anthropicCut,
    second: ({ claude }) => claude[1],
    goesOn: ({ claude }) => claude[1].respond(finishing((text) => anthropicStream({ text }), whole)),
    text: anthropicText,
  },
  {
    name: 'openai-chat to anthropic',
    request: (stage) => openChat(stage, { model: gptModel, fallbacks: [claudeModel] }),
    head: 1,
    breaks: ({ openai }, reply) => openai.respond(reply),
    cut: openaiCut,
    second: ({ claude }) => claude[0],
    goesOn: ({ claude }) => claude[0].respond(finishing((text) => anthropicStream({ text }), whole)),
    text: openaiText,
  },
  {
    name: 'anthropic to openai-chat, marked as a prefix',
    request: (stage) =>
      open(stage.gateway, '/v1/messages', { body: messagesBody(streamed), headers: { ...goOn, 'x-mpc-fallbacks': mistralModel } }),
    head: 3,
    breaks: ({ claude }, reply) => {
      claude[0].respond(reply);
      claude[1].respond(openaiError(401));
    },
    cut: anthropicCut,
    second: ({ mistral }) => mistral[0],
    goesOn: ({ mistral }) => mistral[0].respond(finishing((text) => openaiStream({ text }), whole, true)),
    text: anthropicText,
  },
];

describe.each(pairs)('from $name', (pair) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
  });

  it.each(Array.from({ length: words }, (_, at) => at + 1))('goes on after word %i, with every word once', async (at) => {
    pair.breaks(stage, pair.cut(whole, pair.head + at));
    pair.goesOn(stage);

    const response = await pair.request(stage);
    const stream = await collectStream(response);

    expect(pair.text(stream)).toBe(whole);
    expect(stream.text.match(/"finish_reason":"stop"|"type":"message_stop"/g)).toHaveLength(1);
    expect(stream.text.match(/"role":"assistant"/g)).toHaveLength(1);
    expect(new Set(stream.text.match(/"(?:chatcmpl|msg)[-_]\w+"/g)).size).toBe(1);
    const beginning = toldBeginning(pair.second(stage).requests.at(-1));
    expect(beginning).not.toMatch(/\s$/);
    expect(whole.startsWith(beginning ?? '-')).toBe(true);
    const line = await lineOf(stage.gateway, response);
    expect(line).toMatchObject({ status: 200, error_code: null });
    expect(line.attempts.map((attempt) => (attempt as { continues?: boolean }).continues)).toContain(true);
  });
});

describe('a stream that breaks off', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
  });

  it('marks the seam with a comment and in the ledger', async () => {
    stage.openai.respond(openaiCut(whole, 4));
    stage.claude[0].respond(finishing((text) => anthropicStream({ text }), whole));

    const response = await openChat(stage, { fallbacks: [claudeModel] });
    const stream = await collectStream(response);

    const seams = stream.frames.flatMap((frame) => frame.comments);
    expect(seams).toEqual([expect.stringMatching(/^mpc-continued model=\S*claude-haiku-4-5\S* provider=anthropic$/)]);
    const line = await lineOf(stage.gateway, response);
    expect(line.warnings.join()).toContain('broke off (upstream_truncated); anthropic/claude-haiku-4-5 went on with it');
    expect(line.attempts).toMatchObject([
      { provider: 'openai', error_code: 'upstream_truncated' },
      { provider: 'anthropic', error_code: null, continues: true },
    ]);
  });

  it.each<readonly [string, Reply]>([
    ['resets the connection', { ...openaiCut(whole, 4), then: 'reset' }],
    [
      'sends an error event',
      streamOf([
        ...openaiFrames({ text: whole }).slice(0, 4),
        'data: {"error":{"message":"overloaded","type":"server_error","code":"server_error"}}\n\n',
      ]),
    ],
    ['ends without a finish reason', openaiCut(whole, 4)],
    ['ends with [DONE] and no finish reason', streamOf([...openaiFrames({ text: whole }).slice(0, 4), 'data: [DONE]\n\n'])],
    ['sends what is no JSON', streamOf([...openaiFrames({ text: whole }).slice(0, 4), 'data: {"choices":[{"delta"\n\n', ''])],
  ])('goes on when the provider %s', async (_what, reply) => {
    stage.openai.respond(reply);
    stage.claude[0].respond(finishing((text) => anthropicStream({ text }), whole));

    expect(openaiText(await collectStream(await openChat(stage, { fallbacks: [claudeModel] })))).toBe(whole);
  });

  it('goes on twice, and not a third time', async () => {
    stage.mistral[0].respond(openaiCut('one two three', 3), (request) => openaiCut(`${toldBeginning(request)} again`, 3));
    stage.mistral[1].respond((request) => openaiCut(`${toldBeginning(request)} more and more`, 3));

    const response = await openChat(stage, { model: mistralModel });
    const stream = await collectStream(response);

    expect(lastData(stream)).toContain('"error"');
    const line = await lineOf(stage.gateway, response);
    expect(line).toMatchObject({ error_code: 'upstream_truncated', cost_nano_usd: 0 });
    expect(line.attempts.map((attempt) => (attempt as { continues?: boolean }).continues)).toEqual([undefined, true, true]);
  });

  it('takes the next candidate when one cannot be asked', async () => {
    stage.mistral[0].respond(
      openaiCut(whole, 4),
      finishing((text) => openaiStream({ text }), whole, true),
    );
    stage.mistral[1].respond(openaiError(500));

    const response = await openChat(stage, { model: mistralModel });

    expect(openaiText(await collectStream(response))).toBe(whole);
    expect((await lineOf(stage.gateway, response)).attempts).toMatchObject([
      { error_code: 'upstream_truncated' },
      { error_code: 'upstream_error', continues: true },
      { error_code: null, continues: true },
    ]);
  });

  it('takes a whole answer for the rest', async () => {
    stage.openai.respond(openaiCut(whole, 4));
    stage.claude[0].respond((request) => anthropicAnswer({ text: whole.slice(toldBeginning(request)?.length) }));

    expect(openaiText(await collectStream(await openChat(stage, { fallbacks: [claudeModel] })))).toBe(whole);
  });

  it('asks for no more than the output that is left', async () => {
    stage.openai.respond(openaiCut(whole, 4));
    stage.claude[0].respond(finishing((text) => anthropicStream({ text }), whole));

    await collectStream(await openChat(stage, { fallbacks: [claudeModel], max_tokens: 50 }));

    const asked = stage.claude[0].requests.at(-1)?.json() as unknown as Told;
    expect(asked.max_tokens).toBeGreaterThan(40);
    expect(asked.max_tokens).toBeLessThan(50);
  });

  it('is whole when it had its finish reason', async () => {
    stage.openai.respond({ ...streamOf(openaiFrames({ text: whole }).slice(0, -1)), then: 'reset' });
    const asked = stage.claude[0].requests.length;

    const stream = await collectStream(await openChat(stage, { fallbacks: [claudeModel] }));

    expect(openaiText(stream)).toBe(whole);
    expect(lastData(stream)).toBe('[DONE]');
    expect(stage.claude[0].requests).toHaveLength(asked);
  });
});

it('reports one usage, of one answer', async () => {
  const stage = await startStage();
  stage.claude[0].respond(streamOf(anthropicFrames({ text: whole, inputTokens: 30 }).slice(0, 5)));
  stage.claude[1].respond(finishing((text) => anthropicStream({ text, inputTokens: 40, outputTokens: 4 }), whole));

  const response = await openMessages(stage, {});
  const stream = await collectStream(response);

  const deltas = jsonFrames<{ type: string; usage?: { input_tokens: number; output_tokens: number } }>(stream).filter(
    ({ type }) => type === 'message_delta',
  );
  const { usage } = await lineOf(stage.gateway, response);
  expect(deltas).toHaveLength(1);
  expect(usage?.input).toBe(30);
  expect(deltas[0]?.usage).toMatchObject({ input_tokens: 30, output_tokens: usage?.output });
});

it('is one answer wherever the bytes end', async () => {
  const stage = await startStage();
  stage.claude[0].respond(finishing((text) => anthropicStream({ text }), whole));
  const bytes = openaiFrames({ text: whole }).join('').length;

  for (let cutAt = 7; cutAt < bytes; cutAt += 23) {
    stage.openai.respond({ ...openaiStream({ text: whole }), cutAt, then: 'close' });
    const stream = await collectStream(await openChat(stage, { fallbacks: [claudeModel] }));

    expect([openaiText(stream), lastData(stream)], `cut at ${cutAt}`).toEqual([whole, '[DONE]']);
  }
});

describe.each<readonly [string, string, object, (stream: SeenStream) => string]>([
  [
    'Responses',
    '/v1/responses',
    { model: claudeModel, input: 'Say hello', stream: true },
    (stream) =>
      jsonFrames<{ type?: string; delta?: string }>(stream)
        .map((event) => (event.type === 'response.output_text.delta' ? event.delta : ''))
        .join(''),
  ],
  [
    'completions',
    '/v1/completions',
    { model: claudeModel, prompt: 'Say hello', stream: true },
    (stream) =>
      jsonFrames<{ choices?: { text?: string }[] }>(stream)
        .map((chunk) => chunk.choices?.[0]?.text ?? '')
        .join(''),
  ],
  [
    'Gemini',
    `/v1beta/models/${claudeModel}:streamGenerateContent?alt=sse`,
    { contents: [{ role: 'user', parts: [{ text: 'Say hello' }] }] },
    (stream) =>
      jsonFrames<{ candidates?: { content?: { parts?: { text?: string }[] } }[] }>(stream)
        .map((chunk) => chunk.candidates?.[0]?.content?.parts?.[0]?.text ?? '')
        .join(''),
  ],
  [
    'Cohere',
    '/v2/chat',
    { model: claudeModel, messages: hello, stream: true },
    (stream) =>
      jsonFrames<{ delta?: { message?: { content?: { text?: string } } } }>(stream)
        .map((event) => event.delta?.message?.content?.text ?? '')
        .join(''),
  ],
])('a caller of the %s grammar', (grammar, path, body, textOf) => {
  it('reads one answer', async () => {
    const stage = await startStage();
    stage.claude[0].respond(anthropicCut(whole, 6));
    stage.claude[1].respond(finishing((text) => anthropicStream({ text }), whole));

    const stream = await collectStream(await open(stage.gateway, path, { body, headers: goOn }));

    expect(textOf(stream)).toBe(whole);
    expect(toldBeginning(stage.claude[1].requests[0])).toBe('one  two\nthree');
    // Some of Google's SDKs take a comment for a broken answer.
    expect(stream.text.includes('mpc-continued')).toBe(grammar !== 'Gemini');
  });
});

it('lines of JSON go on without a mark', async () => {
  const stage = await startStage();
  stage.claude[0].respond(anthropicCut(whole, 6));
  stage.claude[1].respond(finishing((text) => anthropicStream({ text }), whole));

  const response = await open(stage.gateway, '/api/chat', { body: { model: claudeModel, messages: hello }, headers: goOn });
  const lines = (await response.text()).trim().split('\n');

  expect(lines.map((line) => (JSON.parse(line) as { message?: { content?: string } }).message?.content ?? '').join('')).toBe(whole);
  expect(toldBeginning(stage.claude[1].requests[0])).toBe('one  two\nthree');
});
