// Canonical messages → `messages` and `documents` for the provider. Tool results become messages of their own, directly after the
// turn that asked for them.
import type { Message, Part } from '../../canonical/chat.ts';
import type { JsonObject } from '../../core/json.ts';
import type { WarningList } from '../anthropic-messages/warning-list.ts';
import type { ToolNames } from '../openai-chat/tool-names.ts';

export interface MessageContext {
  readonly names: ToolNames;
  readonly warnings: WarningList;
}

export interface EncodedMessages {
  readonly messages: JsonObject[];
  /** Text files of the conversation: the grammar keeps them beside the messages and cites them. */
  readonly documents: JsonObject[];
}

interface Draft extends MessageContext, EncodedMessages {}

export function encodeMessages(messages: readonly Message[], context: MessageContext): EncodedMessages {
  const draft: Draft = { ...context, messages: [], documents: [] };
  // What stands between two turns of the assistant.
  let between: Message[] = [];
  const flush = (): void => {
    for (const message of between) encodeResults(message, draft);
    for (const message of between) encodeOther(message, draft);
    between = [];
  };
  for (const message of messages) {
    if (message.name !== undefined) draft.warnings.dropped('messages[].name', 'the dialect has no participant names');
    if (message.role !== 'assistant') {
      between.push(message);
      continue;
    }
    flush();
    encodeAssistant(message, draft);
  }
  flush();
  return { messages: draft.messages, documents: draft.documents };
}

function encodeResults(message: Message, draft: Draft): void {
  for (const part of message.parts) {
    if (part.type !== 'tool-result') continue;
    noteCache(part, draft);
    const texts = part.parts.flatMap((inner) => {
      noteCache(inner, draft);
      if (inner.type === 'text' || inner.type === 'refusal') return [inner.text];
      const file = inner.type === 'file' ? readTextFile(inner) : undefined;
      if (file !== undefined) return [file];
      draft.warnings.dropped('messages', `${describe(inner)} inside a tool result cannot be sent to this provider`);
      return [];
    });
    const text = texts.join('\n');
    draft.messages.push({ role: 'tool', tool_call_id: part.callId, content: part.isError === true ? `Error: ${text}` : text });
  }
}

function encodeOther(message: Message, draft: Draft): void {
  const parts = message.parts.filter((part) => part.type !== 'tool-result');
  if (parts.length === 0 && message.parts.length > 0) return;
  const content = parts.flatMap((part) => encodePart(part, message, draft));
  // Everything in it was said elsewhere or dropped; an empty message would be refused.
  if (content.length === 0 && parts.length > 0) return;
  draft.messages.push({ role: message.role === 'system' ? 'system' : 'user', content: shorten(content) });
}

/** A plain string where nothing needs a list: the form every model of the provider takes. */
function shorten(content: readonly JsonObject[]): string | readonly JsonObject[] {
  const [only] = content;
  if (only === undefined) return '';
  return content.length === 1 && only.type === 'text' ? String(only.text) : content;
}

function encodePart(part: Part, message: Message, draft: Draft): JsonObject[] {
  noteCache(part, draft);
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }];
    case 'image':
      return message.role === 'user' ? encodeImage(part, draft) : dropped(part, draft);
    case 'file': {
      const text = readTextFile(part);
      if (text === undefined) return dropped(part, draft);
      const id = part.filename;
      draft.documents.push({ ...(id !== undefined && { id: uniqueId(id, draft.documents) }), data: { text } });
      return [];
    }
    case 'opaque':
      return part.dialect === 'cohere-v2' ? [part.wire] : dropped(part, draft);
    case 'reasoning':
    case 'audio':
    case 'tool-call':
    case 'tool-result':
      return dropped(part, draft);
  }
}

function encodeImage(part: Extract<Part, { type: 'image' }>, draft: Draft): JsonObject[] {
  const { source, detail } = part;
  if (source.kind === 'file-id') return dropped(part, draft);
  const url = source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`;
  return [{ type: 'image_url', image_url: { url, ...(detail !== undefined && { detail }) } }];
}

function readTextFile({ source }: Extract<Part, { type: 'file' }>): string | undefined {
  if (source.kind !== 'base64' || !(source.mediaType.startsWith('text/') || source.mediaType === 'application/json')) return undefined;
  return Buffer.from(source.data, 'base64').toString('utf8');
}

/** Citations name documents by id, so no two may share one. */
function uniqueId(id: string, documents: readonly JsonObject[]): string {
  let candidate = id;
  for (let number = 2; documents.some((document) => document.id === candidate); number += 1) candidate = `${id}-${number}`;
  return candidate;
}

function dropped(part: Part, { warnings }: Draft): JsonObject[] {
  const field = part.type === 'opaque' && typeof part.wire.type === 'string' ? `messages.content.${part.wire.type}` : 'messages';
  warnings.dropped(field, `${describe(part)} cannot be sent to this provider`);
  return [];
}

function describe(part: Part): string {
  switch (part.type) {
    case 'image':
      return part.source.kind === 'file-id' ? 'an image named by a file id' : 'an image here';
    case 'file':
      return 'a file that is not plain text';
    case 'opaque':
      return `a block that only ${part.dialect} understands`;
    default:
      return part.type;
  }
}

function noteCache(part: Part, { warnings }: Draft): void {
  if ('cache' in part && part.cache !== undefined) {
    warnings.dropped('cache_control', 'the provider caches prompts by itself and takes no marks');
  }
}

/** A turn with tool calls has no content; what was said before the calls is their plan. */
function encodeAssistant(message: Message, draft: Draft): void {
  for (const part of message.parts) noteCache(part, draft);
  const calls = message.parts.filter((part) => part.type === 'tool-call');
  const spoken = message.parts.flatMap((part): JsonObject[] => {
    switch (part.type) {
      case 'text':
      case 'refusal':
        return part.text === '' ? [] : [{ type: 'text', text: part.text }];
      case 'reasoning':
        return encodeReasoning(part, draft);
      case 'opaque':
        // Citations are written anew with every answer.
        return part.dialect === 'cohere-v2' ? [] : dropped(part, draft);
      case 'tool-call':
        return [];
      default:
        return dropped(part, draft);
    }
  });
  if (calls.length === 0) {
    // A turn of which nothing is left would be refused.
    if (spoken.length > 0) draft.messages.push({ role: 'assistant', content: shorten(spoken) });
    return;
  }
  const plan = spoken.map((wire) => String(wire.thinking ?? wire.text)).join('\n');
  if (spoken.some((wire) => wire.type === 'text')) {
    draft.warnings.changed('messages', 'text beside tool calls was sent as their plan (tool_plan)');
  }
  draft.messages.push({
    role: 'assistant',
    ...(plan !== '' && { tool_plan: plan }),
    tool_calls: calls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: draft.names.toWire(call.name), arguments: call.arguments === '' ? '{}' : call.arguments },
    })),
  });
}

/** Thinking goes back only to the family that thought it. */
function encodeReasoning(part: Extract<Part, { type: 'reasoning' }>, { warnings }: Draft): JsonObject[] {
  if (part.origin === 'cohere-v2' && part.text !== '') return [{ type: 'thinking', thinking: part.text }];
  warnings.dropped('messages', 'reasoning of another provider is not sent to this one');
  return [];
}
