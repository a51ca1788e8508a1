import { describe, expect, it } from 'vitest';
import { scanObject } from '../../core/json-outline.ts';
import { editBody } from '../edit-body.ts';
import { openaiResponses } from '../openai-endpoints.ts';

const endpoint = openaiResponses();
const edit = (input: unknown) => {
  const bytes = Buffer.from(JSON.stringify({ model: 'gpt', input }));
  const edited = editBody({ outline: scanObject(bytes, { maxDepth: 50 }), endpoint, model: 'gpt', traits: new Set() });
  return { ...edited, same: edited.body === bytes, sent: JSON.parse(edited.body.toString()) as { input: unknown } };
};
const question = { role: 'user', content: 'Is "anthropic-messages:x" a name?' };
const proven = (encrypted: string) => ({ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: encrypted });

describe('encrypted reasoning on its way to a provider of the Responses API', () => {
  it('is left out with a warning when another dialect’s model wrote it', () => {
    const { sent, warnings } = edit([question, proven('anthropic-messages:EqQB'), proven('gemini:AAA'), question]);

    expect(sent.input).toEqual([question, question]);
    expect(warnings).toEqual([
      { field: 'input', kind: 'dropped', message: 'reasoning of another provider cannot be replayed to this one' },
    ]);
  });

  it('stays, byte for byte, when it is the provider’s own', () => {
    expect(edit([question, proven('gAAAAB')])).toMatchObject({ same: true, warnings: [] });
  });

  it('is not taken for it when the words occur in a text', () => {
    expect(edit(['"anthropic-messages:', question])).toMatchObject({ same: true, warnings: [] });
  });
});
