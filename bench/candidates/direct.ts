// Nothing in between: the load talks to the upstream itself. What latency is measured against.
import { type Candidate, clientHeaders, credentialLine, plainModel, untranslated } from './candidate.ts';
import { requestPath } from '../wire/requests.ts';

export const direct: Candidate = {
  id: 'direct',
  describe: () => 'no proxy: the load calls the mock upstream',
  prepare: async () => undefined,
  takes: untranslated,
  async start({ lab }) {
    return {
      id: 'direct',
      port: lab.upstreamPort,
      pid: undefined,
      credentials: (dialect) => [credentialLine(dialect, `mpc-${'x'.repeat(40)}`)],
      headers: ({ client }) => clientHeaders(client),
      model: plainModel,
      path: ({ client }) => requestPath(client),
      stop: async () => undefined,
    };
  },
};
