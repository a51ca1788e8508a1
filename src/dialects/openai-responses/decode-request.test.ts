import { describe, expect, it } from 'vitest';
import type { Warning } from '../../canonical/warning.ts';
import type { GatewayError } from '../../core/errors.ts';
import { type JsonObject, parseJson } from '../../core/json.ts';
import { decodeRequest } from './decode-request.ts';

const decode = (more: JsonObject) => decodeRequest({ model: 'm', input: 'hi', ...more });
const warningsOf = (more: JsonObject): readonly string[] => {
  const warnings: Warning[] = [];
  decodeRequest({ model: 'm', input: 'hi', ...more }, warnings);
  return warnings.map(({ field }) => field);
};
const paramOf = (more: JsonObject): string | undefined => {
  try {
    decode(more);
  } catch (thrown) {
    return (thrown as GatewayError).details.param;
  }
  return undefined;
};

describe('input', () => {
  it('as a text is one user message after the instructions', () => {
    expect(decode({ instructions: 'Be brief' }).messages).toEqual([
      { role: 'system', parts: [{ type: 'text', text: 'Be brief' }] },
      { role: 'user', parts: [{ type: 'text', text: 'hi' }] },
    ]);
  });

  it('makes one turn of the assistant’s items in a row, and messages of results', () => {
    const input = [
      { role: 'developer', content: 'rules' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'q' }] },
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'gAAA' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Let me see', annotations: [] }] },
      { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '' },
      { type: 'custom_tool_call', call_id: 'call_2', name: 'sql', input: 'SELECT 1' },
      { type: 'function_call_output', call_id: 'call_1', output: 'one' },
      { type: 'custom_tool_call_output', call_id: 'call_2', output: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }] },
    ];

    expect(decode({ input }).messages).toEqual([
      { role: 'system', parts: [{ type: 'text', text: 'rules' }] },
      { role: 'user', parts: [{ type: 'text', text: 'q' }] },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'hm', signature: 'openai-responses:rs_1:gAAA', origin: 'openai-responses' },
          { type: 'text', text: 'Let me see' },
          { type: 'tool-call', id: 'call_1', name: 'f', arguments: '{}' },
          { type: 'tool-call', id: 'call_2', name: 'sql', arguments: '{"input":"SELECT 1"}' },
        ],
      },
      { role: 'tool', parts: [{ type: 'tool-result', callId: 'call_1', parts: [{ type: 'text', text: 'one' }] }] },
      {
        role: 'tool',
        parts: [
          {
            type: 'tool-result',
            callId: 'call_2',
            parts: [{ type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } }],
          },
        ],
      },
    ]);
  });

  it('knows images and files by address, data and id', () => {
    const content = [
      { type: 'input_image', image_url: 'https://a.example/x.png', detail: 'low' },
      { type: 'input_image', file_id: 'file_1' },
      { type: 'input_file', file_url: 'https://a.example/x.pdf' },
      { type: 'input_file', filename: 'x.pdf', file_data: 'data:application/pdf;base64,AAAA' },
    ];

    expect(decode({ input: [{ role: 'user', content }] }).messages[0]?.parts).toEqual([
      { type: 'image', source: { kind: 'url', url: 'https://a.example/x.png' }, detail: 'low' },
      { type: 'image', source: { kind: 'file-id', id: 'file_1' } },
      { type: 'file', source: { kind: 'url', url: 'https://a.example/x.pdf' } },
      { type: 'file', source: { kind: 'base64', mediaType: 'application/pdf', data: 'AAAA' }, filename: 'x.pdf' },
    ]);
  });

  it('keeps items only this grammar knows on the side they were on', () => {
    const call = { type: 'shell_call', call_id: 'c', action: { commands: ['ls'] } };
    const output = { type: 'shell_call_output', call_id: 'c', output: [{ stdout: '' }] };

    expect(decode({ input: [call, output] }).messages).toEqual([
      { role: 'assistant', parts: [{ type: 'opaque', dialect: 'openai-responses', wire: call }] },
      { role: 'user', parts: [{ type: 'opaque', dialect: 'openai-responses', wire: output }] },
    ]);
  });

  it.each([
    [{ input: [null] }, 'input[0]'],
    [{ input: [{ role: 'user', content: 5 }] }, 'input[0].content'],
    [{ input: [{ role: 'user', content: [{ type: 'input_text' }] }] }, 'input[0].content[0].text'],
    [{ input: [{ role: 'user', content: [{ type: 'input_image' }] }] }, 'input[0].content[0].image_url'],
    [{ input: [{ type: 'function_call', name: 'f', arguments: '{}' }] }, 'input[0].call_id'],
    [{ input: [{ type: 'function_call', call_id: 'c', name: 'f', arguments: {} }] }, 'input[0].arguments'],
    [{ input: [{ type: 'function_call_output', output: 'x' }] }, 'input[0].call_id'],
    [{ input: [{ type: 'reasoning', summary: 'x' }] }, 'input[0].summary'],
    [{ input: null }, 'input'],
    [{ prompt: { id: 'pmpt_1' } }, 'prompt'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ tool_choice: 'maybe' }, 'tool_choice'],
    [{ text: { format: { type: 'json_schema', name: 'x' } } }, 'text.format.schema'],
    [{ max_output_tokens: 0 }, 'max_output_tokens'],
  ] as readonly (readonly [JsonObject, string])[])('%j names the field at fault', (more, param) => {
    expect(paramOf(more)).toBe(param);
  });
});

describe('settings', () => {
  it('are read under their names here', () => {
    const request = decode({
      max_output_tokens: 50,
      temperature: 0.5,
      top_p: 0.9,
      parallel_tool_calls: false,
      reasoning: { effort: 'high', summary: 'auto' },
      text: { format: { type: 'json_schema', name: 'a', schema: { type: 'object' }, strict: true }, verbosity: 'low' },
      safety_identifier: 'user-1',
      prompt_cache_key: 'k',
      stream: true,
    });

    expect(request).toMatchObject({
      dialect: 'openai-responses',
      maxOutputTokens: 50,
      temperature: 0.5,
      topP: 0.9,
      parallelToolCalls: false,
      reasoning: { effort: 'high' },
      output: { kind: 'json-schema', name: 'a', schema: { type: 'object' }, strict: true },
      endUser: 'user-1',
      stream: true,
      includeUsage: true,
      extensions: { 'openai-chat': { prompt_cache_key: 'k', verbosity: 'low' } },
    });
  });

  it('a custom tool is a function of one text, and remembers what it was', () => {
    const wire = {
      type: 'custom',
      name: 'sql',
      description: 'Runs it',
      format: { type: 'grammar', syntax: 'regex', definition: 'SELECT .+' },
    };
    const [tool] = decode({ tools: [wire] }).tools ?? [];

    expect(tool).toMatchObject({ name: 'sql', freeText: wire, parameters: { required: ['input'] } });
    expect(tool?.description).toContain('SELECT .+');
  });

  it('built-in tools stay the provider’s', () => {
    const wire = { type: 'web_search', search_context_size: 'low' };

    expect(decode({ tools: [wire] }).tools).toEqual([{ name: 'web_search', providerTool: { dialect: 'openai-responses', wire } }]);
  });

  it.each([
    [{ truncation: 'auto' }, ['truncation']],
    [{ truncation: 'disabled', store: false, metadata: { a: 'b' }, include: ['reasoning.encrypted_content'], background: false }, []],
    [{ include: ['file_search_call.results'] }, ['include']],
    [{ max_tool_calls: 3 }, ['max_tool_calls']],
    [{ reasoning: { effort: 'gigantic' } }, ['reasoning.effort']],
    [{ top_logprobs: 0 }, []],
    [{ tool_choice: { type: 'web_search' } }, ['tool_choice']],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, ['input[0]']],
  ] as readonly (readonly [JsonObject, readonly string[]])[])('%j warns of %j', (more, fields) => {
    expect(warningsOf(more)).toEqual(fields);
  });

  it('a member called __proto__ stays a member', () => {
    const body = parseJson(
      '{"model":"m","input":"x","__proto__":{"polluted":true},"tools":[{"type":"function","name":"f","__proto__":{}}]}',
    );
    const request = decodeRequest(body as JsonObject);

    expect(({} as JsonObject).polluted).toBeUndefined();
    expect(Object.keys(request.extensions?.['openai-responses'] ?? {})).toEqual(['__proto__']);
  });
});
