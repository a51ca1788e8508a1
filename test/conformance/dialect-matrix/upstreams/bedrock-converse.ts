// An upstream of Amazon Bedrock's Converse, by hand from the vendor's reference.
import type { Any, Wire } from '../clients/index.ts';
import { type Answer, inputTokens, outputTokens, RequestFacts } from '../scenarios.ts';
import { addTool, data, type Frame, fresh, halves, readLimits, readParts, readSchema, type Upstream } from './upstream.ts';

const bedrockEnds = { stop: 'end_turn', length: 'max_tokens', tools: 'tool_use', refused: 'content_filtered' } as const;
const bedrockUsage = (answer: Answer): Wire => ({
  inputTokens: fresh(answer),
  outputTokens,
  totalTokens: inputTokens + outputTokens,
  cacheReadInputTokens: answer.cachedInput ?? 0,
  cacheWriteInputTokens: 0,
});

export const bedrockUpstream: Upstream = {
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
