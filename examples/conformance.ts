// The laws that every provider keeps, run over one's own with the test runner at hand (here Node's): node examples/conformance.ts
import { describe, it } from 'node:test';
import { describeAdapter, describeProvider } from 'mpc-api/conformance';
import { bearer, defineProvider, openaiChat } from 'mpc-api/providers';
import { parrot } from './parrot.ts';

const acme = defineProvider({
  id: 'acme',
  name: 'Acme Inference',
  docs: 'https://docs.acme.example/api',
  baseUrl: 'https://api.acme.example/v1',
  auth: bearer,
  openEnded: true,
  chat: [openaiChat()],
});

describeProvider({ describe, it }, { definition: acme, model: 'rocket-1' });
describeAdapter({ describe, it }, { name: 'parrot', create: () => parrot, model: 'grey' });
