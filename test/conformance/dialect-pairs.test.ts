// All four pairs of client and upstream: what one provider answers, a client of either dialect reads whole and legally, and what
// the client sends back as history reaches the provider as it was.
import { describe, expect, it } from 'vitest';
import type { ChatEvent, ChatResponse, Part } from '../../src/canonical/chat.ts';
import { inputTotal, outputTotal, type Usage } from '../../src/canonical/usage.ts';
import type { Warning } from '../../src/canonical/warning.ts';
import { type JsonObject, parseJson } from '../../src/core/json.ts';
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts';
import type { ChatDialect, DecodeOptions, EncodeTarget } from '../../src/dialects/dialect.ts';
import { openaiChat } from '../../src/dialects/openai-chat/index.ts';
import { listRecordings, noRecordings, readRecording, recordedDir, recordedStreamBytes } from '../support/fixtures.ts';
import { assembleMessage } from './anthropic-messages-grammar.ts';
import { decodeBytes } from './dialect-laws.ts';
import { assembleCompletion } from './openai-chat-grammar.ts';

/** An answer in words that both grammars have. */
interface Meaning {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly input: unknown }[];
  readonly end: 'stop' | 'length' | 'tool-calls' | 'filtered';
  readonly tokens: { readonly input: number; readonly output: number } | undefined;
}

const ends: Readonly<Record<string, Meaning['end']>> = {
  stop: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause: 'stop',
  pause_turn: 'stop',
  length: 'length',
  max_tokens: 'length',
  'tool-calls': 'tool-calls',
  tool_calls: 'tool-calls',
  tool_use: 'tool-calls',
  'content-filter': 'filtered',
  content_filter: 'filtered',
  refusal: 'filtered',
};

const tokensOf = (usage: Usage | undefined): Meaning['tokens'] => usage && { input: inputTotal(usage), output: outputTotal(usage) };

function meaningOfParts(parts: readonly Part[], finish: string, usage: Usage | undefined): Meaning {
  const texts = (type: 'text' | 'reasoning'): string => parts.flatMap((part) => (part.type === type ? [part.text] : [])).join('');
  return {
    text: texts('text'),
    reasoning: texts('reasoning'),
    calls: parts.flatMap((part) => (part.type === 'tool-call' ? [{ id: part.id, name: part.name, input: parseJson(part.arguments) }] : [])),
    end: ends[finish] ?? 'stop',
    tokens: tokensOf(usage),
  };
}

function meaningOfEvents(events: readonly ChatEvent[]): Meaning {
  const calls = new Map<number, { id: string; name: string; text: string }>();
  let text = '';
  let reasoning = '';
  let end = '';
  let usage: Usage | undefined;
  for (const event of events) {
    if (event.type === 'text-delta') text += event.text;
    if (event.type === 'reasoning-delta') reasoning += event.text;
    if (event.type === 'tool-call-start') calls.set(event.block, { id: event.id, name: event.name, text: '' });
    const call = event.type === 'tool-call-delta' ? calls.get(event.block) : undefined;
    if (call !== undefined && event.type === 'tool-call-delta') call.text += event.arguments;
    if (event.type === 'finish') end = event.reason;
    if (event.type === 'usage') usage = event.usage;
  }
  return {
    text,
    reasoning,
    calls: [...calls.values()].map((call) => ({ id: call.id, name: call.name, input: parseJson(call.text) })),
    end: ends[end] ?? 'stop',
    tokens: tokensOf(usage),
  };
}

interface Client {
  readonly dialect: ChatDialect;
  readStream(stream: string): Meaning;
  readWhole(body: JsonObject): Meaning;
}

interface WireBlock {
  readonly type: string;
  readonly [key: string]: unknown;
}

function meaningOfMessage(content: readonly unknown[], stopReason: unknown, usage: JsonObject): Meaning {
  const blocks = content as readonly WireBlock[];
  const numbers = usage as Readonly<Record<string, number | undefined>>;
  return {
    text: blocks.map((block) => (block.type === 'text' ? String(block.text) : '')).join(''),
    reasoning: blocks.map((block) => (block.type === 'thinking' ? String(block.thinking) : '')).join(''),
    calls: blocks
      .filter((block) => block.type === 'tool_use')
      .map((block) => ({ id: String(block.id), name: String(block.name), input: block.input })),
    end: ends[String(stopReason)] ?? 'stop',
    tokens: {
      input: (numbers.input_tokens ?? 0) + (numbers.cache_read_input_tokens ?? 0) + (numbers.cache_creation_input_tokens ?? 0),
      output: numbers.output_tokens ?? 0,
    },
  };
}

function meaningOfCompletion(message: JsonObject, finishReason: unknown, usage: JsonObject | undefined): Meaning {
  const calls = (message.tool_calls ?? []) as unknown as readonly { id: string; function: { name: string; arguments: string } }[];
  return {
    text: String(message.content ?? ''),
    reasoning: String(message.reasoning_content ?? ''),
    calls: calls.map((call) => ({ id: call.id, name: call.function.name, input: parseJson(call.function.arguments) })),
    end: ends[String(finishReason)] ?? 'stop',
    tokens: usage && { input: Number(usage.prompt_tokens), output: Number(usage.completion_tokens) },
  };
}

const clients: readonly Client[] = [
  {
    dialect: anthropicMessages,
    readStream(stream) {
      const { content, stopReason, usage } = assembleMessage(stream);
      return meaningOfMessage(content, stopReason, usage as JsonObject);
    },
    readWhole: (body) => meaningOfMessage(body.content as readonly unknown[], body.stop_reason, body.usage as JsonObject),
  },
  {
    dialect: openaiChat,
    readStream(stream) {
      const { message, finishReason, usage } = assembleCompletion(stream);
      return meaningOfCompletion(message as JsonObject, finishReason, usage as JsonObject | undefined);
    },
    readWhole(body) {
      const [choice] = body.choices as readonly JsonObject[];
      return meaningOfCompletion(choice?.message as JsonObject, choice?.finish_reason, body.usage as JsonObject | undefined);
    },
  },
];

function encodeStream(dialect: ChatDialect, events: readonly ChatEvent[]): string {
  const encoder = dialect.createEventEncoder({ model: 'asked', includeUsage: true, warnings: [] });
  return events.map((event) => encoder.push(event)).join('') + encoder.end();
}

const frame = (event: Record<string, unknown>): string => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`;
const chunk = (fields: object): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 5, model: 'm-1', ...fields })}\n\n`;
const delta = (value: object, finish: string | null = null): string =>
  chunk({ choices: [{ index: 0, delta: value, finish_reason: finish }] });

/** Hand-written streams with everything the two grammars share. */
const handWritten: readonly { readonly name: string; readonly dialect: ChatDialect; readonly bytes: string }[] = [
  {
    name: 'a Messages stream with signed thinking, text and two calls',
    dialect: anthropicMessages,
    bytes: [
      {
        type: 'message_start',
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'claude-x',
          content: [],
          usage: { input_tokens: 9, cache_read_input_tokens: 4, output_tokens: 1 },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Two ' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'calls.' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'c2lnbmF0dXJl' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'redacted_thinking', data: 'cmVkYWN0ZWQ=' } },
      { type: 'content_block_stop', index: 1 },
      { type: 'content_block_start', index: 2, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 2, delta: { type: 'text_delta', text: 'Einen Moment 👋' } },
      { type: 'content_block_stop', index: 2 },
      { type: 'content_block_start', index: 3, content_block: { type: 'tool_use', id: 'toolu_A', name: 'get', input: {} } },
      { type: 'content_block_delta', index: 3, delta: { type: 'input_json_delta', partial_json: '{"city":' } },
      { type: 'content_block_delta', index: 3, delta: { type: 'input_json_delta', partial_json: '"Rom"}' } },
      { type: 'content_block_stop', index: 3 },
      { type: 'content_block_start', index: 4, content_block: { type: 'tool_use', id: 'toolu_B', name: 'list', input: {} } },
      { type: 'content_block_delta', index: 4, delta: { type: 'input_json_delta', partial_json: '' } },
      { type: 'content_block_stop', index: 4 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 33 } },
      { type: 'message_stop' },
    ]
      .map(frame)
      .join(''),
  },
  {
    name: 'a chat stream with reasoning, text and interleaved calls',
    dialect: openaiChat,
    bytes: [
      delta({ role: 'assistant', content: '' }),
      delta({ reasoning_content: 'Two calls.' }),
      delta({ content: 'Un ' }),
      delta({ content: 'instant' }),
      delta({ tool_calls: [{ index: 0, id: 'call_A', type: 'function', function: { name: 'get', arguments: '' } }] }),
      delta({ tool_calls: [{ index: 1, id: 'call_B', type: 'function', function: { name: 'list', arguments: '' } }] }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
      delta({ tool_calls: [{ index: 1, function: { arguments: '{}' } }] }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '"Rome"}' } }] }),
      delta({}, 'tool_calls'),
      chunk({
        choices: [],
        usage: { prompt_tokens: 20, completion_tokens: 9, total_tokens: 29, prompt_tokens_details: { cached_tokens: 5 } },
      }),
      'data: [DONE]\n\n',
    ].join(''),
  },
  {
    name: 'a chat stream that refuses',
    dialect: openaiChat,
    bytes: [delta({ role: 'assistant', refusal: '' }), delta({ refusal: 'I cannot.' }), delta({}, 'stop'), 'data: [DONE]\n\n'].join(''),
  },
  {
    name: 'a chat stream that is cut by its length limit',
    dialect: openaiChat,
    bytes: [delta({ role: 'assistant', content: 'Once upon' }), delta({}, 'length'), 'data: [DONE]\n\n'].join(''),
  },
];

const dialectOf = (path: string): ChatDialect => (path.startsWith('anthropic') ? anthropicMessages : openaiChat);
const optionsOf = (path: string): DecodeOptions => ({
  thinkTags: path.startsWith('perplexity'),
  reasoningOutsideOutput: path.startsWith('xai'),
});

const recordings = listRecordings('anthropic', 'openai', 'groq', 'mistral', 'deepseek', 'perplexity', 'xai').filter(
  (path) => path.startsWith('anthropic') || /\/(chat-)?(text|tool-call)\./.test(path),
);

describe.each(clients)('a client of $dialect.id', (client) => {
  /** A refusal is text in one grammar and a field of its own in the other. */
  const expected = (meaning: Meaning): Meaning => ({
    ...meaning,
    tokens: client.dialect.id === 'anthropic-messages' ? (meaning.tokens ?? { input: 0, output: 0 }) : meaning.tokens,
  });

  it.each(handWritten)('reads $name', ({ dialect, bytes, name }) => {
    const events = decodeBytes(dialect, [Buffer.from(bytes)]);

    const seen = client.readStream(encodeStream(client.dialect, events));

    if (name.includes('refuses')) {
      expect(encodeStream(client.dialect, events)).toContain('I cannot.');
      expect(seen.end).toBe(client.dialect === anthropicMessages ? 'filtered' : 'stop');
    } else {
      expect(seen).toEqual(expected(meaningOfEvents(events)));
    }
  });

  describe.skipIf(recordedDir === undefined)(`of recorded answers (${recordedDir === undefined ? noRecordings : 'replayed'})`, () => {
    it.each(recordings.filter((path) => path.endsWith('.chunks.txt')))('reads the stream %s', (path) => {
      const events = decodeBytes(dialectOf(path), [recordedStreamBytes(path)], optionsOf(path));

      expect(client.readStream(encodeStream(client.dialect, events))).toEqual(expected(meaningOfEvents(events)));
    });

    it.each(recordings.filter((path) => path.endsWith('.json')))('reads the answer %s', (path) => {
      const response = dialectOf(path).decodeResponse(parseJson(readRecording(path).toString()), optionsOf(path));
      const choice = response.choices[0];

      const seen = client.readWhole(client.dialect.encodeResponse(response, []));

      expect(seen).toEqual(expected(meaningOfParts(choice?.parts ?? [], choice?.finish ?? '', response.usage)));
    });
  });
});

const claude: EncodeTarget = { model: 'claude-x', maxOutputTokens: 64_000, traits: new Set() };
const gpt: EncodeTarget = { model: 'gpt-x', traits: new Set() };

/** The next request of a client that got `answer` and ran its tools. */
const nextOpenaiRequest = (answer: JsonObject, callIds: readonly string[]): JsonObject => ({
  model: 'm',
  messages: [
    { role: 'user', content: 'Weather?' },
    answer,
    ...callIds.map((id) => ({ role: 'tool', tool_call_id: id, content: `result of ${id}` })),
  ],
});
const nextAnthropicRequest = (content: readonly JsonObject[], callIds: readonly string[]): JsonObject => ({
  model: 'm',
  max_tokens: 100,
  messages: [
    { role: 'user', content: 'Weather?' },
    { role: 'assistant', content },
    { role: 'user', content: callIds.map((id) => ({ type: 'tool_result', tool_use_id: id, content: `result of ${id}` })) },
  ],
});

const signedAnswer = [
  { type: 'thinking', thinking: 'Two calls.', signature: 'c2lnbmF0dXJl' },
  { type: 'redacted_thinking', data: 'cmVkYWN0ZWQ=' },
  { type: 'text', text: 'Einen Moment 👋' },
  { type: 'tool_use', id: 'toolu_A', name: 'get', input: { city: 'Rom' } },
  { type: 'tool_use', id: 'toolu_B', name: 'list', input: {} },
];
const itsResults = [
  { type: 'tool_result', tool_use_id: 'toolu_A', content: 'result of toolu_A' },
  { type: 'tool_result', tool_use_id: 'toolu_B', content: 'result of toolu_B' },
];

describe('history that comes back through the other grammar', () => {
  it('keeps signatures, redacted thinking and tool ids of a streamed Messages answer shown to a chat client', () => {
    const events = decodeBytes(anthropicMessages, [Buffer.from(handWritten[0]?.bytes ?? '')]);
    const { message } = assembleCompletion(encodeStream(openaiChat, events));

    const { body, warnings } = anthropicMessages.encodeRequest(
      openaiChat.decodeRequest(nextOpenaiRequest(message as JsonObject, ['toolu_B', 'toolu_A'])),
      claude,
    );

    expect((body.messages as readonly JsonObject[]).slice(1)).toEqual([
      { role: 'assistant', content: signedAnswer },
      { role: 'user', content: itsResults },
    ]);
    expect(warnings).toEqual([]);
  });

  it('keeps them of a whole answer, too', () => {
    const wire = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-x',
      content: signedAnswer,
      stop_reason: 'tool_use',
      usage: { input_tokens: 1, output_tokens: 2 },
    };
    const shown = openaiChat.encodeResponse(anthropicMessages.decodeResponse(wire), []);
    const message = (shown.choices as readonly { message: JsonObject }[])[0]?.message ?? {};

    const { body } = anthropicMessages.encodeRequest(openaiChat.decodeRequest(nextOpenaiRequest(message, ['toolu_A', 'toolu_B'])), claude);

    expect((body.messages as readonly JsonObject[])[1]).toEqual({ role: 'assistant', content: signedAnswer });
  });

  it('keeps text and tool ids of a chat answer shown to a Messages client, and never sends its reasoning to Claude as signed', () => {
    const events = decodeBytes(openaiChat, [Buffer.from(handWritten[1]?.bytes ?? '')]);
    const { content } = assembleMessage(encodeStream(anthropicMessages, events));
    const next = anthropicMessages.decodeRequest(nextAnthropicRequest(content as readonly JsonObject[], ['call_A', 'call_B']));

    const back = openaiChat.encodeRequest(next, gpt).body;
    const toClaude = anthropicMessages.encodeRequest(next, claude);

    expect((back.messages as readonly JsonObject[]).slice(1)).toEqual([
      {
        role: 'assistant',
        content: 'Un instant',
        tool_calls: [
          { id: 'call_A', type: 'function', function: { name: 'get', arguments: '{"city":"Rome"}' } },
          { id: 'call_B', type: 'function', function: { name: 'list', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_A', content: 'result of call_A' },
      { role: 'tool', tool_call_id: 'call_B', content: 'result of call_B' },
    ]);
    expect(JSON.stringify(toClaude.body)).not.toContain('thinking');
    expect(toClaude.warnings).toMatchObject([{ field: 'messages[].reasoning', kind: 'dropped' }]);
  });
});

describe('a request that goes through the other grammar and back', () => {
  const mark = { cache_control: { type: 'ephemeral', ttl: '1h' } };
  const png = Buffer.from('\x89PNG\r\n\x1a\n0123456789', 'latin1').toString('base64');

  it('keeps tools, ids, results, images, system text and cache marks of a Messages request', () => {
    const body: JsonObject = {
      model: 'claude-x',
      max_tokens: 500,
      system: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'Use tools.', ...mark },
      ],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png }, ...mark },
          ],
        },
        { role: 'assistant', content: [{ type: 'text', text: 'Looking.' }, signedAnswer[3], signedAnswer[4]] as JsonObject[] },
        { role: 'user', content: [...itsResults, { type: 'text', text: 'And?', ...mark }] },
      ],
      tools: [{ name: 'get', description: 'Gets.', input_schema: { type: 'object', properties: { city: { type: 'string' } } }, ...mark }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      stop_sequences: ['END'],
      temperature: 0.5,
      metadata: { user_id: 'u1' },
    };

    const other = openaiChat.encodeRequest(anthropicMessages.decodeRequest(body), gpt);
    const back = anthropicMessages.encodeRequest(openaiChat.decodeRequest(other.body), claude);

    expect(back.body).toEqual(body);
    expect([...other.warnings, ...back.warnings]).toEqual([]);
  });

  it('keeps tools, ids, results, images, schema and cache marks of a chat request', () => {
    const body: JsonObject = {
      model: 'gpt-x',
      max_tokens: 500,
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?', ...mark },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
            { type: 'image_url', image_url: { url: 'https://x.example/a.png' } },
          ],
        },
        {
          role: 'assistant',
          content: 'Looking.',
          tool_calls: [
            { id: 'call_A', type: 'function', function: { name: 'get', arguments: '{"city":"Rome"}' } },
            { id: 'call_B', type: 'function', function: { name: 'list', arguments: '{}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_A', content: 'A' },
        { role: 'tool', tool_call_id: 'call_B', content: 'B' },
        { role: 'user', content: 'And?' },
      ],
      tools: [{ type: 'function', function: { name: 'get', description: 'Gets.', parameters: { type: 'object', properties: {} } } }],
      tool_choice: 'required',
      parallel_tool_calls: false,
      stop: ['END'],
      top_p: 0.5,
      user: 'u1',
    };

    const other = anthropicMessages.encodeRequest(openaiChat.decodeRequest(body), claude);
    const back = openaiChat.encodeRequest(anthropicMessages.decodeRequest(other.body), gpt);

    expect(back.body).toEqual(body);
    expect([...other.warnings, ...back.warnings]).toEqual([]);
  });
});

describe('what cannot cross', () => {
  it.each(clients)('is named in a warning for a $dialect.id client', ({ dialect }) => {
    const foreign = dialect === openaiChat ? 'anthropic-messages' : 'openai-chat';
    const response: ChatResponse = {
      id: 'x',
      model: 'm',
      created: 0,
      choices: [
        {
          index: 0,
          parts: [
            { type: 'opaque', dialect: foreign, wire: { type: 'server_tool_use' } },
            { type: 'text', text: 'x' },
          ],
          finish: 'stop',
        },
      ],
    };
    const warnings: Warning[] = [];

    dialect.encodeResponse(response, warnings);

    expect(warnings).toMatchObject([{ kind: 'dropped' }]);
  });
});
