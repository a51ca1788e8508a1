import { describe, expect, it } from 'vitest';
import type { Warning } from '../../canonical/warning.ts';
import { type JsonObject, parseJson } from '../../core/json.ts';
import { decodeRequest } from './decode-request.ts';
import { encodeRequest } from './encode-request.ts';

const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];
const decode = (more: JsonObject = {}, warnings: Warning[] = []) => decodeRequest({ contents, ...more }, warnings);

describe('decodeRequest', () => {
  it('reads both spellings of every member', () => {
    const camel = decode({
      systemInstruction: { parts: [{ text: 's' }] },
      generationConfig: {
        maxOutputTokens: 5,
        topP: 0.5,
        stopSequences: ['x'],
        responseMimeType: 'application/json',
        thinkingConfig: { thinkingBudget: 100 },
      },
      tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object' } }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
    });
    const snake = decode({
      system_instruction: { parts: [{ text: 's' }] },
      generation_config: {
        max_output_tokens: 5,
        top_p: 0.5,
        stop_sequences: ['x'],
        response_mime_type: 'application/json',
        thinking_config: { thinking_budget: 100 },
      },
      tools: [{ function_declarations: [{ name: 'f', parameters_json_schema: { type: 'object' } }] }],
      tool_config: { function_calling_config: { mode: 'any', allowed_function_names: ['f'] } },
    });

    expect(snake).toEqual(camel);
    expect(camel).toMatchObject({
      dialect: 'gemini',
      messages: [{ role: 'system' }, { role: 'user' }],
      maxOutputTokens: 5,
      topP: 0.5,
      stop: ['x'],
      output: { kind: 'json' },
      reasoning: { enabled: true, budgetTokens: 100 },
      tools: [{ name: 'f', parameters: { type: 'object' } }],
      toolChoice: { kind: 'tool', name: 'f' },
    });
  });

  it.each([
    [{ thinkingBudget: 0 }, { enabled: false }],
    [{ thinkingBudget: -1 }, { enabled: true, adaptive: true }],
    [{ thinkingLevel: 'HIGH' }, { enabled: true, effort: 'high' }],
    [{ includeThoughts: true }, undefined],
  ])('reads the thinking of %j', (thinkingConfig, reasoning) => {
    expect(decode({ generationConfig: { thinkingConfig } }).reasoning).toEqual(reasoning);
  });

  it('pairs calls without ids with their answers by name, in order', () => {
    const call = (name: string) => ({ functionCall: { name, args: {} } });
    const answer = (name: string, output: string) => ({ functionResponse: { name, response: { output } } });

    const { messages } = decodeRequest({
      contents: [
        ...contents,
        { role: 'model', parts: [call('a'), call('a'), call('b')] },
        { role: 'user', parts: [answer('b', 'b1'), answer('a', 'a1'), answer('a', 'a2'), { text: 'and?' }] },
      ],
    });

    expect(messages[1]?.parts.map((part) => part.type === 'tool-call' && part.id)).toEqual(['call_1', 'call_2', 'call_3']);
    expect(messages.slice(2)).toEqual([
      { role: 'tool', parts: [{ type: 'tool-result', callId: 'call_3', parts: [{ type: 'text', text: 'b1' }] }] },
      { role: 'tool', parts: [{ type: 'tool-result', callId: 'call_1', parts: [{ type: 'text', text: 'a1' }] }] },
      { role: 'tool', parts: [{ type: 'tool-result', callId: 'call_2', parts: [{ type: 'text', text: 'a2' }] }] },
      { role: 'user', parts: [{ type: 'text', text: 'and?' }] },
    ]);
  });

  it('leaves out tools that may not be called', () => {
    const request = decode({
      tools: [{ functionDeclarations: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }, { googleSearch: {} }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['a', 'b'] } },
    });

    expect(request.tools?.map((tool) => tool.name)).toEqual(['a', 'b']);
    expect(request.toolChoice).toEqual({ kind: 'required' });
  });

  it.each<[string, JsonObject, string]>([
    ['contents', { contents: 'hi' }, 'contents'],
    ['a role', { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }, 'contents[0].role'],
    ['a text', { contents: [{ parts: [{ text: 1 }] }] }, 'contents[0].parts[0].text'],
    [
      'arguments',
      { contents: [{ role: 'model', parts: [{ functionCall: { name: 'f', args: 'x' } }] }] },
      'contents[0].parts[0].functionCall.args',
    ],
    ['a part', { contents: [{ parts: [7] }] }, 'contents[0].parts[0]'],
    [
      'data in snake case',
      { contents: [{ parts: [{ inline_data: { mime_type: 'image/png', data: 5 } }] }] },
      'contents[0].parts[0].inline_data.data',
    ],
    ['a number', { contents, generationConfig: { topP: 'x' } }, 'generationConfig.topP'],
    ['a mode', { contents, tools: [], toolConfig: { functionCallingConfig: { mode: 'SOME' } } }, 'toolConfig.functionCallingConfig.mode'],
    ['no contents', {}, 'contents'],
  ])('refuses wrong %s by name', (_what, body, param) => {
    expect(() => decodeRequest(body)).toThrow(
      expect.objectContaining({ code: 'invalid_request', details: expect.objectContaining({ param }) as object }),
    );
  });

  it('warns of what no other model understands, and of nothing that says nothing', () => {
    const warnings: Warning[] = [];
    decode(
      { cachedContent: 'cachedContents/x', labels: null, generationConfig: { responseModalities: ['TEXT'], speechConfig: {} } },
      warnings,
    );

    expect(warnings.map(({ field }) => field)).toEqual(['cachedContent', 'generationConfig.speechConfig']);
  });

  it('carries hostile names as data', () => {
    const body = parseJson(
      '{"contents":[{"parts":[{"text":"x"}]}],"__proto__":{"polluted":1},"generationConfig":{"__proto__":{"topP":9}}}',
    ) as JsonObject;

    expect(decodeRequest(body).topP).toBeUndefined();
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('comes back as the same contents: signatures, media, thoughts and what only Gemini knows', () => {
    const body: JsonObject = {
      contents: [
        {
          role: 'user',
          parts: [
            { inlineData: { mimeType: 'image/png', data: 'AA' } },
            { fileData: { mimeType: 'video/mp4', fileUri: 'gs://b/v' } },
            { text: 'x' },
          ],
        },
        {
          role: 'model',
          parts: [
            { text: 'hm', thought: true },
            { text: 'a', thoughtSignature: 'c2ln' },
            { executableCode: { language: 'PYTHON', code: '1' } },
            { functionCall: { id: 'c1', name: 'f', args: { a: [1] } }, thoughtSignature: 'Y2FsbA' },
            { functionCall: { id: 'c2', name: 'g', args: {} } },
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { id: 'c1', name: 'f', response: { n: 1, list: [] } } },
            { functionResponse: { id: 'c2', name: 'g', response: { error: 'no' } } },
          ],
        },
      ],
      safetySettings: [{ category: 'X' }],
      tools: [{ functionDeclarations: [{ name: 'f' }] }, { googleSearch: {} }],
      generationConfig: { topK: 5, speechConfig: {} },
    };

    expect(encodeRequest(decodeRequest(body), { model: 'gemini-3-pro-preview', traits: new Set() }).body).toEqual(body);
  });
});
