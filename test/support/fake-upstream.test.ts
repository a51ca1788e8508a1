// The test upstream is itself believed by many tests, so its own promises are checked against a real client.
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import {
  anthropicAnswer,
  anthropicStream,
  everyByte,
  htmlPage,
  hugeFrameStream,
  openaiAnswer,
  openaiError,
  openaiStream,
  withCrlf,
} from './canned-replies.ts';
import { anthropicText, collectStream, jsonFrames, openaiText, readFrames } from './collect.ts';
import { fakeClock } from './fake-clock.ts';
import { type FakeUpstream, startUpstream, type Responder } from './fake-upstream.ts';
import { listRecordings, noRecordings, recordedDir, recordedFrames, replay } from './fixtures.ts';

const running: FakeUpstream[] = [];

async function upstream(...responders: Responder[]): Promise<FakeUpstream> {
  const started = await startUpstream(...responders);
  running.push(started);
  return started;
}

afterEach(async () => {
  for (const started of running.splice(0)) await started.close();
});

const post = (url: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${url}/chat/completions`, { method: 'POST', body: '{"model":"m"}', ...init });

describe('the fake upstream', () => {
  it('answers in order, the last reply again and again, and shows what it was asked', async () => {
    const { baseUrl, requests } = await upstream(openaiError(500), openaiAnswer({ text: 'hi' }));

    const statuses = [];
    for (let call = 0; call < 3; call += 1) statuses.push((await post(`${baseUrl}`, { headers: { 'X-Test': '1' } })).status);

    expect(statuses).toEqual([500, 200, 200]);
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/v1/chat/completions' });
    expect(requests[0]?.json()).toEqual({ model: 'm' });
    expect(requests[0]?.headers['x-test']).toBe('1');
    expect(requests[0]?.rawHeaders).toContain('X-Test');
  });

  it('replies by what it was asked, and tells when a request has come', async () => {
    const fake = await upstream((seen) => ({ body: `echo ${seen.body.toString()}` }));

    const [text, seen] = await Promise.all([post(fake.baseUrl).then((answer) => answer.text()), fake.request(0)]);

    expect(text).toBe('echo {"model":"m"}');
    expect(seen.body.toString()).toBe('{"model":"m"}');
  });

  it('streams both dialects, also byte by byte and with CRLF', async () => {
    const fake = await upstream(
      openaiStream({ text: 'a b ü' }),
      anthropicStream({ text: 'a b ü' }),
      everyByte(openaiStream({ text: 'ü' })),
      withCrlf(openaiStream()),
    );

    const openai = await collectStream(await post(fake.baseUrl));
    const anthropic = await collectStream(await post(fake.baseUrl));
    const bytes = await collectStream(await post(fake.baseUrl));
    const crlf = await (await post(fake.baseUrl)).text();

    expect(openaiText(openai)).toBe('a b ü');
    expect(openai.frames.at(-1)?.data).toBe('[DONE]');
    expect(anthropicText(anthropic)).toBe('a b ü');
    expect(anthropic.frames.at(-1)?.event).toBe('message_stop');
    expect(openaiText(bytes)).toBe('ü');
    expect(crlf.replaceAll('\r\n', '')).not.toContain('\n');
  });

  it('hands over the frames one by one while the stream runs', async () => {
    const fake = await upstream({ ...openaiStream(), then: 'stall' });
    const frames = readFrames(await post(fake.baseUrl));

    expect((await frames.next()).value).toMatchObject({ data: expect.stringContaining('"role":"assistant"') });
    await frames.return(undefined);
  });

  it('knows when the client has hung up', async () => {
    const fake = await upstream({ ...openaiStream(), then: 'stall' });
    const leaving = new AbortController();
    const answer = await post(fake.baseUrl, { signal: leaving.signal });
    const seen = await fake.request(0);

    leaving.abort();
    const afterMs = await seen.aborted;

    expect(afterMs).toBeGreaterThanOrEqual(0);
    expect(answer.status).toBe(200);
  });

  it('resets, closes, cuts and lies about its length', async () => {
    const body = openaiAnswer().body ?? '';
    const whole = openaiStream();
    const broken: Responder[] = [
      { ...whole, cutAt: 150, then: 'reset' },
      { ...whole, cutAt: 150, then: 'close' },
      { body, framing: 'wrong-length' },
      { pieces: [body, body], framing: 'malformed-chunks' },
    ];
    const fake = await upstream(...broken);

    for (const _fault of broken) {
      const seen = await collectStream(await post(fake.baseUrl));

      expect(seen.brokenBy).toBeInstanceOf(Error);
    }
  });

  it('cuts at the byte it was told, and ends a body without length by closing', async () => {
    const fake = await upstream({ body: 'abcdef', cutAt: 3 }, { pieces: ['abc', 'def'], framing: 'close' });

    const cut = await post(fake.baseUrl);
    const closed = await post(fake.baseUrl);

    expect(await cut.text()).toBe('abc');
    expect(closed.headers.get('content-length')).toBeNull();
    expect(await closed.text()).toBe('abcdef');
  });

  it('compresses, sends pages and huge frames', async () => {
    const fake = await upstream({ ...openaiAnswer({ text: 'zipped' }), encoding: 'gzip' }, htmlPage(), hugeFrameStream(1_000_000));

    const zipped = await post(fake.baseUrl);
    const page = await post(fake.baseUrl);
    const huge = await collectStream(await post(fake.baseUrl));

    expect(zipped.headers.get('content-encoding')).toBe('gzip');
    expect(await zipped.json()).toMatchObject({ choices: [{ message: { content: 'zipped' } }] });
    expect(page.headers.get('content-type')).toBe('text/html');
    expect(openaiText(huge)).toHaveLength(1_000_000);
  });

  it('keeps the head back as long as it is told', async () => {
    const fake = await upstream({ ...openaiAnswer(), headDelayMs: Infinity });
    const leaving = new AbortController();

    const answer = post(fake.baseUrl, { signal: leaving.signal }).then(
      () => 'answered',
      () => 'gone',
    );
    await fake.request(0);

    expect(await Promise.race([answer, delay(20).then(() => 'still waiting')])).toBe('still waiting');
    leaving.abort();
    expect(await answer).toBe('gone');
  });

  it('numbers connections, so that reuse can be seen', async () => {
    const fake = await upstream(openaiAnswer());

    const pool = new Pool(fake.url, { connections: 1 });

    for (let call = 0; call < 2; call += 1) await (await pool.request({ path: '/', method: 'POST', body: '{}' })).body.dump();

    expect(fake.requests.map((seen) => seen.connection)).toEqual([1, 1]);
    expect(fake.openConnections()).toBe(1);
    await pool.destroy();
  });

  it('says so when the test has not told it what to answer', async () => {
    const fake = await upstream();

    expect((await post(fake.baseUrl)).status).toBe(599);
  });

  it('has canned tools and thinking in both dialects', async () => {
    const tool = { name: 'f', arguments: '{"a":1}' };
    const fake = await upstream(
      anthropicAnswer({ tool, reasoning: 'hm' }),
      openaiStream({ tool }),
      anthropicStream({ tool, reasoning: 'hm' }),
    );

    const whole = await (await post(fake.baseUrl)).json();
    const openai = jsonFrames<{ choices: { delta: { tool_calls?: { function: { arguments: string } }[] } }[] }>(
      await collectStream(await post(fake.baseUrl)),
    );
    const anthropic = jsonFrames<{ type: string; delta?: { partial_json?: string } }>(await collectStream(await post(fake.baseUrl)));

    expect(whole).toMatchObject({ content: [{ type: 'thinking' }, { type: 'tool_use', input: { a: 1 } }], stop_reason: 'tool_use' });
    expect(
      openai
        .flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? [])
        .map((call) => call.function.arguments)
        .join(''),
    ).toBe(tool.arguments);
    expect(anthropic.map((event) => event.delta?.partial_json ?? '').join('')).toBe(tool.arguments);
  });
});

describe.skipIf(recordedDir === undefined)(`recordings${recordedDir === undefined ? `: ${noRecordings}` : ''}`, () => {
  it('replay as the provider sent them', async () => {
    const fake = await upstream(
      replay('openai/chat-text.chunks.txt'),
      replay('anthropic/text.chunks.txt'),
      replay('openai/chat-text.json'),
    );

    const openai = await collectStream(await post(fake.baseUrl));
    const anthropic = await collectStream(await post(fake.baseUrl));
    const whole = await (await post(fake.baseUrl)).json();

    expect(openai.frames.at(-1)?.data).toBe('[DONE]');
    expect(openaiText(openai).length).toBeGreaterThan(100);
    expect(anthropic.frames[0]?.event).toBe('message_start');
    expect(whole).toMatchObject({ object: 'chat.completion' });
  });

  it('are all found, and every stream but the binary one has frames', () => {
    const streams = listRecordings().filter((path) => path.endsWith('.chunks.txt') && !path.startsWith('bedrock/'));

    expect(streams.length).toBeGreaterThan(10);
    for (const path of streams) expect(recordedFrames(path).length, path).toBeGreaterThan(1);
    expect(listRecordings('groq').every((path) => path.startsWith('groq/'))).toBe(true);
  });
});

describe('the fake clock', () => {
  it('runs timers in order of due time, those set by timers included, and stops where told', () => {
    const clock = fakeClock();
    const log: string[] = [];
    clock.after(30, () => log.push(`c at ${clock.monotonicMs()}`));
    clock.after(10, () => {
      log.push(`a at ${clock.monotonicMs()}`);
      clock.after(10, () => log.push(`b at ${clock.monotonicMs()}`));
    });
    const cancel = clock.after(5, () => log.push('cancelled'));
    cancel();

    clock.advance(25);

    expect(log).toEqual(['a at 10', 'b at 20']);
    expect(clock.monotonicMs()).toBe(25);
    expect(clock.pendingTimers()).toBe(1);
    clock.advance(5);
    expect(log.at(-1)).toBe('c at 30');
  });

  it('lets promises go on between timers', async () => {
    const clock = fakeClock();
    const log: number[] = [];
    const sleep = (delayMs: number): Promise<void> => new Promise((resolve) => clock.after(delayMs, resolve));
    void (async () => {
      for (let round = 0; round < 3; round += 1) {
        await sleep(10);
        log.push(clock.monotonicMs());
      }
    })();

    await clock.advanceAsync(30);

    expect(log).toEqual([10, 20, 30]);
  });
});
