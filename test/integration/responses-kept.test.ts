// What is kept of answers of the Responses API: continuing, reading, deleting, and who may.
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readResponseStream } from '../conformance/openai-responses-grammar.ts';
import { anthropicAnswer, anthropicStream, openaiAnswer, streamOf } from '../support/canned-replies.ts';
import { collectStream } from '../support/collect.ts';
import { fakeClock } from '../support/fake-clock.ts';
import type { FakeUpstream, Reply } from '../support/fake-upstream.ts';
import { type RunningGateway, startGateway } from '../support/start-gateway.ts';
import {
  type Answer,
  ask,
  claudeModel,
  gptModel,
  type Json,
  open,
  type OpenaiErrorBody,
  start,
  type Stage,
  startProvider,
  startStage,
} from './client.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});

let count = 0;
beforeEach(() => {
  count += 1;
});

interface ResponseBody {
  readonly id: string;
  readonly output: readonly Json[];
  readonly previous_response_id: string | null;
}

const wireResponse = (text: string, more: Json = {}): Json => ({
  id: `resp_up_${count}_${text.length}`,
  object: 'response',
  created_at: 1,
  status: 'completed',
  model: 'gpt',
  error: null,
  output: [
    { id: `rs_${count}`, type: 'reasoning', summary: [], encrypted_content: 'gAAAB' },
    {
      id: `msg_${count}`,
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text, annotations: [] }],
    },
  ],
  usage: { input_tokens: 9, output_tokens: 3, total_tokens: 12 },
  ...more,
});
const wireAnswer = (text: string): Reply => ({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(wireResponse(text)) });

const create = (
  more: Json = {},
  headers: Readonly<Record<string, string>> = {},
  gateway: { readonly url: string } = stage.gateway,
): Promise<Answer> => ask(gateway, '/v1/responses', { body: { model: gptModel, input: 'first question', ...more }, headers });
const idOf = (answer: Answer): string => answer.json<ResponseBody>().id;
const bodyAt = (upstream: FakeUpstream): Json => upstream.requests.at(-1)?.json() as Json;
const codeOf = (answer: Answer): string => answer.json<OpenaiErrorBody>().error.code;

describe('an answer that is kept', () => {
  it('can be read again as it was, whole or streamed', async () => {
    stage.openai.respond(wireAnswer('Hello'));
    const whole = await create();
    stage.anthropic.respond(anthropicStream({ text: 'Streamed' }));
    const streamed = readResponseStream(
      (await collectStream(await open(stage.gateway, '/v1/responses', { body: { model: claudeModel, input: 'x', stream: true } }))).text,
    );

    const first = await ask(stage.gateway, `/v1/responses/${idOf(whole)}`);
    const second = await ask(stage.gateway, `/v1/responses/${String(streamed.response['id'])}`);

    expect(first.json()).toEqual(whole.json());
    expect(second.json()).toEqual(streamed.response);
  });

  it('lists what was put in, in pages', async () => {
    stage.openai.respond(wireAnswer('Hello'));
    const answer = await create({
      input: [
        { role: 'user', content: 'one' },
        { role: 'assistant', content: 'two' },
        { role: 'user', content: 'three' },
      ],
    });
    const path = `/v1/responses/${idOf(answer)}/input_items`;
    interface Page {
      readonly data: readonly Json[];
      readonly last_id: string;
      readonly has_more: boolean;
    }

    const page = (await ask(stage.gateway, `${path}?order=asc&limit=2`)).json<Page>();
    const rest = (await ask(stage.gateway, `${path}?order=asc&limit=2&after=${page.last_id}`)).json<Page>();
    const newest = (await ask(stage.gateway, path)).json<Page>();

    expect(page).toMatchObject({ object: 'list', has_more: true, data: [{ type: 'message', content: 'one' }, { content: 'two' }] });
    expect(rest).toMatchObject({ has_more: false, data: [{ content: 'three' }] });
    expect(newest.data.map((item) => item['content'])).toEqual(['three', 'two', 'one']);
    expect((await ask(stage.gateway, `${path}?limit=0`)).status).toBe(400);
  });

  it('is gone when it was deleted, and cannot be cancelled', async () => {
    stage.openai.respond(wireAnswer('Hello'));
    const path = `/v1/responses/${idOf(await create())}`;

    const cancelled = await ask(stage.gateway, `${path}/cancel`, { method: 'POST' });
    const deleted = await ask(stage.gateway, path, { method: 'DELETE' });
    const again = await ask(stage.gateway, path, { method: 'DELETE' });

    expect(cancelled.status).toBe(400);
    expect(deleted.json()).toMatchObject({ object: 'response', deleted: true });
    expect(again.status).toBe(404);
    expect((await ask(stage.gateway, path)).status).toBe(404);
  });

  it('is not kept when the caller says so, nor when it failed', async () => {
    stage.openai.respond(wireAnswer('Hello'));
    const answer = await create({ store: false });

    expect((await ask(stage.gateway, `/v1/responses/${idOf(answer)}`)).status).toBe(404);
    expect(bodyAt(stage.openai)['store']).toBe(false);
  });
});

describe('a request that continues an answer', () => {
  it('of the same upstream at an address of its own gets the conversation as input', async () => {
    stage.openai.respond(wireAnswer('first answer'));
    const first = await create();
    stage.openai.respond(wireAnswer('second'));

    const second = await create({ previous_response_id: idOf(first), input: 'second question' });

    expect(second.status, second.text).toBe(200);
    const body = bodyAt(stage.openai);
    expect(body).not.toHaveProperty('previous_response_id');
    expect(body['input']).toEqual([
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'first question' }] },
      { id: `rs_${count}`, type: 'reasoning', summary: [], encrypted_content: 'gAAAB' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'first answer', annotations: [] }] },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'second question' }] },
    ]);
  });

  it('goes on at an upstream of another grammar, over several turns', async () => {
    stage.openai.respond(wireAnswer('first answer'));
    const first = await create();
    stage.anthropic.respond(anthropicAnswer({ text: 'second answer' }), anthropicAnswer({ text: 'third answer' }));

    const second = await create({
      model: claudeModel,
      previous_response_id: idOf(first),
      input: 'second question',
      instructions: 'Be brief',
    });
    const third = await create({
      model: claudeModel,
      previous_response_id: idOf(second),
      input: [{ role: 'user', content: 'third question' }],
    });

    expect(third.status, third.text).toBe(200);
    expect(second.json<ResponseBody>().previous_response_id).toBe(idOf(first));
    const body = bodyAt(stage.anthropic);
    // Instructions hold for their own request only.
    expect(body).not.toHaveProperty('system');
    const said = (body['messages'] as readonly { role: string; content: readonly { text: string }[] }[]).map(
      ({ role, content }) => `${role}: ${content.map(({ text }) => text).join('')}`,
    );
    expect(said).toEqual([
      'user: first question',
      'assistant: first answer',
      'user: second question',
      'assistant: second answer',
      'user: third question',
    ]);
  });

  it('drops reasoning that the new upstream could not verify', async () => {
    const other = await startProvider(wireAnswer('from afar'));
    const gateway = await start({
      env: {
        OPENAI_BASE_URL: stage.openai.baseUrl,
        OPENAI_API_KEY: 'sk-0123456789',
        XAI_BASE_URL: other.baseUrl,
        XAI_API_KEY: 'xai-0123456789',
      },
    });
    stage.openai.respond(wireAnswer('first answer'));
    const first = await create({}, {}, gateway);

    const second = await create({ model: 'xai/grok-4', previous_response_id: idOf(first), input: 'next' }, {}, gateway);

    expect(second.status, second.text).toBe(200);
    expect(JSON.stringify(bodyAt(other)['input'])).not.toContain('gAAAB');
    expect(JSON.stringify(bodyAt(other)['input'])).toContain('first answer');
  });

  it('may refer to single items', async () => {
    stage.openai.respond(wireAnswer('first answer'));
    await create();
    stage.anthropic.respond(anthropicAnswer({ text: 'ok' }));
    const input = [
      { role: 'user', content: 'q' },
      { type: 'item_reference', id: `msg_${count}` },
      { role: 'user', content: 'more' },
    ];

    const answer = await create({ model: claudeModel, input });
    const unknown = await create({ model: claudeModel, input: [{ type: 'item_reference', id: 'msg_nobody' }] });

    expect(answer.status, answer.text).toBe(200);
    expect(JSON.stringify(bodyAt(stage.anthropic))).toContain('first answer');
    expect(unknown.status).toBe(404);
    expect(unknown.json<OpenaiErrorBody>().error.param).toBe('input[0]');
  });

  it('counts what is remembered when it asks whether the prompt fits', async () => {
    stage.openai.respond(wireAnswer('first answer'));
    const image = { type: 'input_image', image_url: `data:image/png;base64,${'A'.repeat(2_000_000)}` };
    const pictured = await create({ input: [{ role: 'user', content: [{ type: 'input_text', text: 'look' }, image] }] });
    stage.openai.respond(wireAnswer('second'));
    const long = await create({ input: 'word '.repeat(80_000) });
    stage.openai.respond(wireAnswer('the third one'));

    const next = await create({ previous_response_id: idOf(pictured), input: 'next' });
    const tooLong = await create({ previous_response_id: idOf(long), input: 'word '.repeat(80_000) });

    expect(next.status, next.text).toBe(200);
    expect(long.status, long.text).toBe(200);
    expect(tooLong.status).toBe(400);
    expect(codeOf(tooLong)).toBe('context_length_exceeded');
  });

  it('of an unknown answer is refused before anything is sent', async () => {
    const before = stage.openai.requests.length;

    const answer = await create({ previous_response_id: 'resp_nobody' });

    expect(answer.status).toBe(404);
    expect(codeOf(answer)).toBe('previous_response_not_found');
    expect(answer.json<OpenaiErrorBody>().error.param).toBe('previous_response_id');
    expect(stage.openai.requests.length).toBe(before);
  });

  it('works after a restart', async () => {
    const gateway = await start({ env: { ANTHROPIC_BASE_URL: stage.anthropic.url, ANTHROPIC_API_KEY: 'sk-ant-0123456789' } });
    stage.anthropic.respond(anthropicAnswer({ text: 'before' }));
    const first = await create({ model: claudeModel }, {}, gateway);
    await gateway.close();
    const next = await start({
      dataDir: gateway.dataDir,
      env: { ANTHROPIC_BASE_URL: stage.anthropic.url, ANTHROPIC_API_KEY: 'sk-ant-0123456789' },
    });

    const second = await create({ model: claudeModel, previous_response_id: idOf(first), input: 'after' }, {}, next);

    expect(second.status, second.text).toBe(200);
    expect(JSON.stringify(bodyAt(stage.anthropic))).toContain('before');
  });
});

describe('another key', () => {
  it('learns nothing of an answer: not to read, continue, refer to or delete', async () => {
    const gateway = await start({
      env: { OPENAI_BASE_URL: stage.openai.baseUrl, OPENAI_API_KEY: 'sk-0123456789', MPC_ADMIN_KEY: 'admin-key-0123456789' },
    });
    const admin = { authorization: 'Bearer admin-key-0123456789' };
    const keyOf = async (name: string): Promise<Readonly<Record<string, string>>> => {
      const made = await ask(gateway, '/admin/keys', { body: { name }, headers: admin });
      return { authorization: `Bearer ${made.json<{ key: string }>().key}` };
    };
    const [mine, theirs] = [await keyOf('mine'), await keyOf('theirs')];
    stage.openai.respond(wireAnswer('secret'));
    const path = `/v1/responses/${idOf(await create({}, mine, gateway))}`;
    const id = path.split('/').at(-1);

    const tries = await Promise.all([
      ask(gateway, path, { headers: theirs }),
      ask(gateway, `${path}/input_items`, { headers: theirs }),
      ask(gateway, `${path}/cancel`, { method: 'POST', headers: theirs }),
      ask(gateway, path, { method: 'DELETE', headers: theirs }),
      create({ previous_response_id: id }, theirs, gateway),
      create({ input: [{ type: 'item_reference', id: `msg_${count}` }] }, theirs, gateway),
    ]);

    expect(tries.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
    expect((await ask(gateway, path, { headers: mine })).status).toBe(200);
  });
});

describe('time', () => {
  it('passes for an answer that nobody continued, not for one that somebody did', async () => {
    const clock = fakeClock();
    const gateway: RunningGateway = await startGateway({ env: { MPC_RESPONSES_RETENTION_DAYS: '2' }, parts: { clock } });
    const day = 86_400_000;
    const ids: string[] = [];
    for (const more of [{}, {}]) ids.push(idOf(await create({ model: 'demo-fast', ...more }, {}, gateway)));
    await clock.advance(day);
    await create({ model: 'demo-fast', previous_response_id: ids[0] }, {}, gateway);

    await clock.advance(1.5 * day);

    expect((await ask(gateway, `/v1/responses/${String(ids[0])}`)).status).toBe(200);
    expect((await ask(gateway, `/v1/responses/${String(ids[1])}`)).status).toBe(404);
  });
});

describe('a stream that passes as bytes', () => {
  it('is kept with its last event', async () => {
    const done = wireResponse('all of it');
    const frames = [
      { type: 'response.created', response: { ...done, status: 'in_progress', output: [] } },
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'all "response.completed" of it' },
      { type: 'response.completed', response: done },
    ].map((event, at) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: at })}\n\n`);
    stage.openai.respond(streamOf(frames));
    await collectStream(await open(stage.gateway, '/v1/responses', { body: { model: gptModel, input: 'x', stream: true } }));
    stage.openai.respond(openaiAnswer());

    const kept = await ask(stage.gateway, `/v1/responses/${String(done['id'])}`);

    expect(kept.json()).toEqual(done);
  });
});
