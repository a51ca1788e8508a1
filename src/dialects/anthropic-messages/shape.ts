// The types of the known fields of a Messages request, checked on the bytes before anything is parsed.
import { note, type Shape, type ValueRange } from '../../core/json-shape.ts';

const text: Shape = { kinds: ['string'] };
const number: Shape = { kinds: ['number', 'null'] };
const integer: Shape = { kinds: ['number', 'null'], integer: true };
const flag: Shape = { kinds: ['boolean', 'null'] };
const object: Shape = { kinds: ['object', 'null'] };

const blockFlags: Readonly<Record<string, string>> = { image: 'vision', document: 'files' };

const source: Shape = {
  kinds: ['object'],
  members: members({
    type: text,
    media_type: text,
    url: text,
    data: {
      kinds: ['string'],
      visit(facts, value) {
        facts.mediaBytes += value.end - value.start;
      },
    },
  }),
};

const block: Shape = {
  kinds: ['object'],
  required: ['type'],
  members: members({
    type: {
      kinds: ['string'],
      visit(facts, value) {
        const name = blockFlags[shortText(value)];
        if (name !== undefined) note(facts, name);
      },
    },
    text,
    id: text,
    name: text,
    tool_use_id: text,
    input: object,
    is_error: flag,
    thinking: text,
    signature: text,
    source,
    cache_control: object,
    content: { kinds: ['string', 'array', 'object', 'null'] },
  }),
};

const message: Shape = {
  kinds: ['object'],
  required: ['role', 'content'],
  members: members({
    // `system` inside messages is a beta that agent clients already send.
    role: { kinds: ['string'], oneOf: ['user', 'assistant', 'system'] },
    content: { kinds: ['string', 'array'], items: block },
  }),
};

const fields = {
  model: text,
  messages: { kinds: ['array'], notEmpty: true, items: message } as Shape,
  system: { kinds: ['string', 'array', 'null'], items: block } as Shape,
  max_tokens: { kinds: ['number'], integer: true, min: 1 } as Shape,
  tools: {
    kinds: ['array', 'null'],
    items: { kinds: ['object'], members: members({ name: text, type: { kinds: ['string', 'null'] }, input_schema: object }) },
    visit(facts, value) {
      if (value.kind === 'array' && value.end - value.start > 2) note(facts, 'tools');
    },
  } as Shape,
  tool_choice: { kinds: ['object', 'null'], members: members({ type: text, name: text, disable_parallel_tool_use: flag }) } as Shape,
  stream: flag,
  temperature: number,
  top_p: number,
  top_k: integer,
  stop_sequences: { kinds: ['array', 'null'], items: text } as Shape,
  thinking: { kinds: ['object', 'null'], members: members({ type: text, budget_tokens: integer }) } as Shape,
  metadata: object,
  output_config: {
    kinds: ['object', 'null'],
    members: members({
      format: {
        kinds: ['object', 'null'],
        visit(facts, value) {
          if (value.kind === 'object') note(facts, 'json_schema');
        },
      },
    }),
  } as Shape,
  fallbacks: { kinds: ['array', 'null'] } as Shape,
};

export const messagesShape: Shape = { kinds: ['object'], required: ['model', 'messages', 'max_tokens'], members: members(fields) };
/** `/v1/messages/count_tokens` has no `max_tokens`. */
export const countTokensShape: Shape = { kinds: ['object'], required: ['model', 'messages'], members: members(fields) };

function members(shapes: Readonly<Record<string, Shape>>): ReadonlyMap<string, Shape> {
  return new Map(Object.entries(shapes));
}

/** The text of a short string without escapes; longer ones match nothing anyway. */
function shortText(value: ValueRange): string {
  return value.end - value.start > 40 ? '' : value.bytes.toString('latin1', value.start + 1, value.end - 1);
}
