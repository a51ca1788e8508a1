// What importing the library costs: wall time and memory, in fresh processes, ESM and CommonJS. `node bench/library-load.ts [dist folder]`
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { median } from './measure/statistics.ts';

const runs = 15;
const dist = process.argv[2] ?? join(import.meta.dirname, '..', 'dist');

for (const [name, load, flags] of [
  ['ESM', `await import(${JSON.stringify(join(dist, 'lib/index.js'))})`, ['--input-type=module']],
  ['CommonJS', `require(${JSON.stringify(join(dist, 'lib/index.cjs'))})`, ['--input-type=commonjs']],
] as const) {
  const code = `const memory = process.memoryUsage().rss, start = performance.now(); ${load};
    console.log(JSON.stringify([performance.now() - start, (process.memoryUsage().rss - memory) / 1048576]))`;
  const measured = Array.from(
    { length: runs },
    () => JSON.parse(execFileSync(process.execPath, [...flags, '-e', code], { encoding: 'utf8' })) as readonly [number, number],
  );
  const ms = median(measured.map(([elapsedMs]) => elapsedMs));
  const megabytes = median(measured.map(([, size]) => size));
  process.stdout.write(`${name}: ${ms.toFixed(1)} ms, ${megabytes.toFixed(1)} MB (median of ${runs})\n`);
}
