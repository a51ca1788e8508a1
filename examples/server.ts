// The whole gateway inside a program: the same settings as `mpc start`.
import { serve } from 'mpc-api/server';

const server = await serve({ flags: { port: '0' }, env: { MPC_LOG_LEVEL: 'silent', MPC_DATA_DIR: process.env['MPC_DATA_DIR'] } });
const reply = await fetch(`${server.url}/v1/chat/completions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'demo-fast', messages: [{ role: 'user', content: 'Hello!' }] }),
});
console.log(reply.status, (await reply.json()) as unknown);
await server.close();
