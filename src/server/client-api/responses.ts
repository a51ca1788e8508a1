// The Responses API: create, and what can be done with an answer that was kept.
import { estimateTokens } from '../../canonical/estimate.ts';
import { asString, type JsonObject, type JsonValue } from '../../core/json.ts';
import { GatewayError } from '../../core/errors.ts';
import { findMember, readMember, type Scanned, scanObject } from '../../core/json-outline.ts';
import { openaiResponses } from '../../dialects/openai-responses/index.ts';
import { responsesShape } from '../../dialects/openai-responses/shape.ts';
import type { Responses } from '../../gateway/responses.ts';
import type { Call } from '../call.ts';
import { readBody } from '../read-body.ts';
import type { Handler, Router } from '../router.ts';
import { type BodyReading, type ChatRouteOptions, gatewayMembersOpenai, lastUserText, readPositive, serveScanned } from './chat.ts';

type Options = Pick<ChatRouteOptions, 'gateway' | 'limits' | 'forwardedHeaders'> & { readonly responses: Responses };

const reading: BodyReading = {
  maxOutputTokens: (scanned) => readPositive(scanned, 'max_output_tokens'),
  promptText: (scanned) => {
    const input = readMember(scanned, 'input');
    return asString(input) ?? lastUserText(input as JsonValue | undefined);
  },
  // Work in the background would be polled for at the provider, where the answer is not the caller's but the gateway's.
  gatewayMembers: new Set([...gatewayMembersOpenai, 'background']),
  takesFallbacks: true,
};

export function addResponsesRoutes(router: Router, options: Options): void {
  const add = (method: 'GET' | 'POST' | 'DELETE', path: string, handler: Handler): void =>
    router.add({ method, path: `/v1/responses${path}`, access: 'key', handler });
  const { responses } = options;
  add('POST', '', createHandler(options));
  add('POST', '/input_tokens', countHandler(options));
  add('GET', '/{id}', (call) => {
    const body = responses.find(call.principal.id, idOf(call));
    if (body === undefined) throw notFound(idOf(call));
    call.bytes(200, body, ['content-type', 'application/json']);
  });
  add('DELETE', '/{id}', (call) => {
    if (!responses.delete(call.principal.id, idOf(call))) throw notFound(idOf(call));
    call.json(200, { id: idOf(call), object: 'response', deleted: true });
  });
  add('POST', '/{id}/cancel', (call) => {
    if (responses.find(call.principal.id, idOf(call)) === undefined) throw notFound(idOf(call));
    throw new GatewayError(
      'invalid_request',
      'only an answer that is still being made in the background can be cancelled; this one is complete',
    );
  });
  add('GET', '/{id}/input_items', (call) => {
    const items = responses.inputOf(call.principal.id, idOf(call));
    if (items === undefined) throw notFound(idOf(call));
    call.json(200, pageOf(items, call.query));
  });
}

function createHandler(options: Options): Handler {
  const route: ChatRouteOptions = { ...options, dialect: openaiResponses, shape: responsesShape, reading };
  return async (call) => {
    const scanned = await scanBody(call, options);
    assertAnswerable(scanned);
    await serveScanned(call, { scanned, remembered: options.responses.begin(call.principal.id, scanned) }, route);
  };
}

async function scanBody(call: Call, { limits }: Options): Promise<Scanned> {
  const bytes = await readBody(call.request, limits);
  return scanObject(bytes, { maxDepth: limits.jsonDepth, shape: responsesShape });
}

/** What is wrong whatever model the request names. */
function assertAnswerable(scanned: Scanned): void {
  const has = (key: string): boolean => {
    const member = findMember(scanned, key);
    return member !== undefined && member.kind !== 'null';
  };
  if (has('conversation')) {
    throw new GatewayError(
      'invalid_request',
      'conversation is not kept here; continue with previous_response_id or send the conversation as input',
      {
        param: 'conversation',
      },
    );
  }
  if (!has('input') && !has('previous_response_id') && !has('prompt')) {
    throw new GatewayError('invalid_request', 'input is missing; send a text or a list of items', { param: 'input' });
  }
}

/** An estimate that says it is one: what counts exactly is the model's own business, and it may be anyone's model. */
function countHandler(options: Options): Handler {
  return async (call) => {
    const scanned = await scanBody(call, options);
    const estimate = estimateTokens(Math.max(0, scanned.end - scanned.start - scanned.facts.mediaBytes));
    call.json(200, { object: 'response.input_tokens', input_tokens: estimate }, [
      'x-mpc-warnings',
      'input_tokens: estimated from the size of the text',
    ]);
  };
}

function idOf(call: Call): string {
  return call.params['id'] ?? '';
}

/** The same for an unknown id and for another key's: nobody learns that it exists. */
function notFound(id: string): GatewayError {
  return new GatewayError(
    'not_found',
    `there is no response ${id.slice(0, 80)} of this key; it was not stored, was deleted, or its time has passed`,
    {
      param: 'response_id',
    },
  );
}

const defaultPage = 20;
const largestPage = 100;

function pageOf(items: readonly JsonObject[], query: URLSearchParams): JsonObject {
  const order = query.get('order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw new GatewayError('invalid_request', 'order must be asc or desc', { param: 'order' });
  const limit = Number(query.get('limit') ?? defaultPage);
  if (!Number.isInteger(limit) || limit < 1 || limit > largestPage) {
    throw new GatewayError('invalid_request', `limit must be a whole number from 1 to ${largestPage}`, { param: 'limit' });
  }
  const sorted = order === 'asc' ? items : [...items].reverse();
  const after = query.get('after');
  const from = after === null ? 0 : sorted.findIndex((item) => item['id'] === after) + 1;
  const data = sorted.slice(from, from + limit);
  return {
    object: 'list',
    data,
    first_id: asString(data[0]?.['id']) ?? null,
    last_id: asString(data.at(-1)?.['id']) ?? null,
    has_more: from + limit < sorted.length,
  };
}
