// The entry point of `mpc`.
import { runProgram } from './program.ts';
import { endQuietlyWhenReaderLeaves } from './terminal.ts';

endQuietlyWhenReaderLeaves();
// Not process.exit: output may still be on its way into a pipe, and `start` and `logs --follow` go on running.
process.exitCode = await runProgram(process.argv.slice(2));
