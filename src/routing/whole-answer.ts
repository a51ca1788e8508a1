// An upstream's answer that is no stream: the model's own, or the error that the provider says it in.
import { GatewayError } from '../core/errors.ts';
import { type JsonValue, parseJson, tryParseJson } from '../core/json.ts';
import type { AnswerFacts, ErrorReply } from '../dialects/dialect.ts';
import type { ErrorRules } from '../providers/provider.ts';
import type { UpstreamHeaders } from '../transport/upstream-call.ts';
import { applyErrorRules } from './error-rules.ts';

export interface WholeAnswerOptions {
  /** Reads what accounting needs from a whole answer; throws when it is not one. */
  readonly readAnswer: (json: JsonValue) => AnswerFacts;
  /** The same from the bytes, where they pass unread; undefined = parse it. */
  readonly scanAnswer?: ((bytes: Buffer) => AnswerFacts | undefined) | undefined;
  /** It need not be JSON: `json` of it is not asked for. */
  readonly takesBytes?: boolean;
  readonly decodeError: (reply: ErrorReply) => GatewayError;
  /** What the provider means by its own statuses and codes. */
  readonly errorRules: ErrorRules | undefined;
  /** Values that must never be shown, should the upstream echo them. */
  readonly secrets: readonly string[];
}

export interface AnswerHead {
  readonly status: number;
  readonly headers: UpstreamHeaders;
}

export interface WholeAnswer extends AnswerHead {
  readonly kind: 'whole';
  readonly body: Buffer;
  readonly json: () => JsonValue;
  readonly facts: AnswerFacts;
}

/** Of an error nobody needs to read more. */
export const maxErrorBodyBytes = 64 * 1024;
const shownErrorChars = 500;
/** From here on scanning an answer is cheaper than parsing it. */
const scannedBytes = 8 * 1024;

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Throws what the provider's error, or what is no answer at all, means to the caller. `head`: undefined = none came. */
export function readWholeAnswer(head: AnswerHead | undefined, body: Buffer, options: WholeAnswerOptions): WholeAnswer {
  if (head === undefined) throw new GatewayError('upstream_unreachable', 'the provider closed the connection without an answer');
  const { status, headers } = head;
  if (status === 200 && body.length >= scannedBytes) {
    const facts = options.scanAnswer?.(body);
    if (facts !== undefined) return { kind: 'whole', status, headers, body, json: () => parseJson(body.toString()), facts };
  }
  if (options.takesBytes === true && isSuccess(status) && !isText(headers)) {
    return { kind: 'whole', status, headers, body, json: () => parseJson(body.toString()), facts: { outputChars: 0 } };
  }
  const text = body.toString();
  const json = tryParseJson(text);
  if (!isSuccess(status)) throw decodeFailure(head, { json, text }, options);
  if (json === undefined) {
    throw new GatewayError(
      'upstream_bad_reply',
      `the provider answered ${status} with something that is not JSON (${describeBody(headers, body)})`,
      { cause: text.slice(0, shownErrorChars) },
    );
  }
  return { kind: 'whole', status, headers, body, json: () => json, facts: options.readAnswer(json) };
}

interface ReadBody {
  readonly json: JsonValue | undefined;
  readonly text: string;
}

function decodeFailure({ status, headers }: AnswerHead, { json, text }: ReadBody, options: WholeAnswerOptions): GatewayError {
  if (status >= 300 && status < 400) {
    return new GatewayError(
      'upstream_bad_reply',
      'the provider answered with a redirect; credentials only go to the configured address, so correct the base URL',
      { upstreamStatus: status },
    );
  }
  const shownText = options.secrets.reduce((shown, secret) => shown.replaceAll(secret, '[hidden]'), text.slice(0, maxErrorBodyBytes));
  const error = options.decodeError({
    status,
    header: (name) => headerText(headers, name) || undefined,
    body: shownText === text ? json : tryParseJson(shownText),
    text: shownText.slice(0, shownErrorChars),
  });
  return applyErrorRules(error, options.errorRules);
}

/** '' when it is absent, the first value when there are several. */
export function headerText(headers: UpstreamHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : Array.isArray(value) ? (value[0] ?? '') : '';
}

/** JSON and pages; what else a provider calls its answer, it is bytes. */
function isText(headers: UpstreamHeaders): boolean {
  return /json|html/.test(headerText(headers, 'content-type').toLowerCase());
}

function describeBody(headers: UpstreamHeaders, body: Buffer): string {
  const type = headerText(headers, 'content-type') || 'no content type';
  return `${type.slice(0, 60)}, ${body.length} bytes`;
}
