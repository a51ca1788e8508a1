// Nothing in between: the load talks to the upstream itself. What latency is measured against.
import { type Candidate, clientHeaders, credentialLine, plainModel, untranslated } from './candidate.ts';

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
      path: ({ client }) => (client === 'anthropic' ? '/v1/messages' : '/v1/chat/completions'),
      stop: async () => undefined,
    };
  },
};
