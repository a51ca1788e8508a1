// OpenAI's speech: JSON in, audio out as it is made; as events where the caller asks for them.
import type { SpeakRequest, TaskResponse } from '../../canonical/tasks.ts';
import { noUsage, type Usage, usageFromTotals } from '../../canonical/usage.ts';
import { asNumber, asObject, asString } from '../../core/json.ts';
import type { TaskDialect } from '../task-dialect.ts';
import { warnForeign } from './left-out.ts';
import { needText, otherMembers, readNumber, readOneOf, readText } from './read-fields.ts';

const id = 'openai-speech';
const known = new Set(['model', 'input', 'voice', 'response_format', 'speed', 'instructions', 'stream_format', 'language']);
export const speechFormats = ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] as const;

export const openaiSpeech: TaskDialect<SpeakRequest, TaskResponse> = {
  id,
  tasks: ['speak'],

  decodeRequest(body) {
    const format = readOneOf(body, 'response_format', speechFormats);
    const speed = readNumber(body, 'speed', { min: 0.25, max: 4 });
    const instructions = readText(body, 'instructions');
    const language = readText(body, 'language');
    const others = otherMembers(body, known);
    return {
      task: 'speak',
      dialect: id,
      model: readText(body, 'model') ?? '',
      text: needText(body, 'input'),
      voice: readVoice(body['voice']) ?? needText(body, 'voice'),
      ...(format !== undefined && { format }),
      ...(speed !== undefined && { speed }),
      ...(instructions !== undefined && { instructions }),
      ...(language !== undefined && { language }),
      ...(readOneOf(body, 'stream_format', ['sse', 'audio']) === 'sse' && { events: true }),
      ...(others !== undefined && { extensions: { [id]: others } }),
    };
  },

  encodeRequest(request, { model }) {
    return {
      body: {
        kind: 'json',
        json: {
          model,
          input: request.text,
          voice: request.voice,
          ...(request.format !== undefined && { response_format: request.format }),
          ...(request.speed !== undefined && { speed: request.speed }),
          ...(request.instructions !== undefined && { instructions: request.instructions }),
          ...request.extensions?.[id],
        },
      },
      warnings: warnForeign(request, id),
      answersBytes: true,
    };
  },

  events: {
    isLast: (event) => event['type'] === 'speech.audio.done',
    usageOf(event) {
      const reported = asObject(event['usage']);
      const input = asNumber(reported?.['input_tokens']);
      const output = asNumber(reported?.['output_tokens']);
      return input === undefined || output === undefined ? undefined : usageFromTotals({ inputTotal: input, outputTotal: output });
    },
  },

  usageOf: (request) => characters(request.text),
};

/** Speech is sold by the character: by code points, as people count them. */
function characters(text: string): Usage {
  let count = 0;
  for (const _char of text) count += 1;
  return { ...noUsage, units: [{ unit: 'character', count }] };
}

/** A voice of one's own is an object with its id. */
function readVoice(value: unknown): string | undefined {
  return asString(asObject(value)?.['id']);
}
