// The types of the known fields of a chat completion request, checked on the bytes before anything is parsed.
// Ranges and model-specific rules are the upstream's to judge; wrong types are ours, for every upstream alike.
import { note, type Shape, type ValueRange } from '../../core/json-shape.ts';

const text: Shape = { kinds: ['string'] };
const optionalText: Shape = { kinds: ['string', 'null'] };
const optionalNumber: Shape = { kinds: ['number', 'null'] };
const optionalInteger: Shape = { kinds: ['number', 'null'], integer: true };
const optionalFlag: Shape = { kinds: ['boolean', 'null'] };
const optionalObject: Shape = { kinds: ['object', 'null'] };

const partFlags: Readonly<Record<string, string>> = { image_url: 'vision', input_audio: 'audio', file: 'files', video_url: 'video' };

const partType: Shape = {
  kinds: ['string'],
  visit(facts, value) {
    const flag = partFlags[shortText(value)];
    if (flag !== undefined) note(facts, flag);
  },
};

/** A data URL's bytes are not prompt text: without this a photo would look like 300,000 tokens. */
const mediaUrl: Shape = {
  kinds: ['string'],
  visit(facts, value) {
    if (value.bytes.toString('latin1', value.start + 1, value.start + 6) === 'data:') facts.mediaBytes += value.end - value.start;
  },
};
const mediaData: Shape = {
  kinds: ['string', 'null'],
  visit(facts, value) {
    facts.mediaBytes += value.end - value.start;
  },
};

const part: Shape = {
  kinds: ['object'],
  required: ['type'],
  members: members({
    type: partType,
    text,
    image_url: { kinds: ['object', 'string'], ...mediaUrlOrObject() },
    input_audio: { kinds: ['object'], members: members({ data: mediaData, format: text }) },
    file: { kinds: ['object'], members: members({ file_data: mediaData, file_id: optionalText, filename: optionalText }) },
  }),
};

const functionCall: Shape = { kinds: ['object', 'null'], members: members({ name: text, arguments: text }) };

const message: Shape = {
  kinds: ['object'],
  required: ['role'],
  members: members({
    role: { kinds: ['string'], oneOf: ['system', 'developer', 'user', 'assistant', 'tool', 'function'] },
    content: { kinds: ['string', 'array', 'null'], items: part },
    name: optionalText,
    refusal: optionalText,
    tool_call_id: optionalText,
    tool_calls: {
      kinds: ['array', 'null'],
      items: { kinds: ['object'], members: members({ id: text, type: text, function: functionCall }) },
    },
    function_call: functionCall,
  }),
};

const tool: Shape = {
  kinds: ['object'],
  required: ['type'],
  members: members({
    type: text,
    function: {
      kinds: ['object'],
      required: ['name'],
      members: members({ name: text, description: optionalText, parameters: optionalObject, strict: optionalFlag }),
    },
  }),
};

const responseFormat: Shape = {
  kinds: ['object', 'null'],
  members: members({
    type: {
      kinds: ['string'],
      visit(facts, value) {
        const kind = shortText(value);
        if (kind === 'json_schema') note(facts, 'json_schema');
        if (kind === 'json_object') note(facts, 'json_mode');
      },
    },
    json_schema: optionalObject,
  }),
};

/** Fields of a chat completion besides `messages`; completions through `/api` may lack those. */
const fields = {
  model: optionalText,
  messages: { kinds: ['array'], notEmpty: true, items: message } as Shape,
  tools: {
    kinds: ['array', 'null'],
    items: tool,
    visit(facts, value) {
      if (value.kind === 'array' && value.end - value.start > 2) note(facts, 'tools');
    },
  } as Shape,
  functions: { kinds: ['array', 'null'], items: { kinds: ['object'], members: members({ name: text }) } } as Shape,
  tool_choice: { kinds: ['string', 'object', 'null'] } as Shape,
  parallel_tool_calls: optionalFlag,
  response_format: responseFormat,
  stream: optionalFlag,
  stream_options: { kinds: ['object', 'null'], members: members({ include_usage: optionalFlag }) } as Shape,
  max_tokens: optionalInteger,
  max_completion_tokens: optionalInteger,
  temperature: optionalNumber,
  top_p: optionalNumber,
  n: optionalInteger,
  seed: optionalInteger,
  presence_penalty: optionalNumber,
  frequency_penalty: optionalNumber,
  logprobs: { kinds: ['boolean', 'number', 'null'] } as Shape,
  top_logprobs: optionalInteger,
  logit_bias: optionalObject,
  stop: { kinds: ['string', 'array', 'null'], items: text } as Shape,
  user: optionalText,
  reasoning_effort: optionalText,
  metadata: optionalObject,
  task: optionalText,
  domain: optionalText,
  input: { kinds: ['string', 'array', 'null'] } as Shape,
  fallbacks: { kinds: ['array', 'null'] } as Shape,
};

export const chatShape: Shape = { kinds: ['object'], required: ['messages'], members: members(fields) };
/** `/api/chat/completions` also takes `task` + `input` in place of messages. */
export const taskChatShape: Shape = { kinds: ['object'], members: members(fields) };

function members(shapes: Readonly<Record<string, Shape>>): ReadonlyMap<string, Shape> {
  return new Map(Object.entries(shapes));
}

function mediaUrlOrObject(): Omit<Shape, 'kinds'> {
  return {
    members: members({ url: mediaUrl, detail: optionalText }),
    visit(facts, value) {
      if (value.kind === 'string') mediaUrl.visit?.(facts, value);
    },
  };
}

/** The text of a short string without escapes; longer ones match nothing anyway. */
function shortText(value: ValueRange): string {
  return value.end - value.start > 40 ? '' : value.bytes.toString('latin1', value.start + 1, value.end - 1);
}
