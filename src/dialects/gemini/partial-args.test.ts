import { expect, it } from 'vitest';
import { PartialArgs } from './partial-args.ts';

it('folds values by their paths, texts piece by piece', () => {
  const args = new PartialArgs();
  args.add({ jsonPath: '$.city', stringValue: 'Zü', willContinue: true });
  args.add({ jsonPath: '$.city', stringValue: 'rich' });
  args.add({ jsonPath: '$.stops[0].name', stringValue: 'a' });
  args.add({ jsonPath: "$.stops[1]['full name']", stringValue: 'b' });
  args.add({ json_path: '$.count', number_value: 2 });
  args.add({ jsonPath: '$.open', boolValue: false });
  args.add({ jsonPath: '$.none', nullValue: null });

  expect(JSON.parse(args.toText())).toEqual({
    city: 'Zürich',
    stops: [{ name: 'a' }, { 'full name': 'b' }],
    count: 2,
    open: false,
    none: null,
  });
});

it.each(['$.__proto__.polluted', '$.constructor.prototype.polluted', '$.list[0]', '$.list.__proto__.polluted'])(
  'lets the path %s reach nothing but the arguments',
  (jsonPath) => {
    const args = new PartialArgs();
    args.add({ jsonPath: '$.list[0]', stringValue: 'x' });
    args.add({ jsonPath, stringValue: 'y' });

    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(([] as unknown as { polluted?: unknown }).polluted).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  },
);

it('makes no list of a billion holes', () => {
  const args = new PartialArgs();
  args.add({ jsonPath: '$.a[999999999]', numberValue: 1 });

  expect(args.toText().length).toBeLessThan(100_000);
});
