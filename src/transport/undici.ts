// What the gateway calls of undici, loaded part by part. The package's main entry brings fetch, WebSocket, caches and mocks along: 12 MB
// and a twentieth of a second at every start, for nothing that is used here. For types import 'undici' itself.
import apiRequest from 'undici/lib/api/api-request.js';
import buildConnector from 'undici/lib/core/connect.js';
import errors from 'undici/lib/core/errors.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';

export { Agent, buildConnector, Dispatcher, errors, Pool, ProxyAgent };

export interface RequestOptions extends Omit<Dispatcher.RequestOptions, 'origin' | 'path' | 'method'> {
  readonly method?: Dispatcher.HttpMethod;
  /** Default: one agent for whoever names none. */
  readonly dispatcher?: Dispatcher;
}

let sharedAgent: Agent | undefined;

/** One request to an absolute address, GET unless said otherwise; settles with the head. */
export function request(address: string | URL, options: RequestOptions): Promise<Dispatcher.ResponseData<unknown>> {
  const { dispatcher = (sharedAgent ??= new Agent()), method = 'GET', ...rest } = options;
  const { origin, pathname, search } = new URL(address);
  return apiRequest.call(dispatcher, { ...rest, method, origin, path: pathname + search });
}
