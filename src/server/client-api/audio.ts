// OpenAI's audio: speech as it is made, transcriptions and translations of uploads.
import type { Shape } from '../../core/json-outline.ts';
import { anyTask } from '../../dialects/task-dialect.ts';
import { openaiSpeech, speechFormats } from '../../dialects/tasks/openai-speech.ts';
import { openaiTranscriptions, openaiTranslations } from '../../dialects/tasks/openai-transcriptions.ts';
import type { TaskRoute } from './task-route.ts';

const optionalText: Shape = { kinds: ['string', 'null'] };

export const speechRoute: TaskRoute = {
  task: 'speak',
  dialect: anyTask(openaiSpeech),
  need: 'speech',
  modality: 'audio',
  shape: {
    kinds: ['object'],
    required: ['input', 'voice'],
    members: new Map<string, Shape>([
      ['model', optionalText],
      ['input', { kinds: ['string'], notEmpty: true }],
      ['voice', { kinds: ['string', 'object'] }],
      ['response_format', { ...optionalText, oneOf: speechFormats }],
      ['speed', { kinds: ['number', 'null'], min: 0.25 }],
      ['instructions', optionalText],
      ['stream_format', { ...optionalText, oneOf: ['sse', 'audio'] }],
    ]),
  },
};

const formShape: Shape = {
  kinds: ['object'],
  members: new Map<string, Shape>([
    ['model', optionalText],
    ['language', optionalText],
    ['prompt', optionalText],
    ['response_format', { ...optionalText, oneOf: ['json', 'text', 'srt', 'verbose_json', 'vtt', 'diarized_json'] }],
    ['temperature', optionalText],
    ['stream', optionalText],
  ]),
};

export const transcriptionsRoute: TaskRoute = {
  task: 'transcribe',
  dialect: anyTask(openaiTranscriptions),
  need: 'transcription',
  modality: 'transcript',
  shape: formShape,
  form: true,
};

export const translationsRoute: TaskRoute = { ...transcriptionsRoute, task: 'translate-audio', dialect: anyTask(openaiTranslations) };
