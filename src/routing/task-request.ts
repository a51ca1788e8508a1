// A prepared task as an HTTP request: path, headers, body.
import { GatewayError } from '../core/errors.ts';
import type { EncodedTask } from '../dialects/task-dialect.ts';
import { writeMultipart } from '../framing/multipart-write.ts';
import { fillTemplate } from '../providers/fill-template.ts';
import type { TaskEndpoint } from '../providers/provider.ts';
import type { UpstreamRequest } from '../transport/upstream-call.ts';
import { replaceHeader } from './call-headers.ts';
import type { Upstream } from './upstream.ts';

/** What the encoder made, or the caller's own JSON with its edits. */
export type TaskBodyToSend = EncodedTask['body'] | { readonly kind: 'json-bytes'; readonly data: Buffer };

export interface PathFilling {
  readonly wireId: string;
  /** Besides the model. */
  readonly pathValues: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

/** Path and query for this model. Throws `unknown_model` for an id that would lead to another path. */
export function taskPath(upstream: Upstream, endpoint: TaskEndpoint, filling: PathFilling): string {
  // A dot segment would be resolved by the server, to another path than the one that was meant.
  if (endpoint.path.includes('{model+}') && filling.wireId.split('/').some((segment) => /^\.{0,2}$/.test(segment))) {
    throw new GatewayError('unknown_model', `"${filling.wireId.slice(0, 200)}" is no model id of this provider`, { param: 'model' });
  }
  const path = upstream.pathOf({ ...endpoint, path: fillTemplate(endpoint.path, filling.pathValues) }, { model: filling.wireId }) ?? '';
  const query = new URLSearchParams(filling.query).toString();
  return query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

/** The body, with its content type and length put into the headers. */
export function writeTaskBody(body: TaskBodyToSend, headers: string[]): NonNullable<UpstreamRequest['body']> {
  switch (body.kind) {
    case 'json-bytes':
      return body.data;
    case 'json':
      return Buffer.from(JSON.stringify(body.json));
    case 'bytes':
      replaceHeader(headers, 'content-type', body.contentType);
      return body.data;
    case 'multipart': {
      const written = writeMultipart(body.parts);
      replaceHeader(headers, 'content-type', written.contentType);
      replaceHeader(headers, 'content-length', String(written.bytes));
      return written.open();
    }
  }
}
