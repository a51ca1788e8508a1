// Where a stream ends when the provider's own end is odd: kept open, cut inside a frame, or split over two packets.
import { beforeAll, describe, expect, it } from 'vitest';
import { anthropicFrames, anthropicStream, openaiFrames, openaiStream, streamOf } from '../support/canned-replies.ts';
import { anthropicText, collectStream, openaiText, type SeenStream } from '../support/collect.ts';
import { chatBody, claudeModel, gptModel, type Json, lineWhere, messagesBody, open, type Stage, startStage } from './client.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});

const ask = async (path: string, body: Json): Promise<SeenStream> => collectStream(await open(stage.gateway, path, { body }));
const chatStream = (more: Json = {}): Promise<SeenStream> => ask('/v1/chat/completions', chatBody({ stream: true, ...more }));
const messagesStream = (more: Json = {}): Promise<SeenStream> => ask('/v1/messages', messagesBody({ stream: true, ...more }));
const lastData = (seen: SeenStream): string => seen.frames.at(-1)?.data ?? '';

describe('a provider that keeps its connection open behind the terminal event', () => {
  it('does not keep a client of its own dialect waiting', async () => {
    stage.openai.respond({ ...openaiStream({ text: 'Hello there' }), then: 'stall' });
    stage.anthropic.respond({ ...anthropicStream({ text: 'Hello there' }), then: 'stall' });

    expect(lastData(await chatStream())).toBe('[DONE]');
    expect(lastData(await messagesStream())).toContain('message_stop');
  });

  it('does not keep a client of the other dialect waiting', async () => {
    stage.openai.respond({ ...openaiStream({ text: 'Hello there' }), then: 'stall' });
    stage.anthropic.respond({ ...anthropicStream({ text: 'Hello there' }), then: 'stall' });

    const chat = await chatStream({ model: claudeModel });
    const messages = await messagesStream({ model: gptModel });

    expect(openaiText(chat)).toBe('Hello there');
    expect(lastData(chat)).toBe('[DONE]');
    expect(anthropicText(messages)).toBe('Hello there');
    expect(lastData(messages)).toContain('message_stop');
  });

  it('is told to stop', async () => {
    stage.openai.respond({ ...openaiStream(), then: 'stall' });
    const index = stage.openai.requests.length;

    await messagesStream({ model: gptModel });

    await (await stage.openai.request(index)).aborted;
  });

  it('has a whole answer in the ledger', async () => {
    stage.anthropic.respond({ ...anthropicStream({ inputTokens: 9, outputTokens: 2 }), then: 'stall' });

    await ask('/v1/chat/completions', chatBody({ stream: true, model: claudeModel, user: 'stalled' }));

    const line = await lineWhere(stage.gateway, ({ provider, dialect }) => provider === 'anthropic' && dialect === 'openai-chat');
    expect(line).toMatchObject({ status: 200, error_code: null, finish: 'stop', usage: { input: 9, output: 2, source: 'upstream' } });
  });
});

describe('a stream that is cut inside a frame', () => {
  const halved = (frames: readonly string[]): readonly string[] => {
    const last = frames.at(-1) ?? '';
    return [...frames.slice(0, -1), last.slice(0, Math.ceil(last.length / 2))];
  };
  const untilText = (frames: readonly string[]): readonly string[] =>
    frames.slice(0, frames.findIndex((frame) => frame.includes(' there')) + 1);

  it.each([gptModel, claudeModel])('is a truncated one for an OpenAI client of %s', async (model) => {
    stage.openai.respond(streamOf(halved(untilText(openaiFrames()))));
    stage.anthropic.respond(streamOf(halved(untilText(anthropicFrames()))));

    const seen = await chatStream({ model });

    expect(JSON.parse(lastData(seen))).toMatchObject({ error: { code: 'upstream_truncated' } });
    expect(seen.text).not.toContain('[DONE]');
  });

  it.each([gptModel, claudeModel])('is a truncated one for an Anthropic client of %s', async (model) => {
    stage.openai.respond(streamOf(halved(untilText(openaiFrames()))));
    stage.anthropic.respond(streamOf(halved(untilText(anthropicFrames()))));

    const seen = await messagesStream({ model });

    expect(JSON.parse(lastData(seen))).toMatchObject({ type: 'error', error: { message: expect.stringContaining('without a') } });
    expect(seen.text).not.toContain('message_stop');
  });

  it.each([gptModel, claudeModel])('is complete when the finish reason of %s had come', async (model) => {
    stage.openai.respond(streamOf(halved(openaiFrames())));
    stage.anthropic.respond(streamOf(halved(anthropicFrames())));

    const chat = await chatStream({ model });
    const messages = await messagesStream({ model });

    expect(openaiText(chat)).toBe('Hello there');
    expect(lastData(chat)).toBe('[DONE]');
    expect(anthropicText(messages)).toBe('Hello there');
    expect(lastData(messages)).toContain('message_stop');
  });
});

it('keeps the connection to the provider when the end of the body comes after the terminal event', async () => {
  // The empty piece is a pause before the end of the body, which then travels in a packet of its own.
  stage.openai.respond({ ...openaiStream(), pieces: [...openaiFrames(), ''], gapMs: 2 });
  const first = stage.openai.requests.length;

  for (const ask of [chatStream, () => messagesStream({ model: gptModel }), chatStream]) {
    await ask();
    await stage.openai.requests.at(-1)?.answered;
  }

  const connections = stage.openai.requests.slice(first).map((request) => request.connection);
  expect(new Set(connections).size).toBe(1);
});
