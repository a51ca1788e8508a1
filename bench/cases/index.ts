// All cases, in the order of the report.
import type { Case } from './case.ts';
import { coldStart } from './cold-start.ts';
import { pacedStream, requestCases } from './cpu.ts';
import { keys } from './keys.ts';
import { ledger } from './ledger.ts';
import { firstToken, latency } from './latency.ts';
import { memoryCases } from './memory.ts';

export const cases: readonly Case[] = [...requestCases, pacedStream, latency, firstToken, ...memoryCases, coldStart, keys, ledger];
