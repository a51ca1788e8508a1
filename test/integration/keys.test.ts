import { statSync } from 'node:fs';
import { request } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { anthropicAnswer, openaiAnswer } from '../support/canned-replies.ts';
import { jsonLines, runMpc } from '../support/run-mpc.ts';
import { spawnGateway } from '../support/spawn-gateway.ts';
import type { RunningGateway } from '../support/start-gateway.ts';
import {
  type AnthropicErrorBody,
  type ApiErrorBody,
  ask,
  chat,
  chatBody,
  claudeModel,
  exchangeBytes,
  gptModel,
  lineOf,
  logLines,
  messages,
  messagesBody,
  type OpenaiErrorBody,
  start,
  startStage,
} from './client.ts';

const adminKey = 'admin-secret-of-this-test';

interface MadeKey {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly models?: readonly string[];
}

const asAdmin = { authorization: `Bearer ${adminKey}` };

async function createKey(gateway: RunningGateway, body: object = { name: 'test' }): Promise<MadeKey> {
  const answer = await ask(gateway, '/admin/keys', { body, headers: asAdmin });
  expect(answer.status, answer.text).toBe(201);
  return answer.json<MadeKey>();
}

describe('a gateway with keys', () => {
  let stage: Awaited<ReturnType<typeof startStage>>;
  let key: MadeKey;
  beforeAll(async () => {
    stage = await startStage({ env: { MPC_ADMIN_KEY: adminKey } });
    stage.openai.respond(openaiAnswer());
    stage.anthropic.respond(anthropicAnswer());
    key = await createKey(stage.gateway);
  });

  it.each<[string, (secret: string) => Readonly<Record<string, string>>]>([
    ['Authorization: Bearer', (secret) => ({ authorization: `Bearer ${secret}` })],
    ['authorization: bearer', (secret) => ({ authorization: `bearer ${secret}` })],
    ['Authorization: Key', (secret) => ({ authorization: `Key ${secret}` })],
    ['x-api-key', (secret) => ({ 'x-api-key': secret })],
    ['api-key', (secret) => ({ 'api-key': secret })],
    ['x-goog-api-key', (secret) => ({ 'x-goog-api-key': secret })],
    ['xi-api-key', (secret) => ({ 'xi-api-key': secret })],
    ['x-portkey-api-key', (secret) => ({ 'x-portkey-api-key': secret })],
    ['x-litellm-api-key', (secret) => ({ 'x-litellm-api-key': secret })],
  ])('takes one as %s', async (_form, headers) => {
    const answer = await chat(stage.gateway, {}, headers(key.key));

    expect(answer.status, answer.text).toBe(200);
    expect((await lineOf(stage.gateway, answer)).principal).toBe(`key:${key.id}`);
  });

  it('takes the right one where an SDK sends its placeholder in another header', async () => {
    const answer = await messages(stage.gateway, {}, { 'x-api-key': 'placeholder', authorization: `Bearer ${key.key}` });

    expect(answer.status).toBe(200);
  });

  it('refuses a call without one, in each grammar', async () => {
    const openai = await chat(stage.gateway);
    const anthropic = await messages(stage.gateway);
    const api = await ask(stage.gateway, '/api/chat/completions', { body: chatBody() });

    for (const answer of [openai, anthropic, api]) expect(answer.status).toBe(401);
    expect(openai.json<OpenaiErrorBody>().error).toMatchObject({ type: 'authentication_error', code: 'missing_key', param: null });
    expect(anthropic.json<AnthropicErrorBody>()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
    expect(api.json<ApiErrorBody>()).toMatchObject({ error: 'missing_key' });
    expect(openai.headers.get('www-authenticate')).toBe('Bearer');
  });

  it.each(
    ['mpc-nonsense', 'x', '', '💥'.repeat(5).normalize(), 'x'.repeat(10_000)].map((secret) => Buffer.from(secret).toString('latin1')),
  )('refuses an unknown one with 401', async (secret) => {
    const answer = await chat(stage.gateway, {}, { 'x-api-key': secret });

    expect(answer.status).toBe(401);
  });

  it('refuses almost the right one', async () => {
    const last = key.key.at(-1) === 'a' ? 'b' : 'a';

    expect((await chat(stage.gateway, {}, { 'x-api-key': key.key.slice(0, -1) + last })).status).toBe(401);
  });

  it.each(['/v1/models', '/api/models', '/metrics', '/api/decisions/x', '/nowhere', '/v1/models/demo-fast'])(
    'answers %s only with one',
    async (path) => {
      expect((await ask(stage.gateway, path)).status).toBe(401);
      expect((await ask(stage.gateway, path, { headers: { 'x-api-key': key.key } })).status).not.toBe(401);
    },
  );

  it.each(['/health', '/health/live', '/health/ready', '/', '/docs', '/openapi.json', '/api/hello'])(
    'answers %s without one',
    async (path) => {
      expect((await ask(stage.gateway, path)).status).toBe(200);
    },
  );

  it('is told apart from a provider’s own refusal', async () => {
    const own = await startStage();
    own.openai.respond({ status: 401, headers: { 'content-type': 'application/json' }, body: '{"error":{"message":"bad key"}}' });

    expect((await chat(own.gateway)).status).toBe(502);
  });

  describe('limited to some models', () => {
    it('lets those through and refuses the others with 403, in each grammar', async () => {
      const limited = await createKey(stage.gateway, { name: 'limited', models: [gptModel] });
      const headers = { 'x-api-key': limited.key };

      expect((await chat(stage.gateway, {}, headers)).status).toBe(200);
      const refused = await messages(stage.gateway, {}, headers);
      expect(refused.status).toBe(403);
      expect(refused.json<AnthropicErrorBody>().error).toMatchObject({
        type: 'permission_error',
        message: expect.stringContaining(claudeModel),
      });
      const openai = await chat(stage.gateway, { model: claudeModel }, headers);
      expect(openai.status).toBe(403);
      expect(openai.json<OpenaiErrorBody>().error).toMatchObject({ type: 'permission_error', code: 'model_not_allowed', param: 'model' });
      expect((await lineOf(stage.gateway, openai)).principal).toBe(`key:${limited.id}`);
    });

    it('cannot be got around by saying the model twice', async () => {
      const limited = await createKey(stage.gateway, { name: 'limited', models: [gptModel] });
      const before = stage.openai.requests.length;

      for (const raw of [
        `{"model":"gpt-4","messages":[{"role":"user","content":"x"}],"model":"${gptModel}"}`,
        `{"model":"${gptModel}","messages":[{"role":"user","content":"x"}],"model":"gpt-4"}`,
      ]) {
        await ask(stage.gateway, '/v1/chat/completions', { raw, headers: { 'x-api-key': limited.key } });
      }

      const sent = stage.openai.requests.slice(before);
      expect(sent).toHaveLength(1);
      expect(sent[0]?.body.toString()).not.toContain('"gpt-4"');
    });

    it('lists those only', async () => {
      const limited = await createKey(stage.gateway, { name: 'limited', models: ['anthropic/*'] });

      const answer = await ask(stage.gateway, '/v1/models', { headers: { 'x-api-key': limited.key } });

      const { data } = answer.json<{ data: { id: string; owned_by: string }[] }>();
      expect(data.length).toBeGreaterThan(0);
      expect(data.filter((row) => row.owned_by !== 'anthropic')).toEqual([]);
      expect((await ask(stage.gateway, `/v1/models/openai/${gptModel}`, { headers: { 'x-api-key': limited.key } })).status).toBe(404);
    });

    it('is held on fallbacks, tasks and choices, too', async () => {
      const limited = await createKey(stage.gateway, { name: 'limited', models: ['anthropic/*'] });
      const headers = { 'x-api-key': limited.key };

      expect((await messages(stage.gateway, {}, { ...headers, 'x-mpc-fallbacks': gptModel })).status).toBe(403);
      const chosen = await ask(stage.gateway, '/api/select-model', { body: { task_type: 'chat' }, headers });
      expect(new Set(chosen.json<{ candidates: { provider: string }[] }>().candidates.map((offer) => offer.provider))).toEqual(
        new Set(['anthropic']),
      );
      const served = await ask(stage.gateway, '/api/chat/completions', { body: { task: 'chat', messages: chatBody().messages }, headers });
      expect(served.headers.get('x-mpc-provider')).toBe('anthropic');
    });

    it('is held for embeddings and token counts', async () => {
      const limited = await createKey(stage.gateway, { name: 'limited', models: [gptModel] });
      const headers = { 'x-api-key': limited.key };

      expect((await ask(stage.gateway, '/v1/embeddings', { body: { model: 'text-embedding-3-small', input: 'x' }, headers })).status).toBe(
        403,
      );
      expect((await ask(stage.gateway, '/v1/messages/count_tokens', { body: messagesBody(), headers })).status).toBe(403);
    });

    it('to an alias reaches the models behind it by that alias only', async () => {
      const limited = await createKey(stage.gateway, { name: 'limited', models: ['text_general_draft'] });
      const headers = { 'x-api-key': limited.key };

      expect((await chat(stage.gateway, { model: 'text_general_draft' }, headers)).status).toBe(200);
      expect((await chat(stage.gateway, {}, headers)).status).toBe(403);
    });
  });

  it('shows the secret at its creation only', async () => {
    const made = await createKey(stage.gateway, { name: 'shown once' });

    const listed = await ask(stage.gateway, '/admin/keys', { headers: asAdmin });

    expect(listed.text).toContain(made.id);
    expect(listed.text).not.toContain(made.key);
  });

  it('refuses a revoked one from the next call on', async () => {
    const made = await createKey(stage.gateway);
    const headers = { 'x-api-key': made.key };
    expect((await chat(stage.gateway, {}, headers)).status).toBe(200);

    const revoked = await ask(stage.gateway, `/admin/keys/${made.id}`, { method: 'DELETE', headers: asAdmin });

    expect(revoked.status).toBe(200);
    expect((await chat(stage.gateway, {}, headers)).status).toBe(401);
  });

  it('takes no admin key but the right one for the admin routes', async () => {
    for (const headers of [
      {},
      { 'x-api-key': key.key },
      { authorization: 'Bearer wrong' },
      { authorization: `Bearer ${adminKey} ` + 'x' },
    ]) {
      const answer = await ask(stage.gateway, '/admin/keys', { headers });
      expect(answer.status).toBe(403);
      expect(answer.json<ApiErrorBody>().error).toBeTypeOf('string');
    }
  });

  it('takes the admin key for calls, too, and says so in the entry', async () => {
    const answer = await chat(stage.gateway, {}, asAdmin);

    expect((await lineOf(stage.gateway, answer)).principal).toBe('admin');
  });

  it.each<[string, object]>([
    ['name', {}],
    ['name', { name: 5 }],
    ['name', { name: ' ' }],
    ['models', { name: 'x', models: [] }],
    ['models', { name: 'x', models: 'gpt-4o' }],
    ['models', { name: 'x', models: ['a*b'] }],
    ['expires', { name: 'x', expires: 'soon' }],
    ['expires', { name: 'x', expires: '2001-01-01' }],
    ['model', { name: 'x', model: ['gpt-4o'] }],
  ])('refuses to make one with a wrong %s', async (param, body) => {
    const answer = await ask(stage.gateway, '/admin/keys', { body, headers: asAdmin });

    expect(answer.status).toBe(400);
    expect(answer.json<ApiErrorBody>().param).toBe(param);
  });

  it('answers 404 to the revocation of an unknown one', async () => {
    expect((await ask(stage.gateway, '/admin/keys/key_none', { method: 'DELETE', headers: asAdmin })).status).toBe(404);
  });
});

it('refuses a key whose time is over', async () => {
  let offsetMs = 0;
  const clock: Clock = { ...systemClock, wallMs: () => systemClock.wallMs() + offsetMs };
  const { gateway, openai } = await startStage({ env: { MPC_ADMIN_KEY: adminKey }, parts: { clock } });
  openai.respond(openaiAnswer());
  const made = await createKey(gateway, { name: 'short', expires: '1h' });
  const headers = { 'x-api-key': made.key };
  expect((await chat(gateway, {}, headers)).status).toBe(200);

  offsetMs = 3_600_001;

  expect((await chat(gateway, {}, headers)).status).toBe(401);
});

it('knows a key that the command line made, and soon forgets one that it revoked', { timeout: 30_000 }, async () => {
  const { gateway, openai } = await startStage();
  openai.respond(openaiAnswer());
  const variables = { MPC_DATA_DIR: gateway.dataDir };
  const made = jsonLines(
    (await runMpc(['keys', 'create', '--name', 'from the shell', '--models', gptModel, '--json'], { variables })).out,
  )[0] as unknown as MadeKey;
  expect(made).toMatchObject({ id: expect.any(String), name: 'from the shell', key: expect.any(String) });
  const headers = { authorization: `Bearer ${made.key}` };

  // An open gateway takes any credential; from the first key on it does not.
  await expect.poll(async () => (await chat(gateway, {}, { authorization: 'Bearer placeholder' })).status, { timeout: 5_000 }).toBe(401);
  expect((await chat(gateway, {}, headers)).status).toBe(200);
  expect((await chat(gateway, { model: 'demo-fast' }, headers)).status).toBe(403);

  expect((await runMpc(['keys', 'revoke', made.id], { variables })).exitCode).toBe(0);
  await expect.poll(async () => (await chat(gateway, {}, headers)).status, { timeout: 5_000 }).toBe(401);
});

describe('on loopback without keys', () => {
  let stage: Awaited<ReturnType<typeof startStage>>;
  beforeAll(async () => {
    stage = await startStage();
    stage.openai.respond(openaiAnswer());
  });

  it.each([{}, { authorization: 'Bearer sk-placeholder' }, { 'x-api-key': 'anything' }])('lets anybody in: %j', async (headers) => {
    const answer = await chat(stage.gateway, {}, headers);

    expect(answer.status).toBe(200);
    expect((await lineOf(stage.gateway, answer)).principal).toBe('open');
  });

  const withHost = (host: string, more = ''): Promise<string> =>
    exchangeBytes(stage.gateway, `GET /v1/models HTTP/1.1\r\nhost: ${host}\r\n${more}connection: close\r\n\r\n`);

  it.each(['localhost', 'localhost:3000', '127.0.0.1', '127.0.0.1:3000', '[::1]:3000', 'mpc.localhost:3000', 'LOCALHOST'])(
    'answers to the host %s',
    async (host) => {
      expect(await withHost(host)).toMatch(/^HTTP\/1\.1 200 /);
    },
  );

  it.each(['evil.example', 'evil.example:3000', 'localhost.evil.example', '127.0.0.1.nip.example', '10.0.0.1', ''])(
    'refuses the host "%s", which a rebound name would send',
    async (host) => {
      expect(await withHost(host)).toMatch(/^HTTP\/1\.1 (403|421) /);
    },
  );

  it.each(['https://evil.example', 'http://localhost.evil.example', 'null', 'http://127.0.0.1:1'])(
    'refuses a page of %s',
    async (origin) => {
      const before = stage.openai.requests.length;

      const answer = await chat(stage.gateway, {}, { origin });

      expect(answer.status).toBe(403);
      expect(answer.json<OpenaiErrorBody>().error.type).toBe('permission_error');
      expect(stage.openai.requests).toHaveLength(before);
    },
  );

  it('answers its own pages', async () => {
    const answer = await chat(stage.gateway, {}, { origin: stage.gateway.url });

    expect(answer.status).toBe(200);
  });

  it('grants no other origin a preflight', async () => {
    const answer = await ask(stage.gateway, '/v1/chat/completions', {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });

    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('lets the origins and hosts in that the operator allows', async () => {
    const own = await start({ yaml: 'server:\n  allowed_origins: ["https://app.example"]\n  allowed_hosts: [gateway.lan]\n' });
    const headers = { origin: 'https://app.example' };

    const preflight = await ask(own, '/v1/chat/completions', {
      method: 'OPTIONS',
      headers: { ...headers, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });
    const answer = await chat(own, { model: 'demo-fast' }, headers);

    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(await exchangeBytes(own, 'GET /v1/models HTTP/1.1\r\nhost: gateway.lan:3000\r\nconnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 200 /,
    );
  });
});

describe('where a key is required', () => {
  it('because the operator says so, everything but health and static pages answers 401', async () => {
    const gateway = await start({ yaml: 'server:\n  auth: required\n' });

    expect((await chat(gateway, { model: 'demo-fast' })).status).toBe(401);
    expect((await chat(gateway, { model: 'demo-fast' }, { authorization: 'Bearer placeholder' })).status).toBe(401);
    expect((await ask(gateway, '/v1/models')).status).toBe(401);
    expect((await ask(gateway, '/health')).status).toBe(200);
    expect((await ask(gateway, '/admin/keys', { body: { name: 'x' } })).status).toBe(403);
  });

  it('because the address is not loopback, calls need one, whatever the Host says', async () => {
    const gateway = await start({ env: { HOST: '0.0.0.0', MPC_ADMIN_KEY: adminKey } });
    const at = { url: gateway.url.replace('0.0.0.0', '127.0.0.1') };

    expect((await chat(at, { model: 'demo-fast' })).status).toBe(401);
    const made = (await ask(at, '/admin/keys', { body: { name: 'x' }, headers: asAdmin })).json<MadeKey>();
    const answer = await new Promise<number>((resolve, reject) => {
      const call = request(`${at.url}/v1/models`, { headers: { host: 'gateway.company.example', 'x-api-key': made.key } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      call.on('error', reject).end();
    });
    expect(answer).toBe(200);
  });
});

it('leaves no entry for a call without a key', async () => {
  const gateway = await start({ yaml: 'server:\n  auth: required\n' });
  expect((await chat(gateway, { model: 'demo-fast' })).status).toBe(401);
  await gateway.close();

  expect(await logLines(gateway)).toEqual([]);
});

it('makes an admin key where the address is not loopback, and shows it once', { timeout: 30_000 }, async () => {
  const env = { HOST: '0.0.0.0' };
  const first = await spawnGateway({ env });
  const shown = /admin key\s+(\S+)/.exec(first.output())?.[1] ?? '';
  const headers = { authorization: `Bearer ${shown}` };
  expect(shown.length).toBeGreaterThan(20);
  expect((await ask(first, '/admin/keys', { headers })).status).toBe(200);
  expect((await ask(first, '/admin/keys')).status).toBe(403);
  expect(statSync(first.dataDir).mode & 0o777).toBe(0o700);
  expect(await first.stop()).toBe(0);

  const second = await spawnGateway({ env, dataDir: first.dataDir });
  expect(second.output()).not.toContain(shown);
  expect(second.output()).not.toMatch(/admin key\s+\S+/);
  expect((await ask(second, '/admin/keys', { headers })).status).toBe(200);
  expect(await second.stop()).toBe(0);
});
