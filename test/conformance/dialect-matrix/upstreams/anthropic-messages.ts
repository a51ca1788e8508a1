// An upstream of Anthropic's Messages, by hand from the vendor's reference.
import type { Any, Wire } from '../clients/index.ts';
import { type Answer, outputTokens, RequestFacts } from '../scenarios.ts';
import { addTool, type Frame, fresh, halves, readLimits, readParts, readSchema, typed, type Upstream } from './upstream.ts';

const anthropicEnds = { stop: 'end_turn', length: 'max_tokens', tools: 'tool_use', refused: 'refusal' } as const;
const anthropicUsage = (answer: Answer): Wire => ({
  input_tokens: fresh(answer),
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: answer.cachedInput ?? 0,
  output_tokens: outputTokens,
});

export const anthropicUpstream: Upstream = {
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
