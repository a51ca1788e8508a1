import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { demo, hello, post, json, anthropicHello } from '../../../test/support/demo-client.ts';
import { demoBaseUrl } from './index.ts';

describe('bad requests', () => {
  const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };
  const use = { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }] };

  it.each<[string, string, object, number, string]>([
    ['no messages', '/chat/completions', { model: 'demo-fast' }, 400, 'messages'],
    ['an unknown model', '/chat/completions', { ...hello, model: 'demo-nothing' }, 404, 'demo-nothing'],
    ['a chat with the embedding model', '/chat/completions', { ...hello, model: 'demo-embed' }, 400, 'not a chat model'],
    ['an unknown option', '/chat/completions', { ...hello, model: 'demo-fast:speed=9' }, 400, 'unknown demo option "speed"'],
    ['an unknown fault', '/chat/completions', { ...hello, model: 'demo-fast:fail=often' }, 400, 'unknown demo fault "often"'],
    ['a negative latency', '/chat/completions', { ...hello, model: 'demo-fast:latency=-1' }, 400, 'latency'],
    [
      'an unanswered call',
      '/chat/completions',
      {
        ...hello,
        messages: [
          { role: 'user', content: 'x' },
          { role: 'assistant', tool_calls: [call] },
          { role: 'user', content: 'y' },
        ],
      },
      400,
      'call_1',
    ],
    [
      'a result without its call',
      '/chat/completions',
      { ...hello, messages: [{ role: 'tool', tool_call_id: 'call_9', content: 'y' }] },
      400,
      'call_9',
    ],
    ['no max_tokens', '/messages', hello, 400, 'max_tokens'],
    ['a blank text', '/messages', { ...anthropicHello, messages: [{ role: 'user', content: ' ' }] }, 400, 'non-whitespace'],
    ['an assistant first', '/messages', { ...anthropicHello, messages: [{ role: 'assistant', content: 'x' }] }, 400, 'first message'],
    [
      'a call without result',
      '/messages',
      { ...anthropicHello, messages: [{ role: 'user', content: 'x' }, use, { role: 'user', content: 'y' }] },
      400,
      'toolu_1',
    ],
    [
      'a result after text',
      '/messages',
      {
        ...anthropicHello,
        messages: [
          { role: 'user', content: 'x' },
          use,
          {
            role: 'user',
            content: [
              { type: 'text', text: 'y' },
              { type: 'tool_result', tool_use_id: 'toolu_1' },
            ],
          },
        ],
      },
      400,
      'must come before',
    ],
    ['too small a budget', '/messages', { ...anthropicHello, thinking: { type: 'enabled', budget_tokens: 1 } }, 400, 'budget_tokens'],
    ['a wrong dimension', '/embeddings', { model: 'demo-embed', input: 'x', dimensions: 0 }, 400, 'dimensions'],
    ['an unknown path', '/images/variations', hello, 404, 'no POST'],
  ])('answers %s with the error of the dialect', async (_name, path, body, status, words) => {
    const seen = await post(demo(), path, body);

    expect(seen.status).toBe(status);
    expect(json(seen).error.message).toContain(words);
    expect(json(seen).type).toBe(path.startsWith('/messages') ? 'error' : undefined);
  });

  it('answers a body that is not JSON', async () => {
    const answer = await request(`${demoBaseUrl}/chat/completions`, { dispatcher: demo(), method: 'POST', body: '{"model":' });

    expect(answer.statusCode).toBe(400);
    expect(await answer.body.text()).toContain('could not parse');
  });
});
