// More texts than a provider embeds in one call.
import { describe, expect, it } from 'vitest';
import type { Reply, Responder, SeenRequest } from '../support/fake-upstream.ts';
import { ask, type Json, lineOf, type OpenaiErrorBody, start, startProvider } from './client.ts';

const json = { 'content-type': 'application/json' };
const texts = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `t${index}`);

/** Answers each text with its number. */
function embeds(request: SeenRequest): Reply {
  const body = request.json() as { texts?: readonly string[]; requests?: readonly { content: { parts: readonly { text: string }[] } }[] };
  const asked = body.texts ?? body.requests?.map(({ content }) => content.parts[0]?.text ?? '') ?? [];
  const vectors = asked.map((text) => [Number(text.slice(1))]);
  const answer =
    body.texts === undefined
      ? { embeddings: vectors.map((values) => ({ values })) }
      : { id: 'e', embeddings: { float: vectors }, meta: { billed_units: { input_tokens: asked.length } } };
  return { headers: json, body: JSON.stringify(answer) };
}
const busy: Reply = { status: 503, headers: json, body: '{"message":"busy"}' };

async function stage(provider: 'cohere' | 'google', ...replies: readonly Responder[]) {
  const upstream = await startProvider();
  // The list of models is asked for in between, by whoever serves any.
  const script = [...replies];
  upstream.respond((request) => {
    if (request.method === 'GET') return { headers: json, body: '{}' };
    const next = script.length > 1 ? script.shift() : script[0];
    return typeof next === 'function' ? next(request) : (next ?? busy);
  });
  const [key, url] = [`${provider.toUpperCase()}_API_KEY`, `${provider.toUpperCase()}_BASE_URL`];
  const gateway = await start({ env: { [key]: 'key-0123456789', [url]: provider === 'google' ? `${upstream.url}/v1beta` : upstream.url } });
  return { gateway, posts: () => upstream.requests.filter(({ method }) => method === 'POST') };
}

const embed = (gateway: { readonly url: string }, model: string, count: number) =>
  ask(gateway, '/v1/embeddings', { body: { model, input: texts(count) } });
const numbersOf = (body: Json): readonly unknown[] =>
  (body['data'] as readonly { index: number; embedding: readonly number[] }[]).map(({ index, embedding }) => [index, ...embedding]);

describe.each([
  ['cohere', 'cohere/embed-v4.0', 96, '/v2/embed'],
  ['google', 'google/gemini-embedding-001', 100, ':batchEmbedContents'],
] as const)('%s', (provider, model, most, path) => {
  it('is asked in several calls, and the caller gets all vectors in order', async () => {
    const { gateway, posts } = await stage(provider, embeds);

    const answer = await embed(gateway, model, most * 2 + 1);

    expect(answer.status, answer.text).toBe(200);
    expect(numbersOf(answer.json())).toEqual(texts(most * 2 + 1).map((_, index) => [index, index]));
    expect(posts()).toHaveLength(3);
    for (const { path: asked } of posts()) expect(asked).toContain(path);
    const line = await lineOf(gateway, answer);
    expect(line.attempts).toHaveLength(3);
    if (provider === 'cohere') expect(line.usage).toMatchObject({ input: most * 2 + 1, source: 'upstream' });
  });

  it('is asked once for as many as it takes', async () => {
    const { gateway, posts } = await stage(provider, embeds);

    expect((await embed(gateway, model, most)).status).toBe(200);
    expect(posts()).toHaveLength(1);
  });

  it('is asked again for the part that failed, and for that alone', async () => {
    const { gateway, posts } = await stage(provider, embeds, busy, embeds);

    const answer = await embed(gateway, model, most + 1);

    expect(numbersOf(answer.json())).toHaveLength(most + 1);
    expect(posts()).toHaveLength(3);
    expect(answer.headers.get('x-mpc-attempts')).toBe('3');
  });

  it('fails as a whole when a part fails for good, and nobody pays', async () => {
    const { gateway } = await stage(provider, embeds, { status: 400, headers: json, body: '{"message":"no","error":{"message":"no"}}' });

    const answer = await embed(gateway, model, most + 1);

    expect([answer.status, answer.json<OpenaiErrorBody>().error.message]).toEqual([400, expect.stringContaining('no')]);
    expect(await lineOf(gateway, answer)).toMatchObject({ cost_nano_usd: 0, error_code: 'upstream_rejected' });
  });
});
