// OpenAI's transcriptions and translations of audio: a multipart form in; a text, subtitles or a document out.
import type { TaskDialectId, TaskId, TranscribeRequest, TranscribeResponse } from '../../canonical/tasks.ts';
import { noUsage, partsMember, type Usage, usageFromTotals } from '../../canonical/usage.ts';
import { GatewayError } from '../../core/errors.ts';
import { asArray, asNumber, asObject, asString, type JsonObject, type JsonValue } from '../../core/json.ts';
import { encodeSse } from '../../framing/sse.ts';
import type { EncodedAnswer, MultipartPart, TaskDialect, TaskEvents } from '../task-dialect.ts';
import { audioUsage } from './audio-length.ts';
import { warnForeign } from './left-out.ts';
import { otherMembers, readFlag, readNumber, readOneOf, readText, readTexts, wrongField } from './read-fields.ts';
import { writeSubtitles } from './subtitles.ts';

const known = new Set(['model', 'language', 'prompt', 'temperature', 'response_format', 'timestamp_granularities', 'stream', 'file']);
const formats = ['json', 'text', 'srt', 'verbose_json', 'vtt', 'diarized_json'] as const;

function defineTranscription(
  id: Extract<TaskDialectId, 'openai-transcriptions' | 'openai-translations'>,
  task: TaskId,
): TaskDialect<TranscribeRequest, TranscribeResponse> {
  return {
    id,
    tasks: [task],
    events,
    usageOf: (request) => audioUsage(request.audio),

    decodeRequest(body, { files }) {
      const audio = files['file']?.[0];
      if (audio === undefined) throw wrongField('file', 'is missing; send the audio as a file of that name');
      const language = readText(body, 'language');
      const prompt = readText(body, 'prompt');
      const temperature = readNumber(body, 'temperature', { min: 0, max: 1 });
      const format = readOneOf(body, 'response_format', formats);
      const timestamps = readTexts(body, 'timestamp_granularities');
      if (timestamps?.some((one) => one !== 'word' && one !== 'segment'))
        throw wrongField('timestamp_granularities', 'must be word or segment');
      const others = otherMembers(body, known);
      return {
        task: task === 'translate-audio' ? 'translate-audio' : 'transcribe',
        dialect: id,
        model: readText(body, 'model') ?? '',
        audio,
        ...(language !== undefined && { language }),
        ...(prompt !== undefined && { prompt }),
        ...(temperature !== undefined && { temperature }),
        ...(format !== undefined && { format }),
        ...(timestamps !== undefined && { timestamps: timestamps as readonly ('word' | 'segment')[] }),
        ...(readFlag(body, 'stream') === true && { stream: true }),
        ...(others !== undefined && { extensions: { [id]: others } }),
      };
    },

    encodeResponse: (response, { request, warnings }) => {
      if (request.stream === true) return wholeAsEvents(response);
      const written = writeForm(response, request);
      if (written !== undefined) return written;
      warnings.push({
        field: 'response_format',
        kind: 'changed',
        message: 'the provider told no times, so there are no subtitles; this is the text',
      });
      return { kind: 'text', text: `${response.text}\n`, contentType: 'text/plain; charset=utf-8' };
    },

    encodeRequest(request, { model }) {
      const text = (name: string, value: string | number | undefined): MultipartPart[] =>
        value === undefined ? [] : [{ kind: 'field', name, value: String(value) }];
      const others = Object.entries(request.extensions?.[id] ?? {}).flatMap(([name, value]) =>
        text(name, asString(value) ?? JSON.stringify(value)),
      );
      return {
        body: {
          kind: 'multipart',
          parts: [
            ...text('model', model),
            ...text('language', request.language),
            ...text('prompt', request.prompt),
            ...text('temperature', request.temperature),
            // Times are asked for where they are needed; the caller's own form is written from them.
            ...text('response_format', request.timestamps !== undefined || needsTimes(request) ? 'verbose_json' : 'json'),
            ...(request.timestamps ?? []).flatMap((one) => text('timestamp_granularities[]', one)),
            ...others,
            { kind: 'file', name: 'file', file: request.audio },
          ],
        },
        warnings: warnForeign(request, id),
      };
    },

    decodeResponse: (json, { request }) => decodeTranscript(json, request),
  };
}

const needsTimes = ({ format }: TranscribeRequest): boolean => format === 'srt' || format === 'vtt' || format === 'verbose_json';

function decodeTranscript(json: JsonValue, request: TranscribeRequest): TranscribeResponse {
  const body = asObject(json);
  const text = asString(body?.['text']);
  if (body === undefined || text === undefined) throw new GatewayError('upstream_bad_reply', 'the provider answered without a transcript');
  const language = asString(body['language']);
  const durationSeconds = asNumber(body['duration']);
  const words = readTimed(body['words'], 'word');
  const segments = readTimed(body['segments'], 'text');
  return {
    text,
    ...(language !== undefined && { language }),
    ...(durationSeconds !== undefined && { durationSeconds }),
    ...(words !== undefined && { words: words.map(({ said, start, end }) => ({ word: said, start, end })) }),
    ...(segments !== undefined && { segments: segments.map(({ said, start, end }) => ({ text: said, start, end })) }),
    usage: readTranscriptUsage(body) ?? audioUsage(request.audio),
  };
}

function readTimed(value: JsonValue | undefined, member: string): { said: string; start: number; end: number }[] | undefined {
  return asArray(value)?.flatMap((entry) => {
    const fields = asObject(entry);
    const said = asString(fields?.[member]);
    const start = asNumber(fields?.['start']);
    const end = asNumber(fields?.['end']);
    return said === undefined || start === undefined || end === undefined ? [] : [{ said, start, end }];
  });
}

/** Tokens (gpt-4o-transcribe) or seconds (whisper): the newer form says which, the older has a duration only. */
function readTranscriptUsage(body: JsonObject): Usage | undefined {
  const reported = asObject(body['usage']);
  const input = asNumber(reported?.['input_tokens']);
  if (input !== undefined) {
    return {
      ...usageFromTotals({ inputTotal: input, outputTotal: asNumber(reported?.['output_tokens']) ?? 0 }),
      ...partsMember({ inputAudio: asNumber(asObject(reported?.['input_token_details'])?.['audio_tokens']) }),
    };
  }
  const seconds = asNumber(reported?.['seconds']) ?? asNumber(body['duration']);
  return seconds === undefined ? undefined : { ...noUsage, units: [{ unit: 'second', count: seconds }] };
}

const events: TaskEvents = {
  isLast: (event) => event['type'] === 'transcript.text.done',
  usageOf: readTranscriptUsage,
};

function writeForm(response: TranscribeResponse, { format }: TranscribeRequest): EncodedAnswer | undefined {
  const { text, language, durationSeconds, words, segments } = response;
  switch (format) {
    case 'text':
      return { kind: 'text', text: `${text}\n`, contentType: 'text/plain; charset=utf-8' };
    case 'srt':
    case 'vtt':
      return writeSubtitles(response, format);
    case 'verbose_json':
    case 'diarized_json':
      return {
        kind: 'json',
        json: {
          task: 'transcribe',
          ...(language !== undefined && { language }),
          ...(durationSeconds !== undefined && { duration: durationSeconds }),
          text,
          ...(words !== undefined && { words: words.map((one) => ({ ...one })) }),
          ...(segments !== undefined && { segments: segments.map((one, index) => ({ id: index, ...one })) }),
          ...usageMember(response.usage),
        },
      };
    default:
      return { kind: 'json', json: { text, ...usageMember(response.usage) } };
  }
}

/** The provider does not stream: one piece with all of it, then the end. */
function wholeAsEvents({ text, usage }: TranscribeResponse): EncodedAnswer {
  const delta = encodeSse(JSON.stringify({ type: 'transcript.text.delta', delta: text }));
  const done = encodeSse(JSON.stringify({ type: 'transcript.text.done', text, ...usageMember(usage) }));
  return { kind: 'text', text: delta + done, contentType: 'text/event-stream; charset=utf-8' };
}

function usageMember(usage: Usage | undefined): JsonObject {
  const seconds = usage?.units?.find(({ unit }) => unit === 'second')?.count;
  if (seconds !== undefined) return { usage: { type: 'duration', seconds } };
  if (usage === undefined || usage.units !== undefined) return {};
  const input = usage.input + usage.cachedInput;
  return { usage: { type: 'tokens', input_tokens: input, output_tokens: usage.output, total_tokens: input + usage.output } };
}

export const openaiTranscriptions = defineTranscription('openai-transcriptions', 'transcribe');
export const openaiTranslations = defineTranscription('openai-translations', 'translate-audio');
