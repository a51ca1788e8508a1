// Nothing in between: the load talks to the upstream itself. What latency is measured against.
import { credentialLine } from '../wire/wire-dialect.ts';
import { type Candidate, clientHeaders, plainModel, untranslated } from './candidate.ts';

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
      stop: async () => undefined,
    };
  },
};
