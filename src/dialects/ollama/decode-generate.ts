// `POST /api/generate` → canonical: a lone prompt, asked as a chat of one turn.
import type { ChatRequest, Message, Part } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import type { JsonObject } from '../../core/json.ts';
import { readBoolean, readString } from '../openai-chat/fields.ts';
import { decodeShared, readImages, readModel, warnOfTheRest } from './options.ts';

const understood: ReadonlySet<string> = new Set([
  'model',
  'name',
  'prompt',
  'system',
  'images',
  'format',
  'think',
  'options',
  'stream',
  'raw',
]);

export function decodeGenerate(body: JsonObject, warnings: Warning[] = []): ChatRequest {
  const system = readString(body, 'system') ?? '';
  const prompt = readString(body, 'prompt') ?? '';
  const parts: Part[] = [...(prompt === '' ? [] : [{ type: 'text' as const, text: prompt }]), ...readImages(body, '')];
  const messages: Message[] = [...(system === '' ? [] : [{ role: 'system' as const, parts: [{ type: 'text' as const, text: system }] }])];
  messages.push({ role: 'user', parts });
  if (readBoolean(body, 'raw') === true) {
    warnings.push({
      field: 'raw',
      kind: 'changed',
      message: 'the prompt is sent as a chat message; no other provider takes text without its template',
    });
  }
  warnOfTheRest(body, understood, warnings);
  return { dialect: 'ollama', model: readModel(body), messages, includeUsage: true, ...decodeShared(body) };
}
