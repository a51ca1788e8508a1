// How long one decision takes with 500 offers, everything configured: `node bench/brain.bench.ts`.
// Un-memoised is the first time a question is asked; memoised is every other time.
import { compileCatalog } from '../src/catalog/compile-catalog.ts';
import { createCatalog } from '../src/catalog/create-catalog.ts';
import type { OfferRecord } from '../src/catalog/records.ts';
import { decide } from '../src/brain/decide.ts';
import type { ConnectionView, Profile } from '../src/brain/decision.ts';
import { createPlanner } from '../src/brain/planner.ts';
import type { Situation } from '../src/brain/question.ts';
import { resolveModel } from '../src/brain/resolve-model.ts';

const offerCount = 500;
const rounds = 3_000;

const compiled = compileCatalog(new URL('../data', import.meta.url).pathname);
const started = performance.now();
createCatalog(compiled);
const loadMs = performance.now() - started;

const copies: OfferRecord[] = [...compiled.offers];
for (let i = 0; copies.length < offerCount; i += 1) {
  const original = compiled.offers[i % compiled.offers.length];
  if (original === undefined) break;
  copies.push({
    ...original,
    id: `${original.id}-copy${i}`,
    canonical: `${original.provider}-${original.id}-copy${i}`,
    also: [],
    names: [],
  });
}
const catalog = createCatalog({ ...compiled, offers: copies });
const connections: readonly ConnectionView[] = [...catalog.providers].map((provider) => ({
  id: provider,
  provider,
  layer: 'direct',
  healthy: true,
  openEnded: false,
  wireIdFor: () => undefined,
}));
const situation: Situation = { catalog, connections, today: '2026-09-01' };
const aliasNames = resolveModel('text_general_flagship', { catalog, connections });

const cases: Readonly<Record<string, Profile>> = {
  'free choice': { needs: [], contextTokens: 1_000 },
  'task, domain, needs': {
    task: 'code',
    domain: 'software',
    needs: ['tools', 'json_schema'],
    contextTokens: 50_000,
    maxOutputTokens: 4_000,
  },
  'cheapest under a limit': { needs: [], contextTokens: 3_000, strategy: 'cost-optimized', maxCostNanoUsd: 20_000_000 },
  alias: { needs: [], contextTokens: 1_000, ...(aliasNames.kind === 'profile' && aliasNames.profile) },
  'dead end': { needs: ['audio', 'video'], qualityTier: 'flagship', contextTokens: 5_000_000 },
};

const planner = createPlanner();
const lines = Object.entries(cases).map(([name, profile]) => {
  const cold = measure(() => decide(profile, situation));
  const memo = measure(() => planner(profile, situation));
  return `${name.padEnd(24)} p50 ${cold.p50} p99 ${cold.p99} µs · memoised p50 ${memo.p50} p99 ${memo.p99} µs`;
});
const find = measure(() => catalog.find('gpt-4o'));
lines.push(`${'find'.padEnd(24)} p50 ${find.p50} p99 ${find.p99} µs`);
lines.push(
  `${catalog.offers.length} offers, ${connections.length} connections; the built-in catalog (${compiled.offers.length} offers) loads in ${loadMs.toFixed(1)} ms`,
);
process.stdout.write(`${lines.join('\n')}\n`);

function measure(run: () => unknown): { readonly p50: string; readonly p99: string } {
  for (let i = 0; i < rounds / 10; i += 1) run();
  const times: number[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const before = performance.now();
    run();
    times.push(performance.now() - before);
  }
  times.sort((one, other) => one - other);
  const at = (share: number) => ((times[Math.floor(times.length * share)] ?? 0) * 1_000).toFixed(1).padStart(7);
  return { p50: at(0.5), p99: at(0.99) };
}
