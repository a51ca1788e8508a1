// The failure catalogue: twenty-three rows, each a scenario that its seed fills in.
import { clientsLeave, readsSlowly, sendsItAgainAndAgain, stallsTheLoop, writesSlowly } from './client-rows.ts';
import { judge } from './oracle.ts';
import {
  cannotAskTheCache,
  cannotReadKeys,
  cannotWriteTheLedger,
  clockJumps,
  configurationChanges,
  keysRotate,
  processStops,
} from './process-rows.ts';
import { comesBack, failsBeforeItWorks, failsOften } from './routing-rows.ts';
import type { FaultRow } from './row.ts';
import { asksASecond, comesTwice, goesOnWithIt } from './second-rows.ts';
import { cannotBeReached, diesInMidStream, talksNonsense, tellsNoUsage } from './upstream-rows.ts';
import { budgetRace } from './budget-row.ts';
import { openWorld, type WorldOptions } from './world.ts';

export const rows: readonly FaultRow[] = [
  diesInMidStream,
  clientsLeave,
  failsBeforeItWorks,
  budgetRace,
  tellsNoUsage,
  failsOften,
  comesBack,
  sendsItAgainAndAgain,
  readsSlowly,
  writesSlowly,
  cannotWriteTheLedger,
  cannotAskTheCache,
  cannotReadKeys,
  clockJumps,
  configurationChanges,
  keysRotate,
  processStops,
  stallsTheLoop,
  cannotBeReached,
  talksNonsense,
  asksASecond,
  comesTwice,
  goesOnWithIt,
];

/** Plays one row, or two at once, with what the seed draws. Throws with all that went wrong and how to see it again. */
export async function playFaults(seed: number, faults: readonly FaultRow[]): Promise<void> {
  const world = await openWorld(seed, mergeOptions(faults));
  const alone = faults.length === 1;
  let failure: unknown;
  try {
    await Promise.all(faults.map((fault) => fault.play(world, alone)));
  } catch (thrown) {
    failure = thrown;
  }
  try {
    if (failure === undefined) await judge(world);
    else await world.finish();
  } catch (thrown) {
    failure = thrown;
  }
  if (failure === undefined) return;
  const which = faults.map(({ row }) => row).join('+');
  const why = failure instanceof Error ? failure.message : String(failure);
  throw new Error(`${why}\nrepeat: npm run faults -- --row ${which} --seed ${seed}`, { cause: failure });
}

function mergeOptions(faults: readonly FaultRow[]): WorldOptions {
  const yaml = faults.map(({ options }) => options?.yaml).filter((text) => text !== undefined);
  return {
    env: Object.assign({}, ...faults.map(({ options }) => options?.env)) as Record<string, string>,
    ...(yaml.length > 0 && { yaml: yaml.join('\n') }),
  };
}
