// OpenAI's images: generations, and edits of uploaded pictures.
import type { Shape } from '../../core/json-outline.ts';
import { anyTask } from '../../dialects/task-dialect.ts';
import { openaiImageEdits, openaiImages } from '../../dialects/tasks/openai-images.ts';
import type { TaskRoute } from './task-route.ts';

const optionalText: Shape = { kinds: ['string', 'null'] };

const shape: Shape = {
  kinds: ['object'],
  required: ['prompt'],
  members: new Map<string, Shape>([
    ['model', optionalText],
    ['prompt', { kinds: ['string'], notEmpty: true }],
    ['n', { kinds: ['number', 'null'], integer: true, min: 1 }],
    ['size', optionalText],
    ['quality', optionalText],
    ['style', optionalText],
    ['background', optionalText],
    ['output_format', { ...optionalText, oneOf: ['png', 'jpeg', 'webp'] }],
    ['response_format', { ...optionalText, oneOf: ['url', 'b64_json'] }],
    ['stream', { kinds: ['boolean', 'null'] }],
    ['user', optionalText],
  ]),
};

export const imagesRoute: TaskRoute = { task: 'image', dialect: anyTask(openaiImages), need: 'image_output', modality: 'image', shape };

export const imageEditsRoute: TaskRoute = {
  task: 'image-edit',
  dialect: anyTask(openaiImageEdits),
  need: 'image_edit',
  modality: 'image',
  shape,
  form: true,
};
