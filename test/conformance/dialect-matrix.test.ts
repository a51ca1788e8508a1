// Every client's grammar with every upstream's: what one says arrives at the other, or a warning says that it does not.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clients } from './dialect-matrix/clients/index.ts';
import { type Cell, writePage } from './dialect-matrix/page.ts';
import { type ClientName, play, type Played, type UpstreamName } from './dialect-matrix/play.ts';
import { scenarios } from './dialect-matrix/scenarios.ts';
import { upstreams } from './dialect-matrix/upstreams/index.ts';

const clientNames = Object.keys(clients) as ClientName[];
const upstreamNames = Object.keys(upstreams) as UpstreamName[];

/** What a warning must speak of when a fact of this kind is lost. */
const themes: readonly (readonly [fact: RegExp, warning: RegExp])[] = [
  [/^stop /, /stop/i],
  [/^most /, /tokens/i],
  [/^mark/, /cache/i],
  [/^end refused/, /refuse/i],
  [/^schema/, /format|schema|json/i],
  [/^(reasons|thought )/, /reason|think/i],
  [/^(tool|call|result|end tools)/, /tool/i],
  [/^image /, /image|messages/i],
  [/^cached /, /cache/i],
  [/^(system|user|assistant|text) /, /messages|content|system/i],
];

function assertNothingLostInSilence(played: Played | undefined): void {
  const said = (played?.warnings ?? []).map(({ field, message }) => `${field} ${message}`);
  const silent = (played?.lost ?? []).filter((fact) => {
    const theme = themes.find(([kind]) => kind.test(fact));
    return theme === undefined || !said.some((warning) => theme[1].test(warning));
  });
  expect(silent).toEqual([]);
}

const results = scenarios.map((scenario) => ({ scenario, cells: [] as Cell[] }));

describe.each(results)('$scenario.name', ({ scenario, cells }) => {
  const pairs = clientNames.flatMap((client) => upstreamNames.map((upstream) => ({ client, upstream })));

  it.each(pairs)('$client → $upstream', ({ client, upstream }) => {
    const whole = play(scenario, { client, upstream, stream: false });
    const streamed = scenario.error === undefined ? play(scenario, { client, upstream, stream: true }) : undefined;
    cells.push({ client, upstream, same: (client as string) === upstream, whole, streamed });

    assertNothingLostInSilence(whole);
    assertNothingLostInSilence(streamed);
  });
});

describe('docs/dialects.md', () => {
  it('says what the matrix found (write it anew with UPDATE_DOCS=1)', () => {
    const file = join(import.meta.dirname, '../../docs/dialects.md');
    const page = writePage(results);
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, page);

    expect(existsSync(file) ? readFileSync(file, 'utf8') : '').toBe(page);
  });
});
