// Clients of the matrix, written by hand from the vendors' references: what each sends for a scenario and what it reads in an answer.
import { type Scenario, stable, type Turn } from './scenarios.ts';

export type Wire = Record<string, unknown>;

export interface Client {
  /** Undefined: the grammar cannot ask this. */
  write(scenario: Scenario, stream: boolean): Wire;
  /** Facts that the grammar has no words for, in requests and answers. */
  readonly mute: RegExp;
  readWhole(body: unknown): string[];
  readStream(text: string): string[];
  /** The sentence of an error. */
  readError(body: unknown): string | undefined;
}

/** Loose reading: a missing member is undefined and shows as a missing fact. */
// eslint-disable-next-line typescript/no-explicit-any -- wire shapes are probed, not typed
export type Any = any;

const dataUrl = (image: string): string => `data:image/png;base64,${image}`;

interface Collected {
  thought: string;
  text: string;
  readonly calls: { id: string; name: string; input: string }[];
  end: string | undefined;
  tokens: readonly [number, number] | undefined;
  cached: number | undefined;
}

const nothing = (): Collected => ({ thought: '', text: '', calls: [], end: undefined, tokens: undefined, cached: undefined });

function toFacts(seen: Collected): string[] {
  return [
    ...(seen.thought === '' ? [] : [`thought ${seen.thought}`]),
    ...(seen.text === '' ? [] : [`text ${seen.text}`]),
    ...seen.calls.map((call) => `call ${call.id} ${call.name} ${stable(JSON.parse(call.input))}`),
    `end ${seen.end}`,
    ...(seen.tokens === undefined ? [] : [`tokens ${seen.tokens[0]} ${seen.tokens[1]}`]),
    ...(seen.cached === undefined || seen.cached === 0 ? [] : [`cached ${seen.cached}`]),
  ];
}

function sseData(text: string): Any[] {
  return text
    .split('\n\n')
    .flatMap((block) => block.split('\n').filter((line) => line.startsWith('data: ')))
    .map((line) => line.slice(6))
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as Any);
}

const openaiTools = (scenario: Scenario): Wire =>
  scenario.tools === undefined ? {} : { tools: scenario.tools.map((tool) => ({ type: 'function', function: tool })) };

const ends: Readonly<Record<string, string>> = { tool_calls: 'tools', content_filter: 'refused' };

const chatClient: Client = {
  mute: /^$/,
  write(scenario, stream) {
    const mark = { cache_control: { type: 'ephemeral' } };
    const turn = (one: Turn): Wire[] => {
      if (one.results !== undefined) return one.results.map((result) => ({ role: 'tool', tool_call_id: result.id, content: result.text }));
      const parts = [
        ...(one.text === undefined ? [] : [{ type: 'text', text: one.text, ...(one.marked === true && mark) }]),
        ...(one.image === undefined ? [] : [{ type: 'image_url', image_url: { url: dataUrl(one.image) } }]),
      ];
      const calls = one.calls?.map((call) => ({
        id: call.id,
        type: 'function',
        function: { name: call.name, arguments: JSON.stringify(call.input) },
      }));
      return [{ role: one.role, content: parts.length === 0 ? null : parts, ...(calls !== undefined && { tool_calls: calls }) }];
    };
    const system = { role: 'system', content: [{ type: 'text', text: scenario.system, ...(scenario.markedSystem === true && mark) }] };
    return {
      model: 'm',
      messages: [...(scenario.system === undefined ? [] : [system]), ...scenario.turns.flatMap(turn)],
      max_tokens: scenario.maxTokens ?? 4000,
      ...openaiTools(scenario),
      ...(scenario.schema !== undefined && {
        response_format: { type: 'json_schema', json_schema: { name: 'verdict', schema: scenario.schema, strict: true } },
      }),
      ...(scenario.reasons === true && { reasoning_effort: 'low' }),
      ...(scenario.stop !== undefined && { stop: scenario.stop }),
      ...(stream && { stream: true, stream_options: { include_usage: true } }),
    };
  },
  readWhole(body) {
    const { choices, usage } = body as Any;
    const { message, finish_reason: finish } = choices[0];
    const seen = nothing();
    seen.thought = message.reasoning_content ?? '';
    seen.text = (message.content ?? '') + (message.refusal ?? '');
    seen.end = message.refusal ? 'refused' : (ends[finish] ?? finish);
    for (const call of message.tool_calls ?? []) seen.calls.push({ id: call.id, ...named(call.function) });
    chatUsage(seen, usage);
    return toFacts(seen);
  },
  readStream(text) {
    const seen = nothing();
    let refused = false;
    for (const chunk of sseData(text)) {
      if (chunk.usage) chatUsage(seen, chunk.usage);
      for (const { delta, finish_reason: finish } of chunk.choices) {
        seen.thought += delta.reasoning_content ?? '';
        seen.text += (delta.content ?? '') + (delta.refusal ?? '');
        refused ||= typeof delta.refusal === 'string';
        for (const call of delta.tool_calls ?? []) {
          const known = (seen.calls[call.index] ??= { id: call.id, name: call.function.name, input: '' });
          known.input += call.function.arguments;
        }
        if (finish) seen.end = refused ? 'refused' : (ends[finish] ?? finish);
      }
    }
    return toFacts(seen);
  },
  readError: (body) => (body as Any).error?.message,
};

const named = (wire: Any): { name: string; input: string } => ({ name: wire.name, input: wire.arguments });

function chatUsage(seen: Collected, usage: Any): void {
  seen.tokens = [usage.prompt_tokens, usage.completion_tokens];
  seen.cached = usage.prompt_tokens_details?.cached_tokens;
}

const responsesClient: Client = {
  // No stop sequences, no cache marks.
  mute: /^(stop |mark)/,
  write(scenario, stream) {
    const turn = (one: Turn): Wire[] => {
      if (one.results !== undefined)
        return one.results.map((result) => ({ type: 'function_call_output', call_id: result.id, output: result.text }));
      const content = [
        ...(one.text === undefined ? [] : [{ type: one.role === 'assistant' ? 'output_text' : 'input_text', text: one.text }]),
        ...(one.image === undefined ? [] : [{ type: 'input_image', image_url: dataUrl(one.image) }]),
      ];
      return [
        ...(content.length === 0 ? [] : [{ type: 'message', role: one.role, content }]),
        ...(one.calls ?? []).map((call) => ({
          type: 'function_call',
          call_id: call.id,
          name: call.name,
          arguments: JSON.stringify(call.input),
        })),
      ];
    };
    return {
      model: 'm',
      input: scenario.turns.flatMap(turn),
      ...(scenario.system !== undefined && { instructions: scenario.system }),
      max_output_tokens: scenario.maxTokens ?? 4000,
      ...(scenario.tools !== undefined && { tools: scenario.tools.map((tool) => ({ type: 'function', ...tool })) }),
      ...(scenario.schema !== undefined && {
        text: { format: { type: 'json_schema', name: 'verdict', schema: scenario.schema, strict: true } },
      }),
      ...(scenario.reasons === true && { reasoning: { effort: 'low', summary: 'auto' } }),
      store: false,
      ...(stream && { stream: true }),
    };
  },
  readWhole: (body) => toFacts(readResponse(body)),
  readStream(text) {
    const events = sseData(text);
    const last = events.at(-1);
    const seen = nothing();
    const calls = new Map<number, { id: string; name: string; input: string }>();
    let refused = false;
    for (const event of events) {
      switch (event.type) {
        case 'response.output_text.delta':
          seen.text += event.delta;
          break;
        case 'response.refusal.delta':
          refused = true;
          seen.text += event.delta;
          break;
        case 'response.reasoning_summary_text.delta':
        case 'response.reasoning_text.delta':
          seen.thought += event.delta;
          break;
        case 'response.output_item.added':
          if (event.item.type === 'function_call')
            calls.set(event.output_index, { id: event.item.call_id, name: event.item.name, input: '' });
          break;
        case 'response.function_call_arguments.delta': {
          const call = calls.get(event.output_index);
          if (call !== undefined) call.input += event.delta;
          break;
        }
      }
    }
    seen.calls.push(...calls.values());
    const whole = readResponse(last.response);
    seen.end = refused ? 'refused' : whole.end;
    seen.tokens = whole.tokens;
    seen.cached = whole.cached;
    return toFacts(seen);
  },
  readError: (body) => (body as Any).error?.message,
};

function readResponse(body: Any): Collected {
  const seen = nothing();
  let refused = false;
  for (const item of body.output) {
    if (item.type === 'reasoning')
      seen.thought += [...(item.summary ?? []), ...(item.content ?? [])].map((part: Any) => part.text).join('');
    if (item.type === 'function_call') seen.calls.push({ id: item.call_id, ...named(item) });
    for (const part of item.type === 'message' ? item.content : []) {
      refused ||= part.type === 'refusal';
      seen.text += part.text ?? part.refusal;
    }
  }
  const reason = body.incomplete_details?.reason;
  seen.end =
    refused || reason === 'content_filter'
      ? 'refused'
      : reason === 'max_output_tokens'
        ? 'length'
        : seen.calls.length > 0
          ? 'tools'
          : 'stop';
  seen.tokens = [body.usage.input_tokens, body.usage.output_tokens];
  seen.cached = body.usage.input_tokens_details?.cached_tokens;
  return seen;
}

const anthropicEnds: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_use: 'tools',
  refusal: 'refused',
};

const messagesClient: Client = {
  mute: /^$/,
  write(scenario, stream) {
    const mark = { cache_control: { type: 'ephemeral' } };
    const turn = (one: Turn): Wire => ({
      role: one.role === 'assistant' ? 'assistant' : 'user',
      content: [
        ...(one.text === undefined ? [] : [{ type: 'text', text: one.text, ...(one.marked === true && mark) }]),
        ...(one.image === undefined ? [] : [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: one.image } }]),
        ...(one.calls ?? []).map((call) => ({ type: 'tool_use', id: call.id, name: call.name, input: call.input })),
        ...(one.results ?? []).map((result) => ({ type: 'tool_result', tool_use_id: result.id, content: result.text })),
      ],
    });
    const marked = scenario.markedSystem === true && mark;
    return {
      model: 'm',
      max_tokens: scenario.maxTokens ?? 4000,
      ...(scenario.system !== undefined && { system: [{ type: 'text', text: scenario.system, ...marked }] }),
      messages: scenario.turns.map(turn),
      ...(scenario.tools !== undefined && {
        tools: scenario.tools.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters })),
      }),
      ...(scenario.schema !== undefined && { output_config: { format: { type: 'json_schema', schema: scenario.schema } } }),
      ...(scenario.reasons === true && { thinking: { type: 'enabled', budget_tokens: 2048 } }),
      ...(scenario.stop !== undefined && { stop_sequences: scenario.stop }),
      ...(stream && { stream: true }),
    };
  },
  readWhole(body) {
    const message = body as Any;
    const seen = nothing();
    for (const block of message.content) {
      seen.thought += block.thinking ?? '';
      seen.text += block.text ?? '';
      if (block.type === 'tool_use') seen.calls.push({ id: block.id, name: block.name, input: JSON.stringify(block.input) });
    }
    seen.end = anthropicEnds[message.stop_reason] ?? message.stop_reason;
    anthropicUsage(seen, message.usage);
    return toFacts(seen);
  },
  readStream(text) {
    const seen = nothing();
    for (const event of sseData(text)) {
      if (event.type === 'content_block_start' && event.content_block.type === 'tool_use') {
        seen.calls.push({ id: event.content_block.id, name: event.content_block.name, input: '' });
      }
      if (event.type === 'content_block_delta') {
        seen.thought += event.delta.thinking ?? '';
        seen.text += event.delta.text ?? '';
        const call = seen.calls.at(-1);
        if (event.delta.type === 'input_json_delta' && call !== undefined) call.input += event.delta.partial_json;
      }
      if (event.type === 'message_delta') {
        seen.end = anthropicEnds[event.delta.stop_reason] ?? event.delta.stop_reason;
        anthropicUsage(seen, event.usage);
      }
    }
    return toFacts(seen);
  },
  readError: (body) => (body as Any).error?.message,
};

function anthropicUsage(seen: Collected, usage: Any): void {
  seen.cached = usage.cache_read_input_tokens;
  seen.tokens = [usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens, usage.output_tokens];
}

const geminiEnds: Readonly<Record<string, string>> = { STOP: 'stop', MAX_TOKENS: 'length' };

const geminiClient: Client = {
  // No cache marks; an answer with calls ends with STOP.
  mute: /^mark/,
  write(scenario) {
    const turn = (one: Turn): Wire => ({
      role: one.role === 'assistant' ? 'model' : 'user',
      parts: [
        ...(one.text === undefined ? [] : [{ text: one.text }]),
        ...(one.image === undefined ? [] : [{ inlineData: { mimeType: 'image/png', data: one.image } }]),
        ...(one.calls ?? []).map((call) => ({ functionCall: { id: call.id, name: call.name, args: call.input } })),
        ...(one.results ?? []).map(({ id, name, text }) => ({ functionResponse: { id, name, response: { output: text } } })),
      ],
    });
    return {
      contents: scenario.turns.map(turn),
      ...(scenario.system !== undefined && { systemInstruction: { parts: [{ text: scenario.system }] } }),
      ...(scenario.tools !== undefined && { tools: [{ functionDeclarations: scenario.tools }] }),
      generationConfig: {
        maxOutputTokens: scenario.maxTokens ?? 4000,
        ...(scenario.schema !== undefined && { responseMimeType: 'application/json', responseJsonSchema: scenario.schema }),
        ...(scenario.reasons === true && { thinkingConfig: { thinkingBudget: 2048, includeThoughts: true } }),
        ...(scenario.stop !== undefined && { stopSequences: scenario.stop }),
      },
    };
  },
  readWhole: (body) => readGemini([body]),
  readStream: (text) => readGemini(sseData(text)),
  readError: (body) => (body as Any).error?.message,
};

function readGemini(chunks: readonly Any[]): string[] {
  const seen = nothing();
  for (const chunk of chunks) {
    const candidate = chunk.candidates?.[0];
    for (const part of candidate?.content?.parts ?? []) {
      if (part.thought === true) seen.thought += part.text ?? '';
      else seen.text += part.text ?? '';
      const call = part.functionCall;
      if (call !== undefined) seen.calls.push({ id: call.id, name: call.name, input: JSON.stringify(call.args ?? {}) });
    }
    const reason = candidate?.finishReason;
    if (reason) seen.end = reason === 'STOP' && seen.calls.length > 0 ? 'tools' : (geminiEnds[reason] ?? 'refused');
    const usage = chunk.usageMetadata;
    if (usage) {
      seen.tokens = [usage.promptTokenCount, (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0)];
      seen.cached = usage.cachedContentTokenCount;
    }
  }
  return toFacts(seen);
}

const cohereEnds: Readonly<Record<string, string>> = { COMPLETE: 'stop', STOP_SEQUENCE: 'stop', MAX_TOKENS: 'length', TOOL_CALL: 'tools' };

const cohereClient: Client = {
  // No cache marks.
  mute: /^mark/,
  write(scenario, stream) {
    const turn = (one: Turn): Wire[] => {
      if (one.results !== undefined) return one.results.map((result) => ({ role: 'tool', tool_call_id: result.id, content: result.text }));
      if (one.calls !== undefined) {
        const calls = one.calls.map((call) => ({
          id: call.id,
          type: 'function',
          function: { name: call.name, arguments: JSON.stringify(call.input) },
        }));
        return [{ role: 'assistant', tool_calls: calls }];
      }
      const image = one.image === undefined ? [] : [{ type: 'image_url', image_url: { url: dataUrl(one.image) } }];
      return [{ role: one.role, content: [{ type: 'text', text: one.text }, ...image] }];
    };
    return {
      model: 'm',
      messages: [...(scenario.system === undefined ? [] : [{ role: 'system', content: scenario.system }]), ...scenario.turns.flatMap(turn)],
      max_tokens: scenario.maxTokens ?? 4000,
      ...openaiTools(scenario),
      ...(scenario.schema !== undefined && { response_format: { type: 'json_object', json_schema: scenario.schema } }),
      ...(scenario.reasons === true && { thinking: { type: 'enabled', token_budget: 2048 } }),
      ...(scenario.stop !== undefined && { stop_sequences: scenario.stop }),
      ...(stream && { stream: true }),
    };
  },
  readWhole(body) {
    const { message, finish_reason: finish, usage } = body as Any;
    const seen = nothing();
    for (const part of message.content ?? []) {
      seen.thought += part.thinking ?? '';
      seen.text += part.text ?? '';
    }
    for (const call of message.tool_calls ?? []) seen.calls.push({ id: call.id, ...named(call.function) });
    seen.end = cohereEnds[finish] ?? finish;
    cohereUsage(seen, usage);
    return toFacts(seen);
  },
  readStream(text) {
    const seen = nothing();
    for (const { type, index, delta } of sseData(text)) {
      if (type === 'content-delta') {
        seen.thought += delta.message.content.thinking ?? '';
        seen.text += delta.message.content.text ?? '';
      }
      if (type === 'tool-call-start') {
        const call = delta.message.tool_calls;
        seen.calls[index] = { id: call.id, ...named(call.function) };
      }
      if (type === 'tool-call-delta') {
        const call = seen.calls[index];
        if (call !== undefined) call.input += delta.message.tool_calls.function.arguments;
      }
      if (type === 'message-end') {
        seen.end = cohereEnds[delta.finish_reason] ?? delta.finish_reason;
        cohereUsage(seen, delta.usage);
      }
    }
    return toFacts(seen);
  },
  readError: (body) => (body as Any).message,
};

function cohereUsage(seen: Collected, usage: Any): void {
  seen.tokens = [usage.tokens.input_tokens, usage.tokens.output_tokens];
  seen.cached = usage.cached_tokens;
}

const ollamaClient: Client = {
  // No cache marks and no cached tokens; an answer with calls ends with stop.
  mute: /^(mark|cached )/,
  write(scenario, stream) {
    const turn = (one: Turn): Wire[] => {
      if (one.results !== undefined)
        return one.results.map(({ id, name, text }) => ({ role: 'tool', tool_call_id: id, tool_name: name, content: text }));
      const calls = one.calls?.map((call) => ({ id: call.id, function: { name: call.name, arguments: call.input } }));
      return [
        {
          role: one.role,
          content: one.text ?? '',
          ...(one.image !== undefined && { images: [one.image] }),
          ...(calls !== undefined && { tool_calls: calls }),
        },
      ];
    };
    return {
      model: 'm',
      messages: [...(scenario.system === undefined ? [] : [{ role: 'system', content: scenario.system }]), ...scenario.turns.flatMap(turn)],
      options: { num_predict: scenario.maxTokens ?? 4000, ...(scenario.stop !== undefined && { stop: scenario.stop }) },
      ...openaiTools(scenario),
      ...(scenario.schema !== undefined && { format: scenario.schema }),
      ...(scenario.reasons === true && { think: 'low' }),
      stream,
    };
  },
  readWhole: (body) => readOllama([body]),
  readStream: (text) =>
    readOllama(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Any),
    ),
  readError: (body) => (body as Any).error,
};

function readOllama(lines: readonly Any[]): string[] {
  const seen = nothing();
  for (const line of lines) {
    seen.thought += line.message.thinking ?? '';
    seen.text += line.message.content;
    for (const call of line.message.tool_calls ?? []) {
      seen.calls.push({ id: call.id, name: call.function.name, input: JSON.stringify(call.function.arguments) });
    }
    if (line.done !== true) continue;
    seen.end = line.done_reason === 'stop' && seen.calls.length > 0 ? 'tools' : line.done_reason;
    seen.tokens = [line.prompt_eval_count, line.eval_count];
  }
  return toFacts(seen);
}

export const clients = {
  'openai-chat': chatClient,
  'openai-responses': responsesClient,
  'anthropic-messages': messagesClient,
  gemini: geminiClient,
  'cohere-v2': cohereClient,
  ollama: ollamaClient,
} as const satisfies Readonly<Record<string, Client>>;
