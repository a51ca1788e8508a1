// Row 4: more calls at once than a budget has room for.
import { drawText, type Turn, write } from './replies.ts';
import { claim, type FaultRow, times } from './row.ts';

const amountNanoUsd = 2_000_000;
const maxTokens = 200;

export const budgetRace: FaultRow = {
  row: 4,
  name: 'more calls at once than a budget has room for',
  options: { yaml: `budgets:\n  - { holder: global, amount_usd: 0.002, window: total }` },
  async play(world, alone) {
    const { draw, call } = world;
    const turn = (): Turn => {
      const told = { input: 12, cached: 0, output: draw.int(1, maxTokens) };
      const text = drawText(draw);
      const { pieces: _pieces, ...reply } = write({ side: 'openai', stream: false }, { text, told });
      return { told, text, reply: { ...reply, headDelayMs: draw.int(0, 15) } };
    };
    const operations = await Promise.all(times(alone ? 120 : 30, () => call({ turns: [turn()], more: { max_tokens: maxTokens } })));
    const served = operations.filter(({ saw }) => saw.status === 200);
    const spent = served.reduce((sum, { given }) => {
      const told = given.at(-1)?.turn.told;
      return sum + (told === undefined ? 0 : told.input * 150 + told.output * 600);
    }, 0);
    claim(spent <= amountNanoUsd, `${spent} nano-USD were spent of ${amountNanoUsd}`);
    if (!alone) return;
    claim(served.length > 0, 'nobody was served');
    claim(
      operations.every(({ saw }) => saw.status === 200 || saw.status === 402),
      `calls got ${[...new Set(operations.map(({ saw }) => saw.status))].join()}`,
    );
  },
};
