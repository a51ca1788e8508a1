// Which ids a provider says it serves: one small GET on a connection.
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { asArray, asObject, asString, type JsonValue, tryParseJson } from '../core/json.ts';
import { decodeUpstreamError } from '../dialects/upstream-error.ts';
import { UpstreamCall } from '../transport/upstream-call.ts';
import type { Upstream } from './upstream.ts';

const waitMs = 3_000;
const maxListBytes = 8 * 1024 * 1024;

/** Rejects with the failure; undefined when the provider has no list. */
export async function listModels(upstream: Upstream, clock: Clock): Promise<readonly string[] | undefined> {
  const { models } = upstream.definition;
  const path = upstream.pathOf(models);
  if (path === undefined) return undefined;
  const { status, text, header } = await get(upstream, path, clock);
  const body = tryParseJson(text);
  if (status < 200 || status > 299) throw decodeUpstreamError({ status, header, body, text: text.slice(0, 500) });
  const ids = body === undefined ? undefined : (models?.readIds ?? readOpenaiIds)(body);
  if (ids === undefined) throw new GatewayError('upstream_bad_reply', `${upstream.id} answered something that is no list of models`);
  return ids;
}

/** OpenAI's shape, or a bare list. */
function readOpenaiIds(body: JsonValue): readonly string[] | undefined {
  const list = asArray(body) ?? asArray(asObject(body)?.['data']) ?? asArray(asObject(body)?.['models']);
  return list?.map((entry) => asString(asObject(entry)?.['id']) ?? asString(asObject(entry)?.['name'])).filter((id) => id !== undefined);
}

interface SmallReply {
  readonly status: number;
  readonly text: string;
  readonly header: (name: string) => string | undefined;
}

function get(upstream: Upstream, path: string, clock: Clock): Promise<SmallReply> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let status = 0;
    let size = 0;
    let headers: Readonly<Record<string, string | string[] | undefined>> = {};
    let cancel = (): void => undefined;
    const call = new UpstreamCall(
      {
        onHead(code, fields) {
          status = code;
          headers = fields;
        },
        onData(chunk) {
          size += chunk.length;
          if (size <= maxListBytes) chunks.push(chunk);
          else stop(new GatewayError('upstream_bad_reply', `${upstream.id} lists more than ${maxListBytes} bytes of models`));
        },
        onEnd() {
          cancel();
          const header = (name: string): string | undefined => [headers[name]].flat()[0];
          resolve({ status, text: Buffer.concat(chunks).toString(), header });
        },
        onFailure(error) {
          cancel();
          reject(error);
        },
      },
      clock,
    );
    const stop = (error: GatewayError): void => {
      cancel();
      call.abort();
      reject(error);
    };
    cancel = clock.after(waitMs, () =>
      stop(new GatewayError('upstream_timeout', `${upstream.id} did not list its models within ${waitMs} ms`)),
    );
    call.send(upstream.dispatcher, { method: 'GET', path, headers: [...upstream.headers], firstByteMs: waitMs, idleMs: waitMs });
  });
}
