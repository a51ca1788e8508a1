// A small client of a running gateway, for the command line: whole JSON answers and server-sent events.
import { request } from './undici.ts';
import { GatewayError } from '../core/errors.ts';
import { isObject, type JsonValue, parseJson, tryParseJson } from '../core/json.ts';
import { createSseParser, type SseFrame } from '../framing/sse.ts';

export interface GatewayClientOptions {
  /** `http://127.0.0.1:3000`; a path in it is kept in front of every request's path. */
  readonly url: string;
  /** A virtual key or the admin key. */
  readonly key?: string;
}

export interface GatewayClient {
  get(path: string): Promise<JsonValue>;
  post(path: string, body: object): Promise<JsonValue>;
  /** The data of each event; ends without the `[DONE]` mark. */
  stream(path: string, body: object, signal: AbortSignal): AsyncGenerator<string>;
}

const maxFrameBytes = 16 * 1024 * 1024;
const patienceMs = 600_000;
const statusesOfKeys: ReadonlySet<number> = new Set([401, 403]);

export function createGatewayClient({ url, key }: GatewayClientOptions): GatewayClient {
  const base = url.replace(/\/+$/, '');

  async function call(path: string, options: { readonly body?: object; readonly signal?: AbortSignal } = {}) {
    const { body, signal } = options;
    try {
      return await request(base + path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal !== undefined && { signal }),
        headersTimeout: patienceMs,
        bodyTimeout: patienceMs,
      });
    } catch (cause) {
      if (signal?.aborted === true) throw cause;
      throw new GatewayError(
        'upstream_unreachable',
        `no gateway answers at ${base}: start one with "mpc start", or name its address with --url`,
        {
          cause,
        },
      );
    }
  }

  async function whole(path: string, body?: object): Promise<JsonValue> {
    const reply = await call(path, body === undefined ? {} : { body });
    const text = await reply.body.text();
    if (reply.statusCode >= 400) throw toError(reply.statusCode, text);
    return parseJson(text);
  }

  return {
    get: (path) => whole(path),
    post: (path, body) => whole(path, body),
    async *stream(path, body, signal) {
      const reply = await call(path, { body, signal });
      if (reply.statusCode >= 400) throw toError(reply.statusCode, await reply.body.text());
      const parser = createSseParser({ maxFrameBytes });
      const frames: SseFrame[] = [];
      const collect = (frame: SseFrame): void => void frames.push(frame);
      for await (const chunk of reply.body as AsyncIterable<Buffer>) {
        parser.push(chunk, collect);
        for (const frame of frames.splice(0)) {
          if (frame.data === '[DONE]') return;
          yield frame.data;
        }
      }
      parser.end(collect);
      for (const frame of frames) if (frame.data !== '[DONE]') yield frame.data;
    },
  };
}

/** The gateway's own message, in whichever of its grammars the route speaks. */
function toError(status: number, text: string): GatewayError {
  const body = tryParseJson(text);
  const error = isObject(body) ? body['error'] : undefined;
  const message = isObject(error) ? error['message'] : isObject(body) ? (body['message'] ?? error) : undefined;
  const said = typeof message === 'string' ? message : text.slice(0, 200);
  const hint = statusesOfKeys.has(status) ? ' (give a key with --key or MPC_KEY)' : '';
  return new GatewayError('upstream_rejected', `the gateway answered ${status}: ${said}${hint}`, { status });
}
