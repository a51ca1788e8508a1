// The types of the known fields of Ollama's requests, checked on the bytes before anything is parsed.
import { note, type Shape } from '../../core/json-shape.ts';

const text: Shape = { kinds: ['string'] };
const optionalText: Shape = { kinds: ['string', 'null'] };
const optionalNumber: Shape = { kinds: ['number', 'null'] };
const optionalInteger: Shape = { kinds: ['number', 'null'], integer: true };
const optionalFlag: Shape = { kinds: ['boolean', 'null'] };

/** Base64 is no prompt text. */
const images: Shape = {
  kinds: ['array', 'null'],
  items: {
    kinds: ['string'],
    visit(facts, value) {
      facts.mediaBytes += value.end - value.start;
      note(facts, 'vision');
    },
  },
};

const format: Shape = {
  kinds: ['string', 'object', 'null'],
  visit(facts, value) {
    if (value.kind === 'object') note(facts, 'json_schema');
    else if (value.bytes.toString('latin1', value.start, value.end) === '"json"') note(facts, 'json_mode');
  },
};

const shared: Readonly<Record<string, Shape>> = {
  model: optionalText,
  name: optionalText,
  format,
  stream: optionalFlag,
  think: { kinds: ['boolean', 'string', 'null'] },
  keep_alive: { kinds: ['string', 'number', 'null'] },
  options: {
    kinds: ['object', 'null'],
    members: members({
      temperature: optionalNumber,
      top_p: optionalNumber,
      top_k: optionalInteger,
      num_predict: optionalInteger,
      num_ctx: optionalInteger,
      seed: optionalInteger,
      presence_penalty: optionalNumber,
      frequency_penalty: optionalNumber,
      stop: { kinds: ['string', 'array', 'null'], items: text },
    }),
  },
};

const message: Shape = {
  kinds: ['object'],
  required: ['role'],
  members: members({
    role: { kinds: ['string'], oneOf: ['system', 'user', 'assistant', 'tool'] },
    content: optionalText,
    thinking: optionalText,
    images,
    tool_name: optionalText,
    tool_call_id: optionalText,
    tool_calls: {
      kinds: ['array', 'null'],
      items: {
        kinds: ['object'],
        members: members({
          id: optionalText,
          function: { kinds: ['object'], members: members({ name: text, arguments: { kinds: ['object', 'string', 'null'] } }) },
        }),
      },
    },
  }),
};

export const ollamaChatShape: Shape = {
  kinds: ['object'],
  members: members({
    ...shared,
    // Empty: only load the model.
    messages: { kinds: ['array', 'null'], items: message },
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
            members: members({ name: text, description: optionalText, parameters: { kinds: ['object', 'null'] } }),
          },
        }),
      },
      visit(facts, value) {
        if (value.kind === 'array' && value.end - value.start > 2) note(facts, 'tools');
      },
    },
  }),
};

export const ollamaGenerateShape: Shape = {
  kinds: ['object'],
  members: members({
    ...shared,
    prompt: optionalText,
    system: optionalText,
    suffix: optionalText,
    template: optionalText,
    raw: optionalFlag,
    images,
    context: { kinds: ['array', 'null'], items: { kinds: ['number'] } },
  }),
};

/** `/api/show`: only a name. */
export const ollamaLoadShape: Shape = { kinds: ['object'], members: members({ model: optionalText, name: optionalText }) };

function members(shapes: Readonly<Record<string, Shape>>): ReadonlyMap<string, Shape> {
  return new Map(Object.entries(shapes));
}
