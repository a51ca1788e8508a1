// All cases, in the order of the report.
import type { Case } from './case.ts';
import { coldStart } from './cold-start.ts';
import { pacedStream, requestCases } from './cpu.ts';
import { keys } from './keys.ts';
import { ledger } from './ledger.ts';
import { firstToken, latency } from './latency.ts';
import { library } from './library.ts';
import { memoryCases } from './memory.ts';
import { pairCases } from './pairs.ts';
import { uploadCase } from './upload.ts';

export const cases: readonly Case[] = [
  ...requestCases,
  pacedStream,
  latency,
  firstToken,
  ...memoryCases,
  uploadCase,
  coldStart,
  library,
  keys,
  ledger,
];

/** Those that run only when they are named, or with `--pairs`. */
export const extraCases: readonly Case[] = pairCases;
