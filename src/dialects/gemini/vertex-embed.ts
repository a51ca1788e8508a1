// Embeddings by Vertex AI's `:predict`, for upstreams only: a list of instances in, a list of predictions out.
import type { EmbedRequest, EmbedResponse } from '../../canonical/tasks.ts';
import { usageFromTotals } from '../../canonical/usage.ts';
import type { Warning } from '../../canonical/warning.ts';
import { GatewayError } from '../../core/errors.ts';
import { asArray, asNumber, asObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { EncodedTask, TaskDialect } from '../task-dialect.ts';
import { decodeUpstreamError } from '../upstream-error.ts';
import { taskTypes } from './embed.ts';
import { badReply, findError } from './errors.ts';

function encodeRequest(request: EmbedRequest): EncodedTask {
  const warnings: Warning[] = [];
  if (request.truncate === 'start') {
    warnings.push({ field: 'truncate', kind: 'changed', message: 'this provider cuts inputs that are too long at their end' });
  }
  if (request.endUser !== undefined) warnings.push({ field: 'user', kind: 'dropped', message: 'this provider takes no user' });
  const instances = request.inputs.map((input) => {
    if (input.kind !== 'text') {
      throw new GatewayError('unsupported_capability', 'this provider embeds texts only; send the text', { param: 'input' });
    }
    return { content: input.text, ...(request.purpose !== undefined && { task_type: taskTypes[request.purpose] }) };
  });
  const parameters = {
    ...(request.dimensions !== undefined && { outputDimensionality: request.dimensions }),
    ...(request.truncate === 'none' && { autoTruncate: false }),
  };
  const json = { instances, ...(Object.keys(parameters).length > 0 && { parameters }) };
  return { body: { kind: 'json', json: json as JsonObject }, warnings };
}

function decodeResponse(body: JsonValue, { request, model }: { readonly request: EmbedRequest; readonly model: string }): EmbedResponse {
  const answer = asObject(body) ?? {};
  const error = findError(answer);
  if (error !== undefined) throw error;
  const rows = (asArray(answer.predictions) ?? []).map((row) => asObject(asObject(row)?.embeddings));
  const vectors = rows.map((row) => (asArray(row?.values) ?? []).map((value) => asNumber(value) ?? 0));
  if (vectors.length !== request.inputs.length || vectors.some((vector) => vector.length === 0)) {
    throw badReply('the provider answered with another number of embeddings than it was asked for', answer);
  }
  const counts = rows.map((row) => asNumber(asObject(row?.statistics)?.token_count));
  const inputTotal = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  return {
    model,
    vectors,
    ...(counts.every((count) => count !== undefined) && { usage: usageFromTotals({ inputTotal, outputTotal: 0 }) }),
  };
}

export const vertexEmbed: TaskDialect<EmbedRequest, EmbedResponse> = {
  id: 'vertex-embed',
  tasks: ['embed'],
  encodeRequest,
  decodeResponse,
  decodeError: decodeUpstreamError,
};
