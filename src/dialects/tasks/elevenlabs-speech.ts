// ElevenLabs' speech: the voice stands in the path, the format in the query, the audio is streamed.
import type { SpeakRequest, TaskResponse } from '../../canonical/tasks.ts';
import { GatewayError } from '../../core/errors.ts';
import { asObject, asString } from '../../core/json.ts';
import type { ErrorReply } from '../dialect.ts';
import type { TaskDialect } from '../task-dialect.ts';
import { decodeUpstreamError } from '../upstream-error.ts';
import { warnForeign, warnGiven } from './left-out.ts';

const id = 'elevenlabs-speech';

/** Its formats say rate and bit rate, too; these are the ones that fit OpenAI's. */
const formats: Readonly<Partial<Record<NonNullable<SpeakRequest['format']>, string>>> = {
  mp3: 'mp3_44100_128',
  opus: 'opus_48000_64',
  pcm: 'pcm_24000',
  wav: 'wav_44100',
};

/** A full account answers 401, as a bad key does. */
export function decodeElevenlabsError(reply: ErrorReply): GatewayError {
  const detail = asObject(asObject(reply.body)?.['detail']);
  const error = decodeUpstreamError(reply);
  if (detail?.['status'] !== 'quota_exceeded' && detail?.['code'] !== 'quota_exceeded') return error;
  return new GatewayError('upstream_quota_exhausted', asString(detail['message']) ?? error.message, error.details);
}

export const elevenlabsSpeech: TaskDialect<SpeakRequest, TaskResponse> = {
  id,
  tasks: ['speak'],
  decodeError: decodeElevenlabsError,
  encodeRequest(request, { model }) {
    const { speed } = request;
    if (speed !== undefined && (speed < 0.7 || speed > 1.2))
      throw outOfReach('speed', 'this provider speaks at 0.7 to 1.2 of the usual speed');
    return {
      body: {
        kind: 'json',
        json: {
          text: request.text,
          model_id: model,
          ...(request.language !== undefined && { language_code: request.language }),
          ...(speed !== undefined && { voice_settings: { speed } }),
        },
      },
      warnings: [...warnGiven(request, { instructions: 'instructions' }), ...warnForeign(request, id)],
      pathValues: { voice: request.voice },
      query: { output_format: formatOf(request) },
      answersBytes: true,
    };
  },
};

function formatOf({ format }: SpeakRequest): string {
  const known = formats[format ?? 'mp3'];
  if (known === undefined) throw outOfReach('response_format', `this provider has no ${format}; it has ${Object.keys(formats).join(', ')}`);
  return known;
}

function outOfReach(param: string, message: string): GatewayError {
  return new GatewayError('unsupported_capability', `${param}: ${message}`, { param });
}
