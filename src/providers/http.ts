// An API that speaks no known grammar: what is sent and where the answer stands is declared by the operator (`template`).
import { bearer, defineProvider } from './provider.ts';

export const http = defineProvider({
  id: 'http',
  name: 'Custom HTTP API',
  docs: 'https://datatracker.ietf.org/doc/html/rfc6901',
  auth: bearer,
  keyless: true,
  openEnded: true,
  templated: true,
  chat: [],
});
