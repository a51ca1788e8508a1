import { type Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../core/json.ts';
import { demo, hello, post, json, frames, streamed, anthropicHello, type Seen } from '../../../test/support/demo-client.ts';

describe('faults', () => {
  const fail = (fault: string, body: object = hello): object => ({ ...body, model: `demo-fast:fail=${fault}` });

  it.each([401, 403, 404, 429, 500, 503, 529])('answers with status %d in both dialects', async (status) => {
    const dispatcher = demo();

    const openai = await post(dispatcher, '/chat/completions', fail(`${status},retry-after=2`));
    const anthropic = await post(dispatcher, '/messages', fail(`${status}`, anthropicHello));

    expect(openai.status).toBe(status);
    expect(openai.headers['retry-after']).toBe('2');
    expect(Object.keys(json(openai).error)).toEqual(['message', 'type', 'param', 'code']);
    expect(anthropic.status).toBe(status);
    expect(json(anthropic).type).toBe('error');
    expect(anthropic.headers['retry-after']).toBeUndefined();
  });

  it('sends nonsense with status 200: a page, half a body, an error, nothing', async () => {
    const dispatcher = demo();

    const page = await post(dispatcher, '/chat/completions', fail('html'));
    const half = await post(dispatcher, '/chat/completions', fail('json'));
    const error = await post(dispatcher, '/chat/completions', fail('error-body'));
    const nothing = await post(dispatcher, '/chat/completions', fail('empty'));

    expect([page, half, error, nothing].map((seen) => seen.status)).toEqual([200, 200, 200, 200]);
    expect(page.text).toContain('<html>');
    expect(() => parseJson(half.text)).toThrow('not JSON');
    expect(json(error).error.type).toBe('server_error');
    expect(nothing.text).toBe('');
  });

  it('breaks the connection before the head, in mid-stream and in mid-body', async () => {
    const dispatcher = demo();

    await expect(post(dispatcher, '/chat/completions', fail('reset'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(post(dispatcher, '/chat/completions', streamed(fail('reset,after=3')))).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(post(dispatcher, '/chat/completions', fail('truncate'))).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
  });

  it('spoils streams as told', async () => {
    const dispatcher = demo();
    const openai = async (fault: string): Promise<Seen> => post(dispatcher, '/chat/completions', streamed(fail(fault)));
    const anthropic = async (fault: string): Promise<Seen> => post(dispatcher, '/messages', streamed(fail(fault, anthropicHello)));

    expect(frames(await openai('truncate,after=3'))).toHaveLength(4);
    expect(frames(await openai('midstream,after=2')).at(-1)?.error.type).toBe('server_error');
    expect(frames(await anthropic('midstream,after=2')).at(-1)?.error.type).toBe('overloaded_error');
    expect((await openai('nodone')).text).not.toContain('[DONE]');
    expect((await openai('nodone')).text).toContain('"finish_reason":"stop"');
    expect((await openai('nofinish')).text).toContain('[DONE]');
    expect((await openai('nofinish')).text).not.toContain('"finish_reason":"stop"');
    expect((await anthropic('nofinish')).text).not.toContain('message_delta');
    expect((await anthropic('crlf')).text.replaceAll('\r\n', '')).not.toContain('\n');
    expect(new Set(frames(await openai('dup-start')).map((chunk) => chunk.id)).size).toBe(2);
    expect(frames(await anthropic('dup-start')).filter((event) => event.type === 'message_start')).toHaveLength(2);
    expect((await openai('json,after=1')).text).toContain('"brok\n\n');
  });

  it('sends one frame of ten megabytes', async () => {
    const seen = await post(demo(), '/chat/completions', streamed(fail('bigframe', { ...hello, max_tokens: 3 })));

    expect(Math.max(...seen.text.split('\n\n').map((frame) => frame.length))).toBeGreaterThan(10 * 1024 * 1024);
  });

  it('reports no usage or an impossible one', async () => {
    const dispatcher = demo();

    const none = json(await post(dispatcher, '/chat/completions', { ...hello, model: 'demo-fast:usage=none' }));
    const wrong = json(await post(dispatcher, '/chat/completions', hello, { 'x-mpc-demo': 'usage=wrong' }));

    expect(none.usage).toBeUndefined();
    expect(wrong.usage.completion_tokens_details.reasoning_tokens).toBeGreaterThan(wrong.usage.completion_tokens);
  });

  it('fails by chance: by the given randomness, or repeatably with a seed', async () => {
    const statuses = async (dispatcher: Dispatcher, model: string, calls: number): Promise<number[]> => {
      const seen: number[] = [];
      for (let call = 0; call < calls; call += 1) seen.push((await post(dispatcher, '/chat/completions', { ...hello, model })).status);
      return seen;
    };

    expect(
      await statuses(
        demo(() => 0.29),
        'demo-fast:fail=503,rate=0.3',
        1,
      ),
    ).toEqual([503]);
    expect(
      await statuses(
        demo(() => 0.3),
        'demo-fast:fail=503,rate=0.3',
        1,
      ),
    ).toEqual([200]);
    const seeded = await statuses(demo(), 'demo-fast:fail=503,rate=0.5,seed=7', 20);
    expect(new Set(seeded)).toEqual(new Set([200, 503]));
    expect(await statuses(demo(), 'demo-fast:fail=503,rate=0.5,seed=7', 20)).toEqual(seeded);
    expect(await statuses(demo(), 'demo-fast:fail=503,times=2', 4)).toEqual([503, 503, 200, 200]);
  });
});
