import { describe, expect, it } from 'vitest';
import { parseJson } from '../../core/json.ts';
import { readAnswerFacts } from './response.ts';
import { scanAnswer } from './scan-answer.ts';

const answer = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-4o',
  choices: [{ index: 0, message: { role: 'assistant', content: 'He said "hi" \u00e9\n'.repeat(40) }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, prompt_tokens_details: { cached_tokens: 4 } },
};
const scan = (body: unknown) => scanAnswer(Buffer.from(JSON.stringify(body)), {});

describe('scanAnswer', () => {
  it('finds the facts that the thorough reading finds', () => {
    const { outputChars: _chars, ...thorough } = readAnswerFacts(parseJson(JSON.stringify(answer)));

    expect(scan(answer)).toEqual({ ...thorough, outputChars: 0 });
  });

  it.each([
    ['an error beside the choices', { ...answer, error: { message: 'no' } }],
    ['no usage', { ...answer, usage: undefined }],
    ['usage null', { ...answer, usage: null }],
    ['no choices', { ...answer, choices: [] }],
    ['an unusual finish reason', { ...answer, choices: [{ ...answer.choices[0], finish_reason: 'error' }] }],
    ['a missing finish reason', { ...answer, choices: [{ ...answer.choices[0], finish_reason: null }] }],
    ['an array', [answer]],
  ])('leaves %s to the thorough reading', (_name, body) => {
    expect(scan(body)).toBeUndefined();
  });

  it('leaves broken JSON to the thorough reading', () => {
    const text = JSON.stringify(answer);
    for (const cut of [1, 20, text.length - 1]) expect(scanAnswer(Buffer.from(text.slice(0, cut)), {})).toBeUndefined();
  });
});
