// The types of the known fields of a generateContent request, checked on the bytes before anything is parsed. Both spellings of each.
import { type Facts, note, type Shape, type ValueRange } from '../../core/json-shape.ts';

const text: Shape = { kinds: ['string', 'null'] };
const number: Shape = { kinds: ['number', 'null'] };
const integer: Shape = { kinds: ['number', 'null'], integer: true };
const flag: Shape = { kinds: ['boolean', 'null'] };
const object: Shape = { kinds: ['object', 'null'] };
const texts: Shape = { kinds: ['array', 'null'], items: { kinds: ['string'] } };

const mediaFlags: Readonly<Record<string, string>> = {
  image: 'vision',
  audio: 'audio',
  video: 'video',
  application: 'files',
  text: 'files',
};

const mimeType: Shape = {
  kinds: ['string', 'null'],
  visit(facts, value) {
    const [family = ''] = shortText(value).split('/', 1);
    const name = Object.hasOwn(mediaFlags, family) ? mediaFlags[family] : undefined;
    if (name !== undefined) note(facts, name);
  },
};
const mediaData: Shape = {
  kinds: ['string', 'null'],
  visit(facts, value) {
    facts.mediaBytes += value.end - value.start;
  },
};
const inlineData: Shape = { kinds: ['object', 'null'], members: members({ mimeType, data: mediaData }) };
const fileData: Shape = { kinds: ['object', 'null'], members: members({ mimeType, fileUri: text }) };

const part: Shape = {
  kinds: ['object'],
  members: members({
    text,
    thought: flag,
    thoughtSignature: text,
    inlineData,
    fileData,
    functionCall: { kinds: ['object', 'null'], members: members({ name: text, args: object, id: text }) },
    functionResponse: { kinds: ['object', 'null'], members: members({ name: text, response: object, id: text }) },
  }),
};

const content: Shape = {
  kinds: ['object'],
  members: members({
    role: { kinds: ['string', 'null'], oneOf: ['user', 'model', 'function'] },
    parts: { kinds: ['array', 'null'], items: part },
  }),
};

const tool: Shape = {
  kinds: ['object'],
  members: members({
    functionDeclarations: {
      kinds: ['array', 'null'],
      items: {
        kinds: ['object'],
        required: ['name'],
        members: members({ name: { kinds: ['string'] }, description: text, parameters: object }),
      },
      visit(facts, value) {
        if (value.kind === 'array' && value.end - value.start > 2) note(facts, 'tools');
      },
    },
  }),
};

const generationConfig: Shape = {
  kinds: ['object', 'null'],
  members: members({
    maxOutputTokens: { kinds: ['number', 'null'], integer: true, min: 1 },
    temperature: number,
    topP: number,
    topK: number,
    candidateCount: integer,
    seed: integer,
    presencePenalty: number,
    frequencyPenalty: number,
    stopSequences: texts,
    responseMimeType: {
      kinds: ['string', 'null'],
      visit(facts, value) {
        if (shortText(value) === 'application/json') note(facts, 'json_mode');
      },
    },
    responseSchema: { kinds: ['object', 'null'], visit: wantsSchema },
    responseJsonSchema: { kinds: ['object', 'null'], visit: wantsSchema },
    thinkingConfig: {
      kinds: ['object', 'null'],
      members: members({ thinkingBudget: integer, includeThoughts: flag, thinkingLevel: text }),
    },
  }),
};

const fields = {
  model: text,
  contents: { kinds: ['array'], notEmpty: true, items: content } as Shape,
  systemInstruction: { kinds: ['object', 'string', 'null'] } as Shape,
  tools: { kinds: ['array', 'null'], items: tool } as Shape,
  toolConfig: object,
  generationConfig,
  safetySettings: { kinds: ['array', 'null'] } as Shape,
  cachedContent: text,
  labels: object,
};

export const generateShape: Shape = { kinds: ['object'], required: ['contents'], members: members(fields) };
/** `:countTokens` takes the contents, or the whole request it asks about. */
export const countShape: Shape = {
  kinds: ['object'],
  members: members({ ...fields, generateContentRequest: { kinds: ['object', 'null'], members: members(fields) } }),
};

function wantsSchema(facts: Facts, value: ValueRange): void {
  if (value.kind === 'object') note(facts, 'json_schema');
}

function members(shapes: Readonly<Record<string, Shape>>): ReadonlyMap<string, Shape> {
  return new Map(
    Object.entries(shapes).flatMap(([name, shape]) => {
      const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      return snake === name ? [[name, shape] as const] : [[name, shape] as const, [snake, shape] as const];
    }),
  );
}

/** The text of a short string without escapes; longer ones match nothing anyway. */
function shortText(value: ValueRange): string {
  return value.kind !== 'string' || value.end - value.start > 120 ? '' : value.bytes.toString('latin1', value.start + 1, value.end - 1);
}
