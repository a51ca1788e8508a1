// A client of Google's generateContent, by hand from the vendor's reference.
import type { Turn } from '../scenarios.ts';
import { type Any, type Client, nothing, sseData, toFacts, type Wire } from './client.ts';

const geminiEnds: Readonly<Record<string, string>> = { STOP: 'stop', MAX_TOKENS: 'length' };

export const geminiClient: Client = {
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
