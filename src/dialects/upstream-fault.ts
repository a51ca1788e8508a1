// Every shape in which providers write an error body → one record. Reading never fails: what is not understood stays undefined.
import { asArray, asNumber, asObject, asString, isObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { isRetryInfo } from './retry-after.ts';

/** What an error body says, before anyone decides what it means. */
export interface UpstreamFault {
  readonly message?: string;
  readonly type?: string;
  readonly code?: string;
  readonly param?: string;
  /** An HTTP status told in the body: OpenRouter's and Google's numeric `code`, LiteLLM's `"429"`. */
  readonly status?: number;
  /** More words that classify: Azure's `innererror.code`, Google's `status`, Google's and Novita's `reason`. */
  readonly words?: readonly string[];
  /** Google's quota answers are a rate limit when they say when to come back. */
  readonly hasRetryInfo?: boolean;
  /** The prompt was flagged by moderation (OpenRouter's metadata). */
  readonly flagged?: boolean;
  /** Groq's rejected tool call, for the caller's own debugging. */
  readonly failedGeneration?: string;
}

/** Undefined when the body is no error shape at all. */
export function readFault(body: JsonValue | undefined): UpstreamFault | undefined {
  // Google's streaming endpoints answer an array of one error when called without alt=sse.
  const whole = Array.isArray(body) ? body[0] : body;
  if (!isObject(whole)) return undefined;
  const error = whole.error;
  if (isObject(error)) return readErrorObject(error);
  if (typeof error === 'string' && error !== '') {
    return compact({ message: error, type: asString(whole.type), ...readCode(whole.code ?? whole.status_code) });
  }
  if (Array.isArray(error)) return compact({ message: error.map(toText).join('; ') });
  if (whole.message !== undefined && whole.message !== null) return readErrorObject(whole);
  if (whole.detail !== undefined && whole.detail !== null) return readDetail(whole.detail, whole);
  if (Array.isArray(whole.errors)) return compact({ message: whole.errors.map(toText).join('; ') });
  if (typeof whole.title === 'string') return compact({ message: whole.title, ...readCode(whole.status) });
  return undefined;
}

function readErrorObject(error: JsonObject): UpstreamFault {
  const metadata = asObject(error.metadata);
  const details = (asArray(error.details) ?? []).map(asObject);
  const words = [
    asString(asObject(error.innererror)?.code),
    asString(asObject(error.inner_error)?.code),
    asString(error.status),
    // Novita: `{code: 403, reason: "NOT_ENOUGH_BALANCE"}`.
    asString(error.reason),
    ...details.map((detail) => asString(detail?.reason)),
  ].filter((word) => word !== undefined);
  return compact({
    ...readMessage(error, metadata),
    type: asString(error.type),
    param: asString(error.param),
    ...readCode(error.code ?? error.status_code),
    words: words.length > 0 ? words : undefined,
    hasRetryInfo: details.some((detail) => isRetryInfo(detail?.['@type'])) || undefined,
    flagged: metadata?.flagged_input !== undefined || undefined,
    failedGeneration: asString(error.failed_generation),
  });
}

function readMessage(error: JsonObject, metadata: JsonObject | undefined): { message?: string | undefined; param?: string | undefined } {
  // Mistral nests FastAPI's validation list under `message`.
  const nested = asObject(error.message)?.detail;
  if (nested !== undefined) return readValidation(nested);
  const message = error.message === undefined || error.message === null ? undefined : toText(error.message);
  // OpenRouter says "Provider returned error"; what the provider said is in `raw`.
  const raw = asString(metadata?.raw);
  return { message: message !== undefined && raw !== undefined && raw !== '' ? `${message}: ${raw.slice(0, 300)}` : message };
}

/** FastAPI (`[{loc, msg}]`), ElevenLabs (`{status|code, message}`), DeepInfra (`{error}`), plain text. */
function readDetail(detail: JsonValue, whole: JsonObject): UpstreamFault {
  if (isObject(detail)) {
    const message = detail.message ?? detail.error;
    return compact({
      message: message === undefined ? toText(detail) : toText(message),
      type: asString(detail.type),
      ...readCode(detail.code ?? detail.status),
    });
  }
  return compact({ ...readValidation(detail), ...readCode(whole.code ?? whole.status) });
}

function readValidation(detail: JsonValue): { message: string; param?: string | undefined } {
  if (!Array.isArray(detail)) return { message: toText(detail) };
  const places = detail.map((item: JsonValue) => readPlace(asObject(item)));
  const lines = detail.map((item: JsonValue, at: number) => {
    const text = asString(asObject(item)?.msg) ?? toText(item);
    return places[at] === undefined ? text : `${places[at]}: ${text}`;
  });
  return { message: lines.join('; '), param: places[0] };
}

/** `["body", "messages", 0, "role"]` → `messages[0].role`. */
function readPlace(item: JsonObject | undefined): string | undefined {
  const steps = (asArray(item?.loc) ?? []).filter((step, at) => !(at === 0 && step === 'body'));
  if (steps.length === 0) return undefined;
  return steps.map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at === 0 ? '' : '.'}${toText(step)}`)).join('');
}

function readCode(code: JsonValue | undefined): { code?: string; status?: number } {
  const numeric = asNumber(code) ?? (typeof code === 'string' && /^[45]\d\d$/.test(code) ? Number(code) : undefined);
  if (numeric !== undefined)
    return numeric >= 400 && numeric < 600 ? { code: String(numeric), status: numeric } : { code: String(numeric) };
  return typeof code === 'string' && code !== '' ? { code } : {};
}

function toText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Drops undefined members, so that absent means absent. */
function compact(fault: { [Key in keyof UpstreamFault]: UpstreamFault[Key] | undefined }): UpstreamFault {
  return Object.fromEntries(Object.entries(fault).filter(([, value]) => value !== undefined)) as UpstreamFault;
}
