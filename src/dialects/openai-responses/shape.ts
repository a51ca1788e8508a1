// The types of the known fields of a Responses request, checked on the bytes before anything is parsed.
// Items of kinds that come next must pass, so only members that several kinds share are typed.
import { note, type Shape, type ValueRange } from '../../core/json-shape.ts';

const text: Shape = { kinds: ['string'] };
const optionalText: Shape = { kinds: ['string', 'null'] };
const optionalNumber: Shape = { kinds: ['number', 'null'] };
const optionalInteger: Shape = { kinds: ['number', 'null'], integer: true };
const optionalFlag: Shape = { kinds: ['boolean', 'null'] };
const optionalObject: Shape = { kinds: ['object', 'null'] };

const partFlags: Readonly<Record<string, string>> = { input_image: 'vision', input_audio: 'audio', input_file: 'files' };

/** A data URL's bytes are not prompt text. */
const mediaUrl: Shape = {
  kinds: ['string', 'object', 'null'],
  visit(facts, value) {
    if (value.kind === 'string' && value.bytes.toString('latin1', value.start + 1, value.start + 6) === 'data:')
      facts.mediaBytes += value.end - value.start;
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
    type: {
      kinds: ['string'],
      visit(facts, value) {
        const flag = partFlags[shortText(value)];
        if (flag !== undefined) note(facts, flag);
      },
    },
    text,
    image_url: mediaUrl,
    file_data: mediaData,
    file_id: optionalText,
    file_url: optionalText,
    filename: optionalText,
    input_audio: { kinds: ['object'], members: members({ data: mediaData, format: text }) },
  }),
};

/** What a tool gave back: parts, or what built-in tools of the vendor's have instead. */
const outputPart: Shape = { kinds: ['object', 'string'], members: members({ image_url: mediaUrl, file_data: mediaData }) };

const item: Shape = {
  kinds: ['object'],
  members: members({
    type: optionalText,
    role: { kinds: ['string', 'null'], oneOf: ['system', 'developer', 'user', 'assistant'] },
    content: { kinds: ['string', 'array', 'null'], items: part },
    id: optionalText,
    call_id: optionalText,
    output: { kinds: ['string', 'array', 'object', 'null'], items: outputPart },
    name: optionalText,
    encrypted_content: optionalText,
    summary: { kinds: ['array', 'null'] },
  }),
};

const tool: Shape = {
  kinds: ['object'],
  required: ['type'],
  members: members({ type: text, name: optionalText, description: optionalText, strict: optionalFlag }),
};

export const responsesShape: Shape = {
  kinds: ['object'],
  members: members({
    model: optionalText,
    input: { kinds: ['string', 'array', 'null'], items: item },
    instructions: { kinds: ['string', 'array', 'null'] },
    previous_response_id: optionalText,
    store: optionalFlag,
    stream: optionalFlag,
    background: optionalFlag,
    stream_options: optionalObject,
    max_output_tokens: { kinds: ['number', 'null'], integer: true, min: 1 },
    max_tool_calls: optionalInteger,
    temperature: optionalNumber,
    top_p: optionalNumber,
    top_logprobs: optionalInteger,
    parallel_tool_calls: optionalFlag,
    tool_choice: { kinds: ['string', 'object', 'null'] },
    tools: {
      kinds: ['array', 'null'],
      items: tool,
      visit(facts, value) {
        if (value.kind === 'array' && value.end - value.start > 2) note(facts, 'tools');
      },
    },
    text: {
      kinds: ['object', 'null'],
      members: members({
        verbosity: optionalText,
        format: {
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
            schema: optionalObject,
          }),
        },
      }),
    },
    reasoning: { kinds: ['object', 'null'], members: members({ effort: optionalText, summary: optionalText }) },
    include: { kinds: ['array', 'null'], items: text },
    truncation: optionalText,
    metadata: optionalObject,
    user: optionalText,
    safety_identifier: optionalText,
    prompt_cache_key: optionalText,
    service_tier: optionalText,
    fallbacks: { kinds: ['array', 'null'] },
    task: optionalText,
    domain: optionalText,
  }),
};

function members(shapes: Readonly<Record<string, Shape>>): ReadonlyMap<string, Shape> {
  return new Map(Object.entries(shapes));
}

/** The text of a short string without escapes; longer ones match nothing anyway. */
function shortText(value: ValueRange): string {
  return value.end - value.start > 40 ? '' : value.bytes.toString('latin1', value.start + 1, value.end - 1);
}
