// The load process: takes jobs over the parent's channel, one at a time, and reports. Exits with its parent.
import type { LoadMessage, LoadReply } from './load/job.ts';
import { runJob } from './load/run-job.ts';

let release: (() => void) | undefined;

function reply(message: LoadReply): void {
  process.send?.(message);
}

process.on('message', (message: LoadMessage) => {
  if (message.type === 'release') {
    release?.();
    release = undefined;
    return;
  }
  runJob(message.job).then(
    (outcome) => {
      release = outcome.release;
      reply({ type: message.job.pace.kind === 'hold' ? 'held' : 'report', report: outcome.report });
    },
    (error: unknown) => reply({ type: 'failed', reason: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
reply({ type: 'ready' });
