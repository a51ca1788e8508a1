// The types of the known fields of a `/v2/chat` request, checked on the bytes before anything is parsed.
import { note, type Shape, type ValueRange } from '../../core/json-shape.ts';

const text: Shape = { kinds: ['string'] };
const optionalText: Shape = { kinds: ['string', 'null'] };
const optionalNumber: Shape = { kinds: ['number', 'null'] };
const optionalInteger: Shape = { kinds: ['number', 'null'], integer: true };
const optionalFlag: Shape = { kinds: ['boolean', 'null'] };
const optionalObject: Shape = { kinds: ['object', 'null'] };

/** A data URL's bytes are not prompt text. */
const mediaUrl: Shape = {
  kinds: ['string'],
  visit(facts, value) {
    if (value.bytes.toString('latin1', value.start + 1, value.start + 6) === 'data:') facts.mediaBytes += value.end - value.start;
  },
};

const part: Shape = {
  kinds: ['object', 'string'],
  members: members({
    type: {
      kinds: ['string'],
      visit(facts, value) {
        if (shortText(value) === 'image_url') note(facts, 'vision');
      },
    },
    text,
    thinking: text,
    image_url: {
      kinds: ['object', 'string'],
      members: members({ url: mediaUrl, detail: optionalText }),
      visit(facts, value) {
        if (value.kind === 'string') mediaUrl.visit?.(facts, value);
      },
    },
    document: { kinds: ['object'] },
  }),
};

const message: Shape = {
  kinds: ['object'],
  required: ['role'],
  members: members({
    role: { kinds: ['string'], oneOf: ['system', 'user', 'assistant', 'tool'] },
    content: { kinds: ['string', 'array', 'null'], items: part },
    tool_plan: optionalText,
    tool_call_id: optionalText,
    tool_calls: {
      kinds: ['array', 'null'],
      items: {
        kinds: ['object'],
        members: members({
          id: text,
          type: text,
          function: { kinds: ['object'], members: members({ name: text, arguments: optionalText }) },
        }),
      },
    },
  }),
};

export const cohereChatShape: Shape = {
  kinds: ['object'],
  required: ['model', 'messages'],
  members: members({
    model: text,
    messages: { kinds: ['array'], notEmpty: true, items: message },
    tools: {
      kinds: ['array', 'null'],
      items: {
        kinds: ['object'],
        required: ['function'],
        members: members({
          type: text,
          function: {
            kinds: ['object'],
            required: ['name'],
            members: members({ name: text, description: optionalText, parameters: optionalObject }),
          },
        }),
      },
      visit(facts, value) {
        if (value.kind === 'array' && value.end - value.start > 2) note(facts, 'tools');
      },
    },
    tool_choice: optionalText,
    strict_tools: optionalFlag,
    documents: { kinds: ['array', 'null'], items: { kinds: ['string', 'object'] } },
    response_format: {
      kinds: ['object', 'null'],
      members: members({
        type: {
          kinds: ['string'],
          visit(facts, value) {
            if (shortText(value) === 'json_object') note(facts, 'json_mode');
          },
        },
        json_schema: {
          kinds: ['object', 'null'],
          visit(facts, value) {
            if (value.kind === 'object') note(facts, 'json_schema');
          },
        },
      }),
    },
    stream: optionalFlag,
    max_tokens: { kinds: ['number', 'null'], integer: true, min: 1 },
    temperature: optionalNumber,
    p: optionalNumber,
    k: optionalInteger,
    seed: optionalInteger,
    frequency_penalty: optionalNumber,
    presence_penalty: optionalNumber,
    stop_sequences: { kinds: ['array', 'null'], items: text },
    thinking: { kinds: ['object', 'null'], members: members({ type: text, token_budget: optionalInteger }) },
    citation_options: optionalObject,
    safety_mode: optionalText,
    logprobs: optionalFlag,
    priority: optionalInteger,
  }),
};

function members(shapes: Readonly<Record<string, Shape>>): ReadonlyMap<string, Shape> {
  return new Map(Object.entries(shapes));
}

/** The text of a short string without escapes; longer ones match nothing anyway. */
function shortText(value: ValueRange): string {
  return value.end - value.start > 40 ? '' : value.bytes.toString('latin1', value.start + 1, value.end - 1);
}
