// Every provider against a scripted upstream, through the whole gateway: address, credentials, model id and edits on the wire,
// answers whole and streamed in both dialects, and the failures that concern the provider's account.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileCatalog } from '../../src/catalog/compile-catalog.ts';
import { createCatalog } from '../../src/catalog/create-catalog.ts';
import { providerVariables } from '../../src/config/env-connections.ts';
import { isObject, type JsonObject } from '../../src/core/json.ts';
import { providers } from '../../src/providers/index.ts';
import type { ProviderDefinition } from '../../src/providers/provider.ts';
import { anthropicAnswer, anthropicStream, openaiAnswer, openaiError, openaiStream } from '../support/canned-replies.ts';
import { type FakeUpstream, type SeenRequest, startUpstream } from '../support/fake-upstream.ts';
import { type RunningGateway, startGateway } from '../support/start-gateway.ts';

const key = 'upstream-key-0123456789';
const catalog = createCatalog(compileCatalog(join(import.meta.dirname, '../../data')));
/** Those that speak another grammar than the scripted upstream have integration suites of their own. */
const remote = providers.filter(
  (provider) => provider.builtIn !== true && (provider.chat[0]?.dialect === 'openai-chat' || provider.id === 'anthropic'),
);

/** A text model of the provider, one without traits of its own if there is one; any name where it serves any. */
function modelOf(provider: ProviderDefinition): { readonly name: string; readonly wireId: string } {
  const offers = catalog.offers.filter(
    (offer) =>
      offer.provider === provider.id &&
      offer.retired === undefined &&
      offer.modality.includes('text') &&
      offer.supports.embeddings !== true,
  );
  const offer = offers.find((candidate) => candidate.traits.size === 0) ?? offers[0];
  if (offer !== undefined) return { name: offer.providerId, wireId: offer.wireId };
  return { name: `${provider.id}/house-model`, wireId: 'house-model' };
}

const answer = (request: SeenRequest) => {
  if (request.method === 'GET') return { headers: { 'content-type': 'application/json' }, body: '{"object":"list","data":[]}' };
  const streams = isObject(request.json()) && (request.json() as JsonObject)['stream'] === true;
  if (request.path.endsWith('/messages')) return streams ? anthropicStream() : anthropicAnswer();
  return streams ? openaiStream() : openaiAnswer();
};

describe.each(remote.map((provider) => [provider.id, provider] as const))('%s', (id, provider) => {
  const { name, wireId } = modelOf(provider);
  const variables = providerVariables(provider);
  const base = provider.basePathEnd ?? '/some/base';
  const account = Object.entries(provider.account ?? {}).filter(([, field]) => field.optional !== true && field.default === undefined);
  let upstream: FakeUpstream;
  let gateway: RunningGateway;

  beforeAll(async () => {
    upstream = await startUpstream(answer);
    gateway = await startGateway({
      env: {
        [variables.apiKey[0] ?? '']: key,
        [variables.baseUrl[0] ?? '']: upstream.url + base,
        ...Object.fromEntries(account.map(([name]) => [`${id.toUpperCase().replaceAll('-', '_')}_${name.toUpperCase()}`, 'field-1'])),
        MPC_RETRY_ATTEMPTS: '0',
      },
    });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const post = (path: string, body: object) =>
    fetch(gateway.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer client-key' },
      body: JSON.stringify({ model: name, messages: [{ role: 'user', content: 'Hello' }], ...body }),
    });
  const chatCalls = () => upstream.requests.filter(({ method }) => method === 'POST');
  const lastCall = () => chatCalls().at(-1) as SeenRequest;
  const preferred = provider.chat.find(({ needs }) => needs === undefined);

  it('is called at its address, with its own credentials and its own model id', async () => {
    const reply = await post('/v1/chat/completions', {});

    expect(await reply.json()).toMatchObject({ object: 'chat.completion' });
    expect(reply.status).toBe(200);
    expect(reply.headers.get('x-mpc-provider')).toBe(id);
    const call = lastCall();
    expect(call.path).toBe(base + (preferred?.path ?? ''));
    expect(call.json()).toMatchObject({ model: wireId });
    const { auth } = provider;
    const header = auth.kind === 'header' ? auth.name : auth.kind === 'authorizer' ? auth.keyHeader : undefined;
    const prefix = auth.kind === 'header' ? (auth.prefix ?? '') : header === undefined ? 'Bearer ' : '';
    expect(call.headers[header ?? 'authorization']).toBe(prefix + key);
    expect(call.rawHeaders.join()).not.toContain('client-key');
    for (const [header, value] of Object.entries(provider.headers ?? {})) expect(call.headers[header]).toBe(value);
  });

  it('gets only members it takes, under its own names, and losses are told', async () => {
    const members = { max_tokens: 50, seed: 7, top_k: 3, n: 2, logit_bias: { '5': 1 }, user: 'u-1', stop: ['x'] };
    const reply = await post('/v1/chat/completions', members);
    await reply.text();

    expect(reply.status).toBe(200);
    const body = lastCall().json() as JsonObject;
    const rules = preferred?.rules ?? {};
    for (const member of rules.drop ?? []) expect(body, member).not.toHaveProperty(member);
    for (const member of Object.keys(rules.rename ?? {})) expect(body, member).not.toHaveProperty(member);
    const lost = (rules.drop ?? []).filter((member) => member in members);
    const warnings = reply.headers.get('x-mpc-warnings') ?? '';
    for (const member of lost) expect(warnings).toContain(member);
    expect(body['max_tokens'] ?? body['max_completion_tokens']).toBe(50);
  });

  it.each([
    ['/v1/chat/completions', 'data: [DONE]'],
    ['/v1/messages', 'event: message_stop'],
  ])('streams through %s to a legal end', async (path, terminal) => {
    const reply = await post(path, { stream: true, max_tokens: 50 });
    const text = await reply.text();

    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-type')).toContain('text/event-stream');
    expect(text).toContain(terminal);
    const body = lastCall().json() as JsonObject;
    const asks =
      preferred?.dialect === 'openai-chat' && preferred.rules?.streamUsage !== 'always' && !lastCall().path.endsWith('/messages');
    expect(body['stream_options']).toEqual(asks ? { include_usage: true } : undefined);
  });

  it('answers a refused key with 502, and nobody sees the key', async () => {
    upstream.respond(openaiError(401, { message: `Incorrect API key provided: ${key}`, code: 'invalid_api_key' }));
    const reply = await post('/v1/chat/completions', {});
    const text = await reply.text();
    upstream.respond(answer);

    expect(reply.status).toBe(502);
    expect(text).toContain('upstream_auth_failed');
    expect(text).not.toContain(key);
  });

  it('answers an empty account as one, whatever the status it comes with', async () => {
    upstream.respond(openaiError(402, { message: 'no credit' }));
    const reply = await post('/v1/chat/completions', {});
    const text = await reply.text();
    upstream.respond(answer);

    expect(reply.status).toBe(429);
    expect(text).toContain('insufficient_quota');
  });
});
