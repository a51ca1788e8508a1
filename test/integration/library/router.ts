// Routers in this process against scripted upstreams, all closed after each test.
import { afterEach, expect } from 'vitest';
import { LLMError, LLMRouter, type RouterOptions } from '../../../src/index.ts';
import { type FakeUpstream, type Responder, startUpstream } from '../../support/fake-upstream.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

export async function upstream(...responders: readonly Responder[]): Promise<FakeUpstream> {
  const started = await startUpstream(...responders);
  open.push(started);
  return started;
}

export function router(options: RouterOptions): LLMRouter {
  const made = new LLMRouter({ env: false, retry: 0, ...options });
  open.push(made);
  return made;
}

export const model = 'openai/gpt-4o-mini';

export function openaiAt(server: FakeUpstream): RouterOptions {
  return { openai: { apiKey: 'sk-library', baseUrl: server.baseUrl } };
}

export async function failureOf(work: Promise<unknown>): Promise<LLMError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LLMError);
  return error as LLMError;
}
