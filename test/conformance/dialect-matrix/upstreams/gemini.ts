// An upstream of Google's generateContent, by hand from the vendor's reference.
import type { Any, Wire } from '../clients/index.ts';
import { type Answer, inputTokens, outputTokens, RequestFacts } from '../scenarios.ts';
import { addTool, data, halves, readLimits, readSchema, type Upstream } from './upstream.ts';

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

export const geminiUpstream: Upstream = {
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
