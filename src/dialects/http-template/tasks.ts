// Embeddings and images through a declared mapping.
import type { EmbedRequest, EmbedResponse, ImageRequest, ImageResponse } from '../../canonical/tasks.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import { anyTask, type TaskDialect } from '../task-dialect.ts';
import { imageAnswer } from '../tasks/image-input.ts';
import { dropped, warnForeign } from '../tasks/left-out.ts';
import { assertNoError, readUsage } from './answer.ts';
import { readPath } from './paths.ts';
import { fillBody, namesIn, type Values } from './placeholders.ts';
import type { TaskTemplate } from './template.ts';

const id = 'http-template';

export function templateEmbed(template: TaskTemplate): TaskDialect {
  const used = new Set(namesIn(template.body));
  return anyTask<EmbedRequest, EmbedResponse>({
    id,
    tasks: ['embed'],
    encodeRequest(request, { model }) {
      const texts = request.inputs.map((input, index) => {
        if (input.kind === 'text') return input.text;
        throw new GatewayError('unsupported_capability', 'this connection embeds texts only', { param: `input[${index}]` });
      });
      if (!used.has('inputs') && texts.length > 1) {
        throw new GatewayError('unsupported_capability', 'this connection embeds one text in a call', { param: 'input' });
      }
      const values: Values = { model, inputs: texts, input: texts[0], dimensions: request.dimensions, user: request.endUser };
      const left = request.dimensions !== undefined && !used.has('dimensions') ? [dropped('dimensions', noPlace)] : [];
      return { body: { kind: 'json', json: fillBody(template.body, values) }, warnings: [...left, ...warnForeign(request, id)] };
    },
    decodeResponse(body, { request, model }) {
      assertNoError(body, template);
      const found = template.response['vectors'] === undefined ? [] : readPath(body, template.response['vectors']);
      // The place of the list of vectors, or that of each by a `*`.
      const vectors = found.length === 1 && isListOfVectors(found[0]) ? found[0] : found;
      if (vectors.length !== request.inputs.length || !vectors.every(isVector)) {
        throw new GatewayError('upstream_bad_reply', 'the answer has not one vector for each text where the template says they stand');
      }
      const usage = readUsage(body, template);
      return { model, vectors, ...(usage !== undefined && { usage }) };
    },
  });
}

const noPlace = 'the template of this connection has no place for it';

function isVector(value: JsonValue | undefined): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number');
}

function isListOfVectors(value: JsonValue | undefined): value is readonly (readonly number[])[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => isVector(one as JsonValue));
}

export function templateImage(template: TaskTemplate): TaskDialect {
  const used = new Set(namesIn(template.body));
  return anyTask<ImageRequest, ImageResponse>({
    id,
    tasks: ['image'],
    encodeRequest(request, { model }) {
      const { size } = request;
      const values: Values = {
        model,
        prompt: request.prompt,
        n: request.count,
        width: size?.width,
        height: size?.height,
        size: size === undefined ? undefined : `${size.width}x${size.height}`,
        quality: request.quality,
        seed: request.seed,
        user: request.endUser,
      };
      const hasSize = used.has('size') || (used.has('width') && used.has('height'));
      const left = [
        ...(size !== undefined && !hasSize ? ['size'] : []),
        ...(request.count !== undefined && request.count > 1 && !used.has('n') ? ['n'] : []),
        ...(request.quality !== undefined && !used.has('quality') ? ['quality'] : []),
        ...(request.seed !== undefined && !used.has('seed') ? ['seed'] : []),
      ];
      return {
        body: { kind: 'json', json: fillBody(template.body, values) },
        warnings: [...left.map((field) => dropped(field, noPlace)), ...warnForeign(request, id)],
      };
    },
    decodeResponse(body, { request }) {
      assertNoError(body, template);
      const found = template.response['images'] === undefined ? [] : readPath(body, template.response['images']);
      const pictures = found.flatMap((value) => (Array.isArray(value) ? (value as readonly JsonValue[]) : [value]));
      const urls = pictures.filter((value) => typeof value === 'string');
      // Neither an address nor a data URL: the bare base64 that many servers answer.
      return imageAnswer(
        request,
        urls.map((url) => (/^(https?:|data:)/.test(url) ? url : `data:image/png;base64,${url}`)),
      );
    },
  });
}
