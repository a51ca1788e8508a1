// Replicate's predictions, waited for: one call that answers with the result, or says that it is not ready.
import type { ImageRequest, ImageResponse } from '../../canonical/tasks.ts';
import { GatewayError } from '../../core/errors.ts';
import { asArray, asObject, asString, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Warning } from '../../canonical/warning.ts';
import type { TaskDialect } from '../task-dialect.ts';
import { aspectRatioOf, imageAnswer } from './image-input.ts';
import { warnForeign, warnGiven } from './left-out.ts';

const id = 'replicate-image';
/** Longer than this it does not hold a call; what takes longer is a job. */
const waitSeconds = 60;

export const replicateImage: TaskDialect<ImageRequest, ImageResponse> = {
  id,
  tasks: ['image'],

  encodeRequest(request, { model }) {
    const { size, outputFormat } = request;
    const changed: Warning[] =
      size === undefined ? [] : [{ field: 'size', kind: 'changed', message: 'these models take a ratio, not a number of pixels' }];
    const input: JsonObject = {
      prompt: request.prompt,
      ...(request.count !== undefined && { num_outputs: request.count }),
      ...(size !== undefined && { aspect_ratio: aspectRatioOf(size) }),
      ...(outputFormat !== undefined && { output_format: outputFormat === 'jpeg' ? 'jpg' : outputFormat }),
      ...(request.seed !== undefined && { seed: request.seed }),
    };
    const version = model.includes(':') ? model.slice(model.indexOf(':') + 1) : undefined;
    return {
      body: { kind: 'json', json: { ...(version !== undefined && { version }), input } },
      headers: ['prefer', `wait=${waitSeconds}`],
      warnings: [
        ...changed,
        ...warnGiven(request, { quality: 'quality', style: 'style', background: 'background', stream: 'stream' }),
        ...warnForeign(request, id),
      ],
    };
  },

  decodeResponse(json, { request }) {
    const prediction = asObject(json);
    const status = asString(prediction?.['status']);
    switch (status) {
      case 'succeeded':
        return imageAnswer(request, readOutput(prediction?.['output']));
      case 'failed':
      case 'canceled':
      case 'aborted':
        throw new GatewayError(
          'upstream_error',
          `the provider's model failed: ${(asString(prediction?.['error']) ?? status).slice(0, 500)}`,
        );
      case 'starting':
      case 'processing':
      case 'queued':
        throw new GatewayError('upstream_timeout', `the picture was not ready within ${waitSeconds} seconds`);
      default:
        throw new GatewayError('upstream_bad_reply', 'the provider answered with something that is no prediction');
    }
  },
};

/** Models answer with an address, several of them, or an object that holds them. */
function readOutput(output: JsonValue | undefined): readonly string[] {
  if (typeof output === 'string') return [output];
  const list = asArray(output);
  if (list !== undefined) return list.flatMap(readOutput);
  return Object.values(asObject(output) ?? {}).flatMap((value) =>
    typeof value === 'string' && /^(https?:|data:image)/.test(value) ? [value] : [],
  );
}
