// The laws of a declared provider (`defineProvider`). No network: a scripted upstream answers in the provider's own grammar.
import assert from 'node:assert/strict';
import { LLMError } from '../llm-error.ts';
import type { ProviderAccount } from '../options.ts';
import type { AdapterPart, ProviderAdapter } from '../../providers/adapter.ts';
import type { ProviderDefinition } from '../../providers/provider.ts';
import type { InProcessAnswer } from '../../transport/in-process.ts';
import {
  createScripted,
  jsonAnswer,
  sample,
  secret,
  streamAnswer,
  streamFrames,
  wholeAnswer,
  writableDialect,
} from './scripted-provider.ts';
import type { TestApi } from './test-api.ts';

export interface ProviderSubject {
  readonly definition: ProviderDefinition;
  /** What the account needs besides a key. */
  readonly account?: ProviderAccount;
  /** Any id that its chat endpoint takes. */
  readonly model?: string;
}

const failures: readonly (readonly [status: number, code: string])[] = [
  [400, 'upstream_rejected'],
  [401, 'upstream_auth_failed'],
  [404, 'upstream_not_found'],
  [429, 'upstream_rate_limited'],
  [500, 'upstream_error'],
  [503, 'upstream_overloaded'],
];

export function describeProvider(test: TestApi, subject: ProviderSubject): void {
  const { definition } = subject;
  test.describe(`provider ${definition.id}`, () => {
    describeDeclaration(test, definition);
    describeWire(test, subject);
  });
}

function describeDeclaration(test: TestApi, definition: ProviderDefinition): void {
  test.it('has an id from which variables can be named, and a documentation page', async () => {
    assert.match(definition.id, /^[a-z][a-z0-9-]*$/);
    assert.notEqual(definition.name, '');
    assert.match(definition.docs, /^(https:\/\/|docs\/)/);
  });

  test.it('sends keys over TLS unless it is a server of one’s own', async () => {
    const { baseUrl } = definition;
    if (baseUrl === undefined) return;
    assert.doesNotMatch(baseUrl, /\/$/, 'paths are appended, so the base URL has no slash at its end');
    if (definition.keyless !== true) assert.match(baseUrl, /^https:\/\//);
  });

  test.it('has paths that begin with a slash and variables in capitals', async () => {
    const endpoints = [...definition.chat, definition.completions, definition.countTokens, definition.models];
    for (const endpoint of endpoints) if (endpoint !== undefined) assert.match(endpoint.path, /^\//);
    const { apiKey = [], baseUrl = [], bearerToken = [] } = definition.env ?? {};
    for (const name of [...apiKey, ...baseUrl, ...bearerToken]) assert.match(name, /^[A-Z][A-Z0-9_]*$/);
  });
}

function describeWire(test: TestApi, { definition, account = {}, model = 'conformance' }: ProviderSubject): void {
  const dialect = writableDialect(definition);
  // A grammar that is only read here has laws of its own, over recorded bytes.
  if (dialect === undefined) return;
  const request = { model, messages: [{ role: 'user', text: 'count' }] as const };
  const scripted = (answer: () => InProcessAnswer | Promise<InProcessAnswer>): ReturnType<typeof createScripted> =>
    createScripted({ definition, account, answer });
  const adapterFor = async (answer: () => InProcessAnswer | Promise<InProcessAnswer>): Promise<ProviderAdapter> =>
    (await scripted(answer)).adapter;

  test.it('sends the key once, in the header of its scheme, and asks for the model', async () => {
    const { adapter, requests } = await scripted(() => wholeAnswer(dialect));
    await adapter.complete(request);
    const [sent] = requests;
    assert.ok(sent !== undefined);
    const carrying = Object.entries(sent.headers).filter(([, value]) => value.includes(secret));
    assert.equal(carrying.length, definition.auth.kind === 'none' ? 0 : 1);
    assert.ok(!sent.path.includes(secret) && !sent.body.includes(secret), 'the key is in a header only');
    assert.ok(sent.body.includes(model) || sent.path.includes(encodeURIComponent(model)), 'the model is named');
  });

  test.it('reads text, finish reason and usage of a whole answer', async () => {
    const answer = await (await adapterFor(() => wholeAnswer(dialect))).complete(request);
    assert.equal(answer.text, sample.text);
    assert.equal(answer.finishReason, 'stop');
    assert.equal(answer.usage?.promptTokens, sample.inputTokens);
    assert.equal(answer.usage?.completionTokens, sample.outputTokens);
  });

  test.it('reads the same from a stream, whole or byte by byte', async () => {
    const text = streamFrames(dialect).join('');
    for (const pieces of [[text], [...text]]) {
      const parts = await collect((await adapterFor(() => streamAnswer(pieces))).stream(request));
      assert.equal(textOf(parts), sample.text);
      const last = parts.at(-1);
      assert.ok(last?.type === 'finish' && last.usage?.completionTokens === sample.outputTokens);
    }
  });

  test.it('never takes a stream that breaks off for a complete one', async () => {
    const frames = streamFrames(dialect);
    for (let kept = 0; kept < frames.length; kept += 1) {
      const adapter = await adapterFor(() => streamAnswer(frames.slice(0, kept)));
      const parts: AdapterPart[] = [];
      const error = await caught(async () => {
        for await (const part of adapter.stream(request)) parts.push(part);
      });
      // After its finish reason an answer is complete, whatever else is missing.
      if (error === undefined) assert.equal(textOf(parts), sample.text, `cut after frame ${kept}`);
      else assert.ok(error instanceof LLMError, `cut after frame ${kept}`);
    }
  });

  test.it('tells failures by code, status and the pause that was asked for', async () => {
    for (const [status, code] of failures) {
      const body = { error: { message: `refused with ${secret}`, type: 'some_error' } };
      const error = await caught(async () => (await adapterFor(() => jsonAnswer(status, body, { 'retry-after': '3' }))).complete(request));
      assert.ok(error instanceof LLMError);
      const expected = definition.errors?.statuses?.[status] ?? code;
      assert.equal(error.code, expected, `status ${status}`);
      assert.ok(!error.message.includes(secret), 'an upstream that echoes the key must not spread it');
      if (status === 429) assert.equal(error.retryAfterMs, 3_000);
    }
  });

  test.it('takes a page of HTML for a failure', async () => {
    const page = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>sign in</html>' };
    assert.ok((await caught(async () => (await adapterFor(() => page)).complete(request))) instanceof LLMError);
  });

  test.it('stops the upstream when the caller’s signal aborts', async () => {
    const controller = new AbortController();
    const { adapter, requests } = await scripted(() => new Promise(() => queueMicrotask(() => controller.abort())));
    const error = await caught(() => adapter.complete({ ...request, signal: controller.signal }));
    assert.ok(error instanceof LLMError && error.code === 'aborted');
    assert.equal(requests[0]?.signal.aborted, true);
  });
}

function textOf(parts: readonly AdapterPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

async function collect(parts: AsyncIterable<AdapterPart>): Promise<readonly AdapterPart[]> {
  const all: AdapterPart[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

async function caught(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}
