// Canonical answer → the GenerateContentResponse that the vendor's SDKs read.
import type { ChatResponse, Choice } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import type { JsonObject, MutableJson } from '../../core/json.ts';
import { encodeAnswerPart } from './answer-part.ts';
import { encodeFinish } from './finish.ts';
import { encodeUsage } from './usage.ts';

export function encodeResponse(response: ChatResponse, warnings: Warning[]): JsonObject {
  const body: MutableJson = {
    ...response.extensions?.gemini,
    candidates: response.choices.map((choice) => encodeChoice(choice, warnings)),
    ...(response.usage !== undefined && { usageMetadata: encodeUsage(response.usage) }),
    ...(response.model !== '' && { modelVersion: response.model }),
    responseId: response.id,
  };
  return body as JsonObject;
}

function encodeChoice(choice: Choice, warnings: Warning[]): MutableJson {
  const side: MutableJson = {};
  const parts = choice.parts.map((part) => encodeAnswerPart(part, side, warnings)).filter((part) => part !== undefined);
  if ((choice.annotations?.length ?? 0) > 0) {
    warnings.push({ field: 'annotations', kind: 'dropped', message: 'annotations of another provider have no form in this dialect' });
  }
  return { content: { parts, role: 'model' }, finishReason: encodeFinish(choice.finish), index: choice.index, ...side };
}
