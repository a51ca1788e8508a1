// Servers whose text models read string content only: an array of text parts becomes one string. Arrays with anything else stay.
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Reshape } from '../provider.ts';
import { editMessages, textOf } from './messages.ts';

export const flattenContent: Reshape = {
  name: 'flatten-content',
  members: ['messages'],
  when: ['"content":[', '"content": [', '"text"'],
  apply: (body) =>
    editMessages(body, (message) => (isTextOnly(message['content']) ? { ...message, content: textOf(message['content']) } : message)),
};

function isTextOnly(content: JsonValue | undefined): boolean {
  if (!Array.isArray(content)) return false;
  return (content as JsonValue[]).every((part) => isObject(part) && isPlainText(part));
}

function isPlainText(part: JsonObject): boolean {
  return part['type'] === 'text' && typeof part['text'] === 'string';
}
