// Bare node:http and undici: what the gateway's own foundation costs before any feature.
import { join } from 'node:path';
import { freePort, plainEnvironment, startProcess, untilListening } from '../measure/child-process.ts';
import { type Candidate, passThrough, untranslated } from './candidate.ts';

export const node: Candidate = {
  id: 'node',
  describe: () => `bare node:http + undici dispatch on Node ${process.versions.node}, writes of one tick joined`,
  prepare: async () => undefined,
  takes: untranslated,
  async start({ lab }) {
    const port = await freePort();
    const child = startProcess({
      command: process.execPath,
      args: [join(import.meta.dirname, '..', 'bare-node.ts'), String(port), String(lab.upstreamPort)],
      core: lab.cores?.candidate,
      cwd: lab.folder,
      env: plainEnvironment(),
      logFile: join(lab.folder, 'node.log'),
    });
    await untilListening({ child, port, timeoutMs: 10_000 });
    return passThrough('node', { port, child });
  },
};
