// Upstreams of the matrix, written by hand from the vendors' references: how each reads a request and how it answers, whole and streamed.
import type { Any, Wire } from './clients.ts';
import { type Answer, inputTokens, outputTokens, RequestFacts, type Scenario } from './scenarios.ts';

export interface Frame {
  readonly event: string;
  readonly data: string;
}

export interface Upstream {
  /** Name and habits of the model that is asked. */
  readonly target: { readonly model: string; readonly traits: readonly string[] };
  /** What the grammar cannot carry at all; a loss of these must be warned of like any other. */
  readRequest(body: unknown): string[];
  /** Undefined: the grammar cannot answer this. */
  answer(answer: Answer): unknown;
  stream(answer: Answer): readonly Frame[];
  error(error: NonNullable<Scenario['error']>): { readonly body: unknown; readonly headers: Readonly<Record<string, string>> };
  /** Endings the grammar has no word for. */
  readonly lacks?: readonly Answer['end'][];
}

const data = (value: unknown, event = ''): Frame => ({ event, data: JSON.stringify(value) });
const typed = (value: { readonly type: string } & Wire): Frame => data(value, value.type);
const halves = (text: string): readonly string[] => [text.slice(0, Math.ceil(text.length / 2)), text.slice(Math.ceil(text.length / 2))];
const fresh = (answer: Answer): number => inputTokens - (answer.cachedInput ?? 0);
const parse = (text: string): unknown => JSON.parse(text) as unknown;
const fromDataUrl = (url: string): string => url.replace(/^data:image\/png;base64,/, '');

/** A text or a list of parts that hold texts, images and cache marks. */
function readParts(facts: RequestFacts, role: string, content: Any): void {
  if (typeof content === 'string') {
    if (content !== '') facts.add(`${role} ${content}`);
    return;
  }
  for (const part of content ?? []) {
    if (typeof part.text === 'string') facts.add(`${role} ${part.text}`);
    if (part.image_url !== undefined) facts.add(`image ${fromDataUrl(part.image_url.url ?? part.image_url)}`);
    if (part.cache_control !== undefined || part.cachePoint !== undefined) facts.add('mark');
  }
}

function readFunctionTools(facts: RequestFacts, tools: Any): void {
  for (const tool of tools ?? []) addTool(facts, (tool.function ?? tool).name, (tool.function ?? tool).parameters);
}

function addTool(facts: RequestFacts, name: string, parameters: unknown): void {
  facts.add(`tool ${name} ${JSON.stringify(sorted(parameters))}`);
}

function sorted(value: Any): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

/** The wanted member of the schema stands somewhere in this part of the body. */
function readSchema(facts: RequestFacts, where: unknown): void {
  if (JSON.stringify(where ?? '').includes('verdict')) facts.add('schema');
}

function readLimits(facts: RequestFacts, { stop, most, reasons }: { readonly stop: Any; readonly most: Any; readonly reasons: Any }): void {
  if (reasons !== undefined && reasons !== null) facts.add('reasons');
  for (const text of stop ?? []) facts.add(`stop ${text}`);
  if (most !== undefined) facts.add(`most ${most}`);
}

const openaiUsage = (answer: Answer): Wire => ({
  prompt_tokens: inputTokens,
  completion_tokens: outputTokens,
  total_tokens: inputTokens + outputTokens,
  prompt_tokens_details: { cached_tokens: answer.cachedInput ?? 0 },
});
const openaiEnds = { stop: 'stop', length: 'length', tools: 'tool_calls', refused: 'stop' } as const;

const chatUpstream: Upstream = {
  target: { model: 'gpt-x', traits: ['max-completion-tokens'] },
  readRequest(wire) {
    const body = wire as Any;
    const facts = new RequestFacts();
    readFunctionTools(facts, body.tools);
    readSchema(facts, body.response_format?.json_schema?.schema);
    readLimits(facts, { stop: body.stop, most: body.max_completion_tokens, reasons: body.reasoning_effort });
    for (const message of body.messages) {
      if (message.role === 'tool') facts.result(message.tool_call_id, message.content);
      else readParts(facts, message.role, message.content);
      for (const call of message.tool_calls ?? []) facts.call(call.id, call.function.name, parse(call.function.arguments));
    }
    return facts.list;
  },
  answer: (answer) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_767_225_600,
    model: 'gpt-x',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: answer.end === 'refused' ? null : (answer.text ?? null),
          refusal: answer.end === 'refused' ? answer.text : null,
          ...(answer.thought !== undefined && { reasoning_content: answer.thought }),
          ...(answer.calls !== undefined && {
            tool_calls: answer.calls.map(({ id, name, input }) => ({
              id,
              type: 'function',
              function: { name, arguments: JSON.stringify(input) },
            })),
          }),
        },
        finish_reason: openaiEnds[answer.end],
      },
    ],
    usage: openaiUsage(answer),
  }),
  stream(answer) {
    const chunk = (delta: Wire, finish: string | null = null): Frame =>
      data({
        id: 'chatcmpl-1',
        object: 'chat.completion.chunk',
        created: 1_767_225_600,
        model: 'gpt-x',
        choices: [{ index: 0, delta, finish_reason: finish }],
      });
    const spoken = answer.end === 'refused' ? 'refusal' : 'content';
    return [
      chunk({ role: 'assistant', content: '' }),
      ...(answer.thought === undefined ? [] : halves(answer.thought).map((piece) => chunk({ reasoning_content: piece }))),
      ...(answer.text === undefined ? [] : halves(answer.text).map((piece) => chunk({ [spoken]: piece }))),
      ...(answer.calls ?? []).flatMap(({ id, name, input }, index) => [
        chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
        ...halves(JSON.stringify(input)).map((piece) => chunk({ tool_calls: [{ index, function: { arguments: piece } }] })),
      ]),
      chunk({}, openaiEnds[answer.end]),
      data({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-x', choices: [], usage: openaiUsage(answer) }),
      { event: '', data: '[DONE]' },
    ];
  },
  error: ({ message }) => ({
    body: { error: { message, type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' } },
    headers: {},
  }),
};

const responsesUsage = (answer: Answer): Wire => ({
  input_tokens: inputTokens,
  input_tokens_details: { cached_tokens: answer.cachedInput ?? 0 },
  output_tokens: outputTokens,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: inputTokens + outputTokens,
});

function responseItems(answer: Answer): Wire[] {
  const content =
    answer.end === 'refused' ? { type: 'refusal', refusal: answer.text } : { type: 'output_text', text: answer.text, annotations: [] };
  return [
    ...(answer.thought === undefined ? [] : [{ type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: answer.thought }] }]),
    ...(answer.text === undefined ? [] : [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [content] }]),
    ...(answer.calls ?? []).map(({ id, name, input }) => ({
      type: 'function_call',
      id: `fc_${id}`,
      call_id: id,
      name,
      arguments: JSON.stringify(input),
      status: 'completed',
    })),
  ];
}

function responseBody(answer: Answer): Wire {
  const cut = answer.end === 'length';
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_767_225_600,
    model: 'gpt-x',
    status: cut ? 'incomplete' : 'completed',
    incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
    error: null,
    output: responseItems(answer),
    usage: responsesUsage(answer),
  };
}

const responsesUpstream: Upstream = {
  target: { model: 'gpt-x', traits: ['max-completion-tokens'] },
  readRequest(wire) {
    const body = wire as Any;
    const facts = new RequestFacts();
    readFunctionTools(facts, body.tools);
    readSchema(facts, body.text?.format?.schema);
    readLimits(facts, { stop: [], most: body.max_output_tokens, reasons: body.reasoning?.effort });
    if (typeof body.instructions === 'string') facts.add(`system ${body.instructions}`);
    const items = typeof body.input === 'string' ? [{ type: 'message', role: 'user', content: body.input }] : body.input;
    for (const item of items) {
      if (item.type === 'function_call') facts.call(item.call_id, item.name, parse(item.arguments));
      else if (item.type === 'function_call_output') facts.result(item.call_id, item.output);
      else readParts(facts, item.role === 'developer' ? 'system' : item.role, item.content);
    }
    return facts.list;
  },
  answer: responseBody,
  stream(answer) {
    let number = 0;
    const say = (type: string, members: Wire): Frame => {
      number += 1;
      return typed({ type, sequence_number: number - 1, ...members });
    };
    const begun = { ...responseBody(answer), status: 'in_progress', output: [], usage: null, incomplete_details: null };
    const frames: Frame[] = [say('response.created', { response: begun }), say('response.in_progress', { response: begun })];
    responseItems(answer).forEach((item: Any, at) => {
      const place = { output_index: at, item_id: item.id };
      const empty = item.type === 'function_call' ? { ...item, arguments: '' } : { ...item, content: [], summary: [] };
      frames.push(say('response.output_item.added', { output_index: at, item: empty }));
      if (item.type === 'reasoning') {
        const summary = { ...place, summary_index: 0 };
        frames.push(say('response.reasoning_summary_part.added', { ...summary, part: { type: 'summary_text', text: '' } }));
        for (const delta of halves(item.summary[0].text)) frames.push(say('response.reasoning_summary_text.delta', { ...summary, delta }));
        frames.push(say('response.reasoning_summary_text.done', { ...summary, text: item.summary[0].text }));
        frames.push(say('response.reasoning_summary_part.done', { ...summary, part: item.summary[0] }));
      } else if (item.type === 'function_call') {
        for (const delta of halves(item.arguments)) frames.push(say('response.function_call_arguments.delta', { ...place, delta }));
        frames.push(say('response.function_call_arguments.done', { ...place, arguments: item.arguments }));
      } else {
        const [part] = item.content;
        const kind = part.type === 'refusal' ? 'response.refusal' : 'response.output_text';
        const index = { ...place, content_index: 0 };
        const blank = part.type === 'refusal' ? { ...part, refusal: '' } : { ...part, text: '' };
        frames.push(say('response.content_part.added', { ...index, part: blank }));
        for (const delta of halves(part.text ?? part.refusal)) frames.push(say(`${kind}.delta`, { ...index, delta }));
        frames.push(say(`${kind}.done`, { ...index, ...(part.type === 'refusal' ? { refusal: part.refusal } : { text: part.text }) }));
        frames.push(say('response.content_part.done', { ...index, part }));
      }
      frames.push(say('response.output_item.done', { output_index: at, item }));
    });
    frames.push(say(answer.end === 'length' ? 'response.incomplete' : 'response.completed', { response: responseBody(answer) }));
    return frames;
  },
  error: ({ message }) => ({
    body: { error: { message, type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' } },
    headers: {},
  }),
};

const anthropicEnds = { stop: 'end_turn', length: 'max_tokens', tools: 'tool_use', refused: 'refusal' } as const;
const anthropicUsage = (answer: Answer): Wire => ({
  input_tokens: fresh(answer),
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: answer.cachedInput ?? 0,
  output_tokens: outputTokens,
});

const anthropicUpstream: Upstream = {
  target: { model: 'claude-x', traits: ['thinking-budget'] },
  readRequest(wire) {
    const body = wire as Any;
    const facts = new RequestFacts();
    const tools = (body.tools ?? []).filter((tool: Any) => !JSON.stringify(tool).includes('verdict'));
    for (const tool of tools) addTool(facts, tool.name, tool.input_schema);
    readSchema(facts, [body.tools, body.output_config, body.system]);
    const thinks = body.thinking?.type === 'disabled' ? undefined : body.thinking;
    readLimits(facts, { stop: body.stop_sequences, most: body.max_tokens, reasons: thinks });
    readParts(facts, 'system', body.system);
    for (const { role, content } of body.messages) {
      if (typeof content === 'string') facts.add(`${role} ${content}`);
      for (const block of typeof content === 'string' ? [] : content) {
        if (block.type === 'text') facts.add(`${role} ${block.text}`);
        if (block.type === 'image') facts.add(`image ${block.source.data}`);
        if (block.type === 'tool_use') facts.call(block.id, block.name, block.input);
        if (block.type === 'tool_result') facts.result(block.tool_use_id, plainText(block.content));
        if (block.cache_control !== undefined) facts.add('mark');
      }
    }
    return facts.list;
  },
  answer: (answer) => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-x',
    content: [
      ...(answer.thought === undefined ? [] : [{ type: 'thinking', thinking: answer.thought, signature: 'c2ln' }]),
      ...(answer.text === undefined ? [] : [{ type: 'text', text: answer.text }]),
      ...(answer.calls ?? []).map((call) => ({ type: 'tool_use', ...call })),
    ],
    stop_reason: anthropicEnds[answer.end],
    stop_sequence: null,
    usage: anthropicUsage(answer),
  }),
  stream(answer) {
    const frames: Frame[] = [];
    const block = (start: Wire, deltas: readonly Wire[]): void => {
      const index = frames.filter((frame) => frame.event === 'content_block_start').length;
      frames.push(typed({ type: 'content_block_start', index, content_block: start }));
      frames.push(...deltas.map((delta) => typed({ type: 'content_block_delta', index, delta })));
      frames.push(typed({ type: 'content_block_stop', index }));
    };
    const message = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-x',
      content: [],
      stop_reason: null,
      stop_sequence: null,
    };
    frames.push(typed({ type: 'message_start', message: { ...message, usage: { ...anthropicUsage(answer), output_tokens: 1 } } }));
    if (answer.thought !== undefined) {
      const thinking = halves(answer.thought).map((piece) => ({ type: 'thinking_delta', thinking: piece }));
      block({ type: 'thinking', thinking: '', signature: '' }, [...thinking, { type: 'signature_delta', signature: 'c2ln' }]);
    }
    if (answer.text !== undefined) {
      block(
        { type: 'text', text: '' },
        halves(answer.text).map((text) => ({ type: 'text_delta', text })),
      );
    }
    for (const { id, name, input } of answer.calls ?? []) {
      block(
        { type: 'tool_use', id, name, input: {} },
        halves(JSON.stringify(input)).map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
      );
    }
    frames.push(
      typed({
        type: 'message_delta',
        delta: { stop_reason: anthropicEnds[answer.end], stop_sequence: null },
        usage: anthropicUsage(answer),
      }),
    );
    frames.push(typed({ type: 'message_stop' }));
    return frames;
  },
  error: ({ message }) => ({ body: { type: 'error', error: { type: 'rate_limit_error', message } }, headers: {} }),
};

function plainText(content: Any): string {
  return typeof content === 'string' ? content : content.map((part: Any) => part.text ?? '').join('');
}

const geminiEnds = { stop: 'STOP', length: 'MAX_TOKENS', tools: 'STOP', refused: 'SAFETY' } as const;
const geminiUsage = (answer: Answer): Wire => ({
  promptTokenCount: inputTokens,
  ...(answer.cachedInput !== undefined && { cachedContentTokenCount: answer.cachedInput }),
  candidatesTokenCount: outputTokens,
  totalTokenCount: inputTokens + outputTokens,
});

function geminiChunk(answer: Answer, parts: readonly Wire[], end: string | undefined): Wire {
  return {
    responseId: 'gem-1',
    modelVersion: 'gemini-2.5-flash',
    candidates: [{ index: 0, content: { role: 'model', parts }, ...(end !== undefined && { finishReason: end }) }],
    usageMetadata: geminiUsage(answer),
  };
}

const geminiCall = ({ id, name, input }: NonNullable<Answer['calls']>[number]): Wire => ({ functionCall: { id, name, args: input } });

const geminiUpstream: Upstream = {
  target: { model: 'gemini-2.5-flash', traits: [] },
  readRequest(wire) {
    const body = wire as Any;
    const config = body.generationConfig ?? {};
    const facts = new RequestFacts();
    for (const tool of body.tools?.[0]?.functionDeclarations ?? []) {
      addTool(facts, tool.name, lowerTypes(tool.parameters ?? tool.parametersJsonSchema));
    }
    readSchema(facts, [config.responseSchema, config.responseJsonSchema]);
    readLimits(facts, { stop: config.stopSequences, most: config.maxOutputTokens, reasons: config.thinkingConfig });
    for (const part of body.systemInstruction?.parts ?? []) facts.add(`system ${part.text}`);
    for (const { role, parts } of body.contents) {
      for (const part of parts) {
        if (part.text !== undefined) facts.add(`${role === 'model' ? 'assistant' : role} ${part.text}`);
        if (part.inlineData !== undefined) facts.add(`image ${part.inlineData.data}`);
        if (part.functionCall !== undefined) facts.call(part.functionCall.id, part.functionCall.name, part.functionCall.args);
        if (part.functionResponse !== undefined) {
          const { id, response } = part.functionResponse;
          facts.result(id, String(response.result ?? response.output ?? response.content ?? JSON.stringify(response)));
        }
      }
    }
    return facts.list;
  },
  answer: (answer) =>
    geminiChunk(
      answer,
      [
        ...(answer.thought === undefined ? [] : [{ text: answer.thought, thought: true }]),
        ...(answer.text === undefined ? [] : [{ text: answer.text }]),
        ...(answer.calls ?? []).map(geminiCall),
      ],
      geminiEnds[answer.end],
    ),
  stream: (answer) => [
    ...(answer.thought === undefined ? [] : [data(geminiChunk(answer, [{ text: answer.thought, thought: true }], undefined))]),
    ...(answer.text === undefined ? [] : halves(answer.text).map((text) => data(geminiChunk(answer, [{ text }], undefined)))),
    ...(answer.calls ?? []).map((call) => data(geminiChunk(answer, [geminiCall(call)], undefined))),
    data(geminiChunk(answer, [{ text: '' }], geminiEnds[answer.end])),
  ],
  error: ({ status, message }) => ({ body: { error: { code: status, message, status: 'RESOURCE_EXHAUSTED' } }, headers: {} }),
};

/** `OBJECT` and `object` are the same to this grammar. */
function lowerTypes(schema: Any): unknown {
  if (Array.isArray(schema)) return schema.map(lowerTypes);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema as Wire).map(([key, value]) => [
      key,
      key === 'type' && typeof value === 'string' ? value.toLowerCase() : lowerTypes(value),
    ]),
  );
}

const bedrockEnds = { stop: 'end_turn', length: 'max_tokens', tools: 'tool_use', refused: 'content_filtered' } as const;
const bedrockUsage = (answer: Answer): Wire => ({
  inputTokens: fresh(answer),
  outputTokens,
  totalTokens: inputTokens + outputTokens,
  cacheReadInputTokens: answer.cachedInput ?? 0,
  cacheWriteInputTokens: 0,
});

const bedrockUpstream: Upstream = {
  target: { model: 'anthropic.claude-sonnet-4-5-20250929-v1:0', traits: ['thinking-budget'] },
  readRequest(wire) {
    const body = wire as Any;
    const facts = new RequestFacts();
    const tools = (body.toolConfig?.tools ?? []).filter(
      (tool: Any) => tool.toolSpec !== undefined && !JSON.stringify(tool).includes('verdict'),
    );
    for (const { toolSpec } of tools) addTool(facts, toolSpec.name, toolSpec.inputSchema.json);
    readSchema(facts, [body.toolConfig, body.outputConfig, body.additionalModelRequestFields, body.system]);
    const more = body.additionalModelRequestFields ?? {};
    readLimits(facts, {
      stop: body.inferenceConfig?.stopSequences,
      most: body.inferenceConfig?.maxTokens,
      reasons: more.thinking?.type === 'disabled' ? undefined : more.thinking,
    });
    readParts(facts, 'system', body.system);
    for (const { role, content } of body.messages) {
      for (const block of content) {
        if (block.text !== undefined) facts.add(`${role} ${block.text}`);
        if (block.image !== undefined) facts.add(`image ${block.image.source.bytes}`);
        if (block.toolUse !== undefined) facts.call(block.toolUse.toolUseId, block.toolUse.name, block.toolUse.input);
        if (block.toolResult !== undefined) {
          const [first] = block.toolResult.content;
          facts.result(block.toolResult.toolUseId, first.text ?? JSON.stringify(first.json));
        }
        if (block.cachePoint !== undefined) facts.add('mark');
      }
    }
    return facts.list;
  },
  answer: (answer) => ({
    output: {
      message: {
        role: 'assistant',
        content: [
          ...(answer.thought === undefined ? [] : [{ reasoningContent: { reasoningText: { text: answer.thought, signature: 'c2ln' } } }]),
          ...(answer.text === undefined ? [] : [{ text: answer.text }]),
          ...(answer.calls ?? []).map(({ id, name, input }) => ({ toolUse: { toolUseId: id, name, input } })),
        ],
      },
    },
    stopReason: bedrockEnds[answer.end],
    usage: bedrockUsage(answer),
    metrics: { latencyMs: 10 },
  }),
  stream(answer) {
    const frames: Frame[] = [data({ role: 'assistant' }, 'messageStart')];
    let index = -1;
    const block = (start: Wire | undefined, deltas: readonly Wire[]): void => {
      index += 1;
      if (start !== undefined) frames.push(data({ contentBlockIndex: index, start }, 'contentBlockStart'));
      frames.push(...deltas.map((delta) => data({ contentBlockIndex: index, delta }, 'contentBlockDelta')));
      frames.push(data({ contentBlockIndex: index }, 'contentBlockStop'));
    };
    if (answer.thought !== undefined) {
      block(undefined, [
        ...halves(answer.thought).map((text) => ({ reasoningContent: { text } })),
        { reasoningContent: { signature: 'c2ln' } },
      ]);
    }
    if (answer.text !== undefined) {
      block(
        undefined,
        halves(answer.text).map((text) => ({ text })),
      );
    }
    for (const { id, name, input } of answer.calls ?? []) {
      block(
        { toolUse: { toolUseId: id, name } },
        halves(JSON.stringify(input)).map((piece) => ({ toolUse: { input: piece } })),
      );
    }
    frames.push(data({ stopReason: bedrockEnds[answer.end] }, 'messageStop'));
    frames.push(data({ usage: bedrockUsage(answer), metrics: { latencyMs: 10 } }, 'metadata'));
    return frames;
  },
  error: ({ message }) => ({ body: { message }, headers: { 'x-amzn-errortype': 'ThrottlingException:http://internal' } }),
};

const cohereEnds = { stop: 'COMPLETE', length: 'MAX_TOKENS', tools: 'TOOL_CALL', refused: 'COMPLETE' } as const;
const cohereUsage = (answer: Answer): Wire => ({
  billed_units: { input_tokens: inputTokens - 100, output_tokens: outputTokens },
  tokens: { input_tokens: inputTokens, output_tokens: outputTokens },
  cached_tokens: answer.cachedInput ?? 0,
});

const cohereUpstream: Upstream = {
  target: { model: 'command-x', traits: [] },
  lacks: ['refused'],
  readRequest(wire) {
    const body = wire as Any;
    const facts = new RequestFacts();
    readFunctionTools(facts, body.tools);
    readSchema(facts, body.response_format?.json_schema);
    readLimits(facts, { stop: body.stop_sequences, most: body.max_tokens, reasons: body.thinking });
    for (const message of body.messages) {
      if (message.role === 'tool') facts.result(message.tool_call_id, message.content);
      else readParts(facts, message.role, message.content);
      for (const call of message.tool_calls ?? []) facts.call(call.id, call.function.name, parse(call.function.arguments));
    }
    return facts.list;
  },
  answer: (answer) => ({
    id: 'co-1',
    finish_reason: cohereEnds[answer.end],
    message: {
      role: 'assistant',
      content: [
        ...(answer.thought === undefined ? [] : [{ type: 'thinking', thinking: answer.thought }]),
        ...(answer.text === undefined ? [] : [{ type: 'text', text: answer.text }]),
      ],
      ...(answer.calls !== undefined && {
        tool_calls: answer.calls.map(({ id, name, input }) => ({
          id,
          type: 'function',
          function: { name, arguments: JSON.stringify(input) },
        })),
      }),
    },
    usage: cohereUsage(answer),
  }),
  stream(answer) {
    const frames: Frame[] = [typed({ type: 'message-start', id: 'co-1', delta: { message: { role: 'assistant' } } })];
    let index = -1;
    const block = (kind: 'text' | 'thinking', text: string): void => {
      index += 1;
      const say = (type: string, content: Wire): Frame => typed({ type, index, delta: { message: { content } } });
      frames.push(say('content-start', { type: kind, [kind]: '' }));
      frames.push(...halves(text).map((piece) => say('content-delta', { [kind]: piece })));
      frames.push(typed({ type: 'content-end', index }));
    };
    if (answer.thought !== undefined) block('thinking', answer.thought);
    if (answer.text !== undefined) block('text', answer.text);
    for (const [at, { id, name, input }] of (answer.calls ?? []).entries()) {
      const say = (type: string, call: Wire): Frame => typed({ type, index: at, delta: { message: { tool_calls: call } } });
      frames.push(say('tool-call-start', { id, type: 'function', function: { name, arguments: '' } }));
      frames.push(...halves(JSON.stringify(input)).map((piece) => say('tool-call-delta', { function: { arguments: piece } })));
      frames.push(typed({ type: 'tool-call-end', index: at }));
    }
    frames.push(typed({ type: 'message-end', delta: { finish_reason: cohereEnds[answer.end], usage: cohereUsage(answer) } }));
    return frames;
  },
  error: ({ message }) => ({ body: { id: 'err-1', message }, headers: {} }),
};

export const upstreams = {
  'openai-chat': chatUpstream,
  'openai-responses': responsesUpstream,
  'anthropic-messages': anthropicUpstream,
  gemini: geminiUpstream,
  'bedrock-converse': bedrockUpstream,
  'cohere-v2': cohereUpstream,
} as const satisfies Readonly<Record<string, Upstream>>;
