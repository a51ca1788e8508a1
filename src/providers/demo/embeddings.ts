// Embeddings without a model: every word adds to a few places of the vector, so texts that share words lie close together.
import { hash } from 'node:crypto';
import { asArray, asNumber, type JsonObject, type JsonValue } from '../../core/json.ts';
import { badRequest } from './problem.ts';
import { countTokens } from './tokens.ts';

const usualDimensions = 256;
const maxDimensions = 4_096;
const maxInputs = 2_048;
/** Places of the vector one word adds to. */
const placesPerWord = 12;

export function answerEmbeddings(body: JsonObject, model: string): object {
  const inputs = readInputs(body.input);
  const dimensions = asNumber(body.dimensions) ?? usualDimensions;
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > maxDimensions) {
    throw badRequest('dimensions', `dimensions is a whole number from 1 to ${maxDimensions}`);
  }
  const tokens = inputs.reduce((sum, text) => sum + countTokens(text), 0);
  return {
    object: 'list',
    data: inputs.map((text, index) => {
      const vector = embed(text, dimensions);
      return { object: 'embedding', index, embedding: body.encoding_format === 'base64' ? toBase64(vector) : Array.from(vector, shorten) };
    }),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** A text, a list of texts, a list of token ids or a list of such lists. */
function readInputs(input: JsonValue | undefined): readonly string[] {
  if (typeof input === 'string') return [input];
  const items = asArray(input);
  if (items === undefined || items.length === 0 || items.length > maxInputs) {
    throw badRequest('input', `input is a string or an array of 1 to ${maxInputs} strings or token arrays`);
  }
  if (items.every((item) => typeof item === 'number')) return [items.join(' ')];
  return items.map((item, index) => {
    if (typeof item === 'string') return item;
    const tokens = asArray(item);
    if (tokens === undefined || tokens.length === 0)
      throw badRequest(`input[${index}]`, 'every input is a string or an array of token ids');
    return tokens.join(' ');
  });
}

/** A unit vector; the same text always has the same one. */
export function embed(text: string, dimensions: number): Float32Array {
  const sums = new Float64Array(dimensions);
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  for (const word of words) addWord(sums, word);
  // The text as a whole adds a little: without it, texts without words would be zero and anagrams would be equal.
  addWord(sums, ` ${text}`);
  const length = Math.sqrt(sums.reduce((sum, value) => sum + value * value, 0));
  return Float32Array.from(sums, (value) => (length === 0 ? 1 / Math.sqrt(dimensions) : value / length));
}

function addWord(sums: Float64Array, word: string): void {
  const digest = hash('sha512', word, 'buffer');
  for (let place = 0; place < placesPerWord; place += 1) {
    const bits = digest.readUInt32LE(place * 4);
    const index = (bits >>> 1) % sums.length;
    sums[index] = (sums[index] ?? 0) + (bits % 2 === 0 ? 1 : -1);
  }
}

function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}

/** Nine digits hold a 32-bit float exactly, and are half as long as what printing the double gives. */
function shorten(value: number): number {
  return Number(value.toPrecision(9));
}
