// Validates data/: form, prices, names, references, and that everything clients rely on is there.
// `node scripts/check-catalog.ts`; exits 1 with one line for each problem. `--write FILE` writes the compiled artefact.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileCatalog } from '../src/catalog/compile-catalog.ts';
import { findProblems } from '../src/catalog/find-problems.ts';
import { missingPromises } from '../src/catalog/promises.ts';

const dataDir = fileURLToPath(new URL('../data', import.meta.url));

function main(args: readonly string[]): number {
  const compiled = compileCatalog(dataDir);
  const problems = [...findProblems(compiled), ...missingPromises(compiled)];
  if (problems.length > 0) {
    process.stderr.write(`${problems.join('\n')}\n`);
    return 1;
  }
  const at = args.indexOf('--write');
  const file = at === -1 ? undefined : args[at + 1];
  if (file !== undefined) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(compiled)}\n`);
  }
  const priced = compiled.offers.filter((offer) => offer.price !== undefined).length;
  const providers = new Set(compiled.offers.map((offer) => offer.provider)).size;
  process.stdout.write(
    `catalog ${compiled.version}: ${Object.keys(compiled.models).length} models, ${compiled.offers.length} offers of ${providers} providers ` +
      `(${priced} with a price), ${compiled.aliases.length} aliases, ${compiled.tasks.length} tasks, ${compiled.domains.length} domains, ` +
      `${compiled.jobs.length} job types\n`,
  );
  return 0;
}

process.exitCode = main(process.argv.slice(2));
