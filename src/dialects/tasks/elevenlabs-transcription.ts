// ElevenLabs' transcription: words with their times; segments are not told, so they are made of the words.
import type { TranscribeRequest, TranscribeResponse } from '../../canonical/tasks.ts';
import { GatewayError } from '../../core/errors.ts';
import { asArray, asNumber, asObject, asString, type JsonValue } from '../../core/json.ts';
import type { MultipartPart, TaskDialect } from '../task-dialect.ts';
import { decodeElevenlabsError } from './elevenlabs-speech.ts';
import { audioUsage } from './audio-length.ts';
import { warnForeign, warnGiven } from './left-out.ts';

const id = 'elevenlabs-transcription';

export const elevenlabsTranscription: TaskDialect<TranscribeRequest, TranscribeResponse> = {
  id,
  tasks: ['transcribe'],
  decodeError: decodeElevenlabsError,

  encodeRequest(request, { model }) {
    const text = (name: string, value: string): MultipartPart => ({ kind: 'field', name, value });
    return {
      body: {
        kind: 'multipart',
        parts: [
          text('model_id', model),
          ...(request.language === undefined ? [] : [text('language_code', request.language)]),
          text('timestamps_granularity', 'word'),
          { kind: 'file', name: 'file', file: request.audio },
        ],
      },
      warnings: [...warnGiven(request, { prompt: 'prompt', temperature: 'temperature' }), ...warnForeign(request, id)],
    };
  },

  decodeResponse(json, { request }) {
    const body = asObject(json);
    const text = asString(body?.['text']);
    if (text === undefined) throw new GatewayError('upstream_bad_reply', 'the provider answered without a transcript');
    const language = asString(body?.['language_code']);
    const words = readWords(body?.['words']);
    const durationSeconds = words.at(-1)?.end;
    return {
      text,
      ...(language !== undefined && { language }),
      ...(durationSeconds !== undefined && { durationSeconds }),
      ...(words.length > 0 && { words }),
      usage: audioUsage(request.audio),
    };
  },
};

/** Spaces and noises (`audio_event`) stand between the words. */
function readWords(value: JsonValue | undefined): { word: string; start: number; end: number }[] {
  return (asArray(value) ?? []).flatMap((entry) => {
    const fields = asObject(entry);
    const word = asString(fields?.['text']);
    const start = asNumber(fields?.['start']);
    const end = asNumber(fields?.['end']);
    const isWord = fields?.['type'] === undefined || fields['type'] === 'word';
    return !isWord || word === undefined || start === undefined || end === undefined ? [] : [{ word, start, end }];
  });
}
