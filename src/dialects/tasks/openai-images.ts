// OpenAI's images: generations as JSON, edits as a multipart form. A stream carries partial pictures and ends in one event with all of it.
import type { ImageRequest, ImageResponse, TaskDialectId, UploadedFile } from '../../canonical/tasks.ts';
import { noUsage, partsMember, type Usage, usageFromTotals } from '../../canonical/usage.ts';
import type { Warning } from '../../canonical/warning.ts';
import { systemClock } from '../../core/clock.ts';
import { GatewayError } from '../../core/errors.ts';
import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '../../core/json.ts';
import { encodeSse } from '../../framing/sse.ts';
import type { EncodedAnswer, MultipartPart, TaskDecodeContext, TaskDialect, TaskEvents } from '../task-dialect.ts';
import { warnForeign } from './left-out.ts';
import { otherMembers, readFlag, readNumber, readOneOf, readSize, readText, needText, wrongField } from './read-fields.ts';

const known = new Set([
  'model',
  'prompt',
  'n',
  'size',
  'quality',
  'style',
  'background',
  'output_format',
  'response_format',
  'seed',
  'stream',
  'user',
  'image',
  'mask',
]);

function decodeRequest(id: TaskDialectId, body: JsonObject, { task, files }: TaskDecodeContext): ImageRequest {
  const count = readNumber(body, 'n', { min: 1, max: 100, integer: true });
  const size = readSize(body, 'size');
  const words = {
    quality: readText(body, 'quality'),
    style: readText(body, 'style'),
    background: readText(body, 'background'),
    outputFormat: readOneOf(body, 'output_format', ['png', 'jpeg', 'webp']),
    endUser: readText(body, 'user'),
  };
  const wanted = readOneOf(body, 'response_format', ['url', 'b64_json']);
  const seed = readNumber(body, 'seed', { integer: true });
  const others = otherMembers(body, known);
  const images = files['image'];
  const mask = files['mask']?.[0];
  if (task === 'image-edit' && images === undefined) throw wrongField('image', 'is missing; send at least one file of that name');
  return {
    task: task === 'image-edit' ? 'image-edit' : 'image',
    dialect: id,
    model: readText(body, 'model') ?? '',
    prompt: needText(body, 'prompt'),
    ...(count !== undefined && { count }),
    ...(size !== undefined && { size }),
    ...(Object.fromEntries(Object.entries(words).filter(([, word]) => word !== undefined)) as Partial<ImageRequest>),
    ...(wanted !== undefined && { answer: wanted === 'url' ? 'url' : 'base64' }),
    ...(seed !== undefined && { seed }),
    ...(readFlag(body, 'stream') === true && { stream: true }),
    ...(images !== undefined && { images }),
    ...(mask !== undefined && { mask }),
    ...(others !== undefined && { extensions: { [id]: others } }),
  };
}

function encodeResponse(
  response: ImageResponse,
  { request, warnings }: { readonly request: ImageRequest; readonly warnings: Warning[] },
): EncodedAnswer {
  const data = response.images.map(({ url, base64, revisedPrompt }) => ({
    ...(base64 !== undefined && { b64_json: base64 }),
    ...(url !== undefined && { url }),
    ...(revisedPrompt !== undefined && { revised_prompt: revisedPrompt }),
  }));
  warnOtherForm(response, request, warnings);
  const usage = writeUsage(response.usage);
  if (request.stream !== true) return { kind: 'json', json: { created: response.created, data, ...(usage !== undefined && { usage }) } };
  // The provider made the pictures at once, so there is nothing partial to tell.
  const type = request.task === 'image' ? 'image_generation.completed' : 'image_edit.completed';
  const frames = data.map((picture) =>
    encodeSse(JSON.stringify({ type, created_at: response.created, ...picture, ...(usage && { usage }) }), type),
  );
  return { kind: 'text', text: frames.join(''), contentType: 'text/event-stream; charset=utf-8' };
}

function warnOtherForm(response: ImageResponse, request: ImageRequest, warnings: Warning[]): void {
  const wantsBase64 = request.answer === 'base64';
  const wrong = response.images.some(({ url, base64 }) =>
    wantsBase64 ? base64 === undefined : request.answer === 'url' && url === undefined,
  );
  if (!wrong) return;
  const form = wantsBase64 ? 'addresses' : 'the pictures themselves';
  warnings.push({ field: 'response_format', kind: 'changed', message: `this provider answers with ${form} only` });
}

function jsonBody(request: ImageRequest, model: string): JsonObject {
  const { size } = request;
  return {
    model,
    prompt: request.prompt,
    ...(request.count !== undefined && { n: request.count }),
    ...(size !== undefined && { size: `${size.width}x${size.height}` }),
    ...(request.quality !== undefined && { quality: request.quality }),
    ...(request.style !== undefined && { style: request.style }),
    ...(request.background !== undefined && { background: request.background }),
    ...(request.outputFormat !== undefined && { output_format: request.outputFormat }),
    // These models always answer base64 and refuse the member.
    ...(request.answer !== undefined &&
      !/^(chatgpt-image|gpt-image)/.test(model) && { response_format: request.answer === 'url' ? 'url' : 'b64_json' }),
    ...(request.seed !== undefined && { seed: request.seed }),
    ...(request.endUser !== undefined && { user: request.endUser }),
  };
}

function decodeResponse(json: Parameters<NonNullable<TaskDialect['decodeResponse']>>[0], request: ImageRequest): ImageResponse {
  const body = asObject(json);
  const data = asArray(body?.['data']);
  if (data === undefined || data.length === 0) throw noImages();
  const images = data.map((entry) => {
    const fields = asObject(entry) ?? {};
    const url = asString(fields['url']);
    const base64 = asString(fields['b64_json']);
    const revisedPrompt = asString(fields['revised_prompt']);
    if (url === undefined && base64 === undefined) throw noImages();
    return {
      ...(url !== undefined && { url }),
      ...(base64 !== undefined && { base64 }),
      ...(revisedPrompt !== undefined && { revisedPrompt }),
    };
  });
  return {
    created: asNumber(body?.['created']) ?? Math.floor(systemClock.wallMs() / 1_000),
    images,
    usage: readImageUsage(body) ?? imageUnits(request, images.length),
  };
}

/** Tokens, where the model counts them (gpt-image); else pictures. */
export function readImageUsage(body: JsonObject | undefined): Usage | undefined {
  const reported = asObject(body?.['usage']);
  const input = asNumber(reported?.['input_tokens']) ?? asNumber(reported?.['prompt_tokens']);
  const output = asNumber(reported?.['output_tokens']) ?? asNumber(reported?.['completion_tokens']);
  if (input === undefined && output === undefined) return undefined;
  const cached = asNumber(asObject(reported?.['input_tokens_details'])?.['cached_tokens']);
  return {
    ...usageFromTotals({ inputTotal: input ?? 0, outputTotal: output ?? 0, ...(cached !== undefined && { cachedInput: cached }) }),
    // Pictures have prices of their own, read and made.
    ...partsMember({
      inputImage: asNumber(asObject(reported?.['input_tokens_details'])?.['image_tokens']),
      outputImage: asNumber(asObject(reported?.['output_tokens_details'])?.['image_tokens']),
    }),
  };
}

/** `1024x1024/high`: what the price of a picture depends on, as far as the caller chose it. */
export function imageUnits(request: ImageRequest, count: number): Usage {
  const { size, quality } = request;
  const variant = [size === undefined ? undefined : `${size.width}x${size.height}`, quality === 'auto' ? undefined : quality]
    .filter((part) => part !== undefined)
    .join('/');
  return { ...noUsage, units: [{ unit: 'image', count, ...(variant !== '' && { variant }) }] };
}

function writeUsage(usage: Usage | undefined): JsonObject | undefined {
  if (usage === undefined || usage.units !== undefined) return undefined;
  const input = usage.input + usage.cachedInput + usage.cacheWrite;
  const output = usage.output + usage.reasoning;
  return { input_tokens: input, output_tokens: output, total_tokens: input + output };
}

const noImages = (): GatewayError => new GatewayError('upstream_bad_reply', 'the provider answered without a picture');

const events: TaskEvents = {
  isLast: (event) => (asString(event['type']) ?? '').endsWith('.completed'),
  usageOf: (event) => readImageUsage(event),
};

const usageOf = (request: ImageRequest): Usage => imageUnits(request, request.count ?? 1);

export const openaiImages: TaskDialect<ImageRequest, ImageResponse> = {
  id: 'openai-images',
  tasks: ['image'],
  events,
  usageOf,
  decodeRequest: (body, context) => decodeRequest('openai-images', body, context),
  encodeResponse,
  encodeRequest: (request, { model }) => ({
    body: { kind: 'json', json: { ...jsonBody(request, model), ...request.extensions?.['openai-images'] } },
    warnings: warnForeign(request, 'openai-images'),
  }),
  decodeResponse: (json, { request }) => decodeResponse(json, request),
};

export const openaiImageEdits: TaskDialect<ImageRequest, ImageResponse> = {
  id: 'openai-image-edits',
  tasks: ['image-edit'],
  events,
  usageOf,
  decodeRequest: (body, context) => decodeRequest('openai-image-edits', body, context),
  encodeResponse,
  encodeRequest(request, { model }) {
    const { stream: _stream, ...rest } = request;
    const texts = Object.entries({ ...jsonBody(rest, model), ...request.extensions?.['openai-image-edits'] });
    const fields = texts.map(
      ([name, value]): MultipartPart => ({ kind: 'field', name, value: isObject(value) ? JSON.stringify(value) : String(value) }),
    );
    const file = (name: string, one: UploadedFile): MultipartPart => ({ kind: 'file', name, file: one });
    const images = request.images ?? [];
    return {
      body: {
        kind: 'multipart',
        parts: [
          ...fields,
          ...images.map((image) => file(images.length === 1 ? 'image' : 'image[]', image)),
          ...(request.mask === undefined ? [] : [file('mask', request.mask)]),
        ],
      },
      warnings: warnForeign(request, 'openai-image-edits'),
    };
  },
  decodeResponse: (json, { request }) => decodeResponse(json, request),
};
