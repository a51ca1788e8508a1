// Failures as AWS services tell them: the kind stands in a header, in `__type`, or in the name of a stream's exception frame.
import { GatewayError } from '../../core/errors.ts';
import { asNumber, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ErrorReply } from '../dialect.ts';
import { decodeUpstreamError, decodeUpstreamFault } from '../upstream-error.ts';

export function decodeError(reply: ErrorReply): GatewayError {
  const body = asObject(reply.body) ?? {};
  const type = plainType(reply.header('x-amzn-errortype') ?? asString(body.__type));
  const message = messageOf(body);
  if (type === '' && message === undefined) return decodeUpstreamError(reply);
  const code = codeOf(type, message);
  const error: JsonObject = {
    ...(message !== undefined && { message }),
    ...(type !== '' && { type }),
    ...(code !== undefined && { code }),
  };
  return decodeUpstreamError({ ...reply, status: statusOf(type) ?? reply.status, body: { error } });
}

/** An exception inside a stream that had begun well; `name` is what follows `exception:` in the frame's event. */
export function decodeException(name: string, payload: JsonValue | undefined): GatewayError {
  const body = asObject(payload) ?? {};
  const type = plainType(name);
  const message = messageOf(body) ?? (name.includes(': ') ? name.slice(name.indexOf(': ') + 2) : undefined);
  const status = asNumber(body.originalStatusCode);
  const word = codeOf(type, message) ?? words[type.toLowerCase()];
  const error: JsonObject = {
    ...(message !== undefined && { message }),
    type: type === '' ? 'unknown' : type,
    ...(word !== undefined ? { code: word } : status !== undefined && { code: status }),
  };
  return decodeUpstreamFault({ error });
}

/** A whole answer that is an error object all the same. */
export function findError(body: JsonObject): GatewayError | undefined {
  if (body.output !== undefined || body.stopReason !== undefined) return undefined;
  const type = asString(body.__type);
  const message = messageOf(body);
  if (type === undefined && message === undefined) return undefined;
  return decodeException(type ?? '', { ...body, ...(message !== undefined && { message }) });
}

/** `com.amazon.coral.service#ThrottlingException:http://…` → `ThrottlingException`. */
function plainType(type: string | undefined): string {
  const bare = (type ?? '').split(':')[0] ?? '';
  return bare.slice(bare.lastIndexOf('#') + 1).trim();
}

function messageOf(body: JsonObject): string | undefined {
  return asString(body.message) ?? asString(body.Message) ?? asString(body.originalMessage);
}

/** Kinds whose HTTP status misleads: a quota is told with 400, a model that is still loading with 429. */
function statusOf(type: string): number | undefined {
  switch (type) {
    case 'ServiceQuotaExceededException':
    case 'ThrottlingException':
      return 429;
    case 'ModelNotReadyException':
      return 503;
    default:
      return undefined;
  }
}

/** Words of other grammars that classify what AWS says in prose only. */
function codeOf(type: string, message: string | undefined): string | undefined {
  if (signatureTrouble.has(type)) return 'unauthenticated';
  if (message === undefined) return undefined;
  if (/model identifier is invalid|on-demand throughput isn.t supported|could not resolve the foundation model/i.test(message)) {
    return 'model_not_found';
  }
  if (/^(ValidationException)?$/i.test(type) && saysTooLong.test(message)) {
    return 'context_length_exceeded';
  }
  return undefined;
}

const saysTooLong = /(input|prompt|context)\b.*\btoo long|exceeds the (maximum|limit).*tokens|too many (input )?tokens(?!.* per )/i;

const signatureTrouble = new Set([
  'UnrecognizedClientException',
  'ExpiredTokenException',
  'ExpiredToken',
  'InvalidSignatureException',
  'IncompleteSignatureException',
  'MissingAuthenticationTokenException',
  'InvalidClientTokenId',
]);

/** The exceptions of streams, which have no status. */
const words: Readonly<Record<string, string>> = {
  throttlingexception: 'rate_limit_error',
  servicequotaexceededexception: 'rate_limit_error',
  serviceunavailableexception: 'overloaded_error',
  modelnotreadyexception: 'overloaded_error',
  modeltimeoutexception: 'timeout_error',
  validationexception: 'invalid_request_error',
  accessdeniedexception: 'permission_error',
  resourcenotfoundexception: 'not_found_error',
};

export function badReply(what: string, cause?: JsonValue): GatewayError {
  return new GatewayError('upstream_bad_reply', what, cause === undefined ? {} : { cause });
}

export function truncated(): GatewayError {
  return new GatewayError('upstream_truncated', 'the provider ended its stream without a stop reason; send the request again');
}

export function requireObject(body: JsonValue): JsonObject {
  if (!isObject(body)) throw badReply('the provider answered something that is not an object');
  return body;
}
