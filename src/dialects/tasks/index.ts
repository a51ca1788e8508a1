// The grammars of work that is not chat, by id.
import type { TaskDialectId } from '../../canonical/tasks.ts';
import { GatewayError } from '../../core/errors.ts';
import { bedrockEmbed } from '../bedrock-converse/embed.ts';
import { bedrockImage } from '../bedrock-converse/image.ts';
import { bedrockRerank } from '../bedrock-converse/rerank.ts';
import { cohereEmbed } from '../cohere-v2/embed.ts';
import { cohereRerank } from '../cohere-v2/rerank.ts';
import { geminiEmbed } from '../gemini/embed.ts';
import { vertexEmbed } from '../gemini/vertex-embed.ts';
import { anyTask, type TaskDialect } from '../task-dialect.ts';
import { elevenlabsSpeech } from './elevenlabs-speech.ts';
import { elevenlabsTranscription } from './elevenlabs-transcription.ts';
import { falImage } from './fal-image.ts';
import { huggingfaceEmbed, huggingfaceImage } from './huggingface.ts';
import { openaiEmbeddings } from './openai-embeddings.ts';
import { openaiImageEdits, openaiImages } from './openai-images.ts';
import { openaiModerations } from './openai-moderations.ts';
import { openaiSpeech } from './openai-speech.ts';
import { openaiTranscriptions, openaiTranslations } from './openai-transcriptions.ts';
import { replicateImage } from './replicate-image.ts';

const all: readonly TaskDialect[] = [
  anyTask(bedrockEmbed),
  anyTask(bedrockImage),
  anyTask(bedrockRerank),
  anyTask(cohereEmbed),
  anyTask(cohereRerank),
  anyTask(elevenlabsSpeech),
  anyTask(elevenlabsTranscription),
  anyTask(falImage),
  anyTask(geminiEmbed),
  anyTask(huggingfaceEmbed),
  anyTask(huggingfaceImage),
  anyTask(openaiEmbeddings),
  anyTask(openaiImageEdits),
  anyTask(openaiImages),
  anyTask(openaiModerations),
  anyTask(openaiSpeech),
  anyTask(openaiTranscriptions),
  anyTask(openaiTranslations),
  anyTask(replicateImage),
  anyTask(vertexEmbed),
];

const byId = new Map<TaskDialectId, TaskDialect>(all.map((dialect) => [dialect.id, dialect]));

export function taskDialectOf(id: TaskDialectId): TaskDialect {
  const dialect = byId.get(id);
  if (dialect === undefined) throw new GatewayError('internal_error', `no codec for the task dialect ${id}`);
  return dialect;
}
