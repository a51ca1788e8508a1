import { expect, it } from 'vitest';
import type { ChatEvent } from '../../canonical/chat.ts';
import { openaiChatWholeCalls, wantsWholeCalls } from './whole-calls.ts';

const events: readonly ChatEvent[] = [
  { type: 'start', id: 'a', model: 'm', created: 1 },
  { type: 'text-delta', block: 0, text: 'look' },
  { type: 'tool-call-start', block: 1, id: 'c1', name: 'clock' },
  { type: 'tool-call-start', block: 2, id: 'c2', name: 'calendar' },
  { type: 'tool-call-delta', block: 1, arguments: '{"zone":' },
  { type: 'tool-call-delta', block: 2, arguments: '{"say":"\\"arguments\\":\\"\\""}' },
  { type: 'tool-call-delta', block: 1, arguments: '"UTC"}' },
  { type: 'block-end', block: 1 },
  { type: 'finish', reason: 'tool-calls' },
  { type: 'usage', usage: { input: 1, cachedInput: 0, cacheWrite: 0, cacheWrite1h: 0, output: 2, reasoning: 0, source: 'upstream' } },
];

it('sends each tool call whole and named, before the finish, and usage unasked', () => {
  const encoder = openaiChatWholeCalls.createEventEncoder({ model: 'm', includeUsage: false, warnings: [] });

  const text = events.map((event) => encoder.push(event)).join('') + encoder.end();
  const chunks = [...text.matchAll(/^data: (\{.*)$/gm)].map((match) => JSON.parse(match[1] ?? '') as Chunk);

  const calls = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
  expect(calls.map(({ index, id, function: { name, arguments: text } }) => [index, id, name, text])).toEqual([
    [0, 'c1', 'clock', '{"zone":"UTC"}'],
    [1, 'c2', 'calendar', '{"say":"\\"arguments\\":\\"\\""}'],
  ]);
  expect(chunks.findIndex((chunk) => chunk.choices[0]?.finish_reason === 'tool_calls')).toBe(chunks.length - 2);
  expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 1, completion_tokens: 2 });
  expect(text).not.toContain('"usage":null');
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
});

it.each<[string | undefined, boolean]>([
  ['mistral-client-typescript/2.7.0', true],
  ['speakeasy-sdk/typescript 2.7.0 2.884.13 1.0.0 @mistralai/mistralai', true],
  ['mistral-client-python/1.9', true],
  ['OpenAI/JS 7.55.0', false],
  [undefined, false],
])('knows who needs it: %s → %s', (userAgent, wants) => {
  expect(wantsWholeCalls(userAgent)).toBe(wants);
});

interface Chunk {
  readonly choices: readonly {
    readonly delta: { readonly tool_calls?: readonly { index: number; id: string; function: { name: string; arguments: string } }[] };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: object;
}
