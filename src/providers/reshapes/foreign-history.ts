// A conversation that another provider (or this gateway) answered carries members that strict servers refuse: reasoning in its
// several spellings, cache marks, LiteLLM's extras. Moving on must not end in a 400, so they are removed, with one warning a kind.
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Reshape } from '../provider.ts';
import { editMessages, without } from './messages.ts';

const cacheMark = 'cache_control';
const foreign = ['reasoning_content', 'reasoning_details', 'thinking_blocks', 'provider_specific_fields', cacheMark];

export interface HistoryRules {
  /** The provider's own member for earlier reasoning; `reasoning_content` is sent under this name instead of being dropped. */
  readonly reasoningAs?: string;
}

/** Strips what no OpenAI-strict server knows from messages, parts and tools. */
export function strictHistory(rules: HistoryRules = {}): Reshape {
  return {
    name: 'foreign-history',
    members: ['messages', 'tools'],
    when: { keys: foreign },
    apply(body, { warn }) {
      const dropped = new Set<string>();
      editMessages(body, (message) => strictMessage(renameReasoning(message, rules.reasoningAs), dropped));
      const tools = body['tools'];
      if (Array.isArray(tools)) {
        const strict = (tools as JsonValue[]).map((tool) => withoutCacheMark(tool, dropped));
        if (strict.some((tool, index) => tool !== tools[index])) body['tools'] = strict;
      }
      for (const member of dropped) {
        const field = member === cacheMark ? cacheMark : `messages[].${member}`;
        warn({ field, kind: 'dropped', message: 'the provider does not know it' });
      }
    },
  };
}

function renameReasoning(message: JsonObject, reasoningAs: string | undefined): JsonObject {
  const reasoning = message['reasoning_content'];
  if (reasoningAs === undefined || typeof reasoning !== 'string') return message;
  return { ...without(message, ['reasoning_content']), [reasoningAs]: message[reasoningAs] ?? reasoning };
}

function strictMessage(message: JsonObject, dropped: Set<string>): JsonObject {
  for (const member of foreign) if (message[member] !== undefined) dropped.add(member);
  const strict = without(message, foreign);
  const content = strict['content'];
  if (!Array.isArray(content)) return strict;
  const parts = (content as JsonValue[]).map((part) => withoutCacheMark(part, dropped));
  return parts.some((part, index) => part !== content[index]) ? { ...strict, content: parts } : strict;
}

/** Marks sit on the object or, on tools, on its `function`. */
function withoutCacheMark(value: JsonValue, dropped: Set<string>): JsonValue {
  if (!isObject(value)) return value;
  const inner = value['function'];
  const strictInner = isObject(inner) ? without(inner, [cacheMark]) : inner;
  const strict = without(value, [cacheMark]);
  if (strict === value && strictInner === inner) return value;
  dropped.add(cacheMark);
  return strictInner === inner ? strict : { ...strict, ...(strictInner !== undefined && { function: strictInner }) };
}
