// Credentials that cannot be a fixed header: a signature over the request, or a token that is renewed. They are put on in front
// of the socket pool, so that nothing above knows of them and connections with a plain key pay nothing.
import type { Dispatcher } from 'undici';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { Authorizer, OutgoingRequest } from './authorizer.ts';

export type { Authorizer, OutgoingRequest } from './authorizer.ts';

/** The same dispatcher, with each request authorized first. */
export function withAuthorizer(inner: Dispatcher, origin: string, authorizer: Authorizer): Dispatcher {
  return inner.compose((dispatch) => (options, handler) => {
    const headers = flat(options.headers);
    const request: OutgoingRequest = {
      method: options.method,
      origin,
      path: options.path,
      headers,
      body: Buffer.isBuffer(options.body)
        ? options.body
        : options.body === null || options.body === undefined
          ? Buffer.alloc(0)
          : undefined,
    };
    const go = (added: readonly string[]): void => {
      try {
        dispatch({ ...options, headers: replaceHeaders(headers, added) }, handler);
      } catch (thrown) {
        refuse(handler, thrown);
      }
    };
    let added: readonly string[] | Promise<readonly string[]>;
    try {
      added = authorizer.authorize(request);
    } catch (thrown) {
      added = Promise.reject(toGatewayError(thrown));
    }
    if (added instanceof Promise) added.then(go, (thrown: unknown) => refuse(handler, thrown));
    else go(added);
    return true;
  });
}

function refuse(handler: Dispatcher.DispatchHandler, thrown: unknown): void {
  const error =
    thrown instanceof GatewayError
      ? thrown
      : new GatewayError('upstream_auth_failed', 'no credentials for this provider could be had; run mpc doctor to see why', {
          cause: thrown,
        });
  // No request was started, so there is no controller; the listener of upstream calls does not look at it.
  handler.onResponseError?.(undefined as unknown as Dispatcher.DispatchController, error);
}

function flat(headers: Dispatcher.DispatchOptions['headers']): string[] {
  return Array.isArray(headers) ? (headers as string[]) : [];
}

function replaceHeaders(headers: readonly string[], added: readonly string[]): string[] {
  const names = new Set<string>();
  for (let i = 0; i < added.length; i += 2) names.add((added[i] ?? '').toLowerCase());
  const merged: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (!names.has(name.toLowerCase())) merged.push(name, headers[i + 1] ?? '');
  }
  merged.push(...added);
  return merged;
}
