import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Entry } from '../../../src/index.ts';
import { anthropicStream, openaiFrames, openaiStream } from '../../support/canned-replies.ts';
import { failureOf, model, openaiAt, router, upstream } from './router.ts';

describe('stream', () => {
  it('yields text as it comes and the result at the end', async () => {
    const server = await upstream(openaiStream({ text: 'one two three', inputTokens: 10, outputTokens: 3 }));
    const texts: string[] = [];
    let finish: unknown;

    for await (const part of router(openaiAt(server)).stream({ model, prompt: 'count' })) {
      if (part.type === 'text') texts.push(part.text);
      if (part.type === 'finish') finish = part.result;
    }

    expect(texts.length).toBeGreaterThan(1);
    expect(texts.join('')).toBe('one two three');
    expect(finish).toMatchObject({ text: 'one two three', usage: { promptTokens: 10, completionTokens: 3 }, finishReason: 'stop' });
  });

  it('tells a tool call once its arguments are complete', async () => {
    const server = await upstream(anthropicStream({ tool: { name: 'weather', arguments: '{"city":"Bonn"}', id: 'toolu_1' } }));
    const parts = [];
    const anthropic = { apiKey: 'sk-ant', baseUrl: `${server.url}/v1` };
    const tools = [{ name: 'weather', parameters: z.object({ city: z.string() }) }] as const;

    for await (const part of router({ anthropic }).stream({ model: 'anthropic/claude-sonnet-4-5', prompt: 'x', tools })) parts.push(part);

    expect(parts.filter((part) => part.type === 'tool-call')).toEqual([
      {
        type: 'tool-call',
        text: '',
        toolCall: { id: 'toolu_1', name: 'weather', arguments: { city: 'Bonn' }, argumentsText: '{"city":"Bonn"}' },
      },
    ]);
  });

  it('stops the upstream when the loop is left', async () => {
    const frames = openaiFrames({ text: 'a b c d e f' });
    const server = await upstream({ headers: { 'content-type': 'text/event-stream' }, pieces: frames.slice(0, 3), then: 'stall' });
    const ended: Entry[] = [];
    const one = router(openaiAt(server));
    one.on('exchange-end', (entry) => ended.push(entry));

    for await (const part of one.stream({ model, prompt: 'x' })) {
      expect(part.type).toBe('text');
      break;
    }

    await (await server.request(0)).aborted;
    expect(ended).toMatchObject([{ errorCode: 'client_gone', attempts: [{ provider: 'openai' }] }]);
    // What was made for a caller that left is paid for.
    expect(ended[0]?.usage?.source).toBe('estimated');
  });

  it('sends nothing before its first part is asked for', async () => {
    const server = await upstream(openaiStream());

    const stream = router(openaiAt(server)).stream({ model, prompt: 'x' });
    await stream.return();

    expect(server.requests).toHaveLength(0);
  });

  it('throws where a stream breaks, after the parts before it', async () => {
    const frames = openaiFrames({ text: 'a b c d' });
    const server = await upstream({ headers: { 'content-type': 'text/event-stream' }, pieces: frames.slice(0, 3), then: 'close' });
    let text = '';

    const error = await failureOf(
      (async () => {
        for await (const part of router(openaiAt(server)).stream({ model, prompt: 'x' })) text += part.text;
      })(),
    );

    expect(error).toMatchObject({ code: 'upstream_truncated', provider: 'openai' });
    expect(text.length).toBeGreaterThan(0);
  });

  it('falls back before the first content without a trace of the first attempt', async () => {
    const [role = ''] = openaiFrames({ text: 'never' });
    const broken = await upstream({ headers: { 'content-type': 'text/event-stream' }, pieces: [role], then: 'close' });
    const good = await upstream(openaiStream({ text: 'from the second' }));
    const both = router({ ...openaiAt(broken), mistral: { apiKey: 'key-mistral', baseUrl: good.baseUrl } });
    let text = '';

    for await (const part of both.stream({ model, prompt: 'x', fallbacks: ['mistral/mistral-small-latest'] })) text += part.text;

    expect(text).toBe('from the second');
  });

  it('loses nothing to a slow loop', async () => {
    const text = Array.from({ length: 2_000 }, (_, index) => `w${index}`).join(' ');
    const server = await upstream(openaiStream({ text }));
    let seen = '';
    let count = 0;

    for await (const part of router(openaiAt(server)).stream({ model, prompt: 'x' })) {
      seen += part.text;
      count += 1;
      if (count % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }

    expect(seen).toBe(text);
  });
});
