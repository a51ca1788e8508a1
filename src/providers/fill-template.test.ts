import { expect, it } from 'vitest';
import { fillTemplate, templateFields } from './fill-template.ts';

it('fills the fields it knows and leaves the others for later', () => {
  expect(fillTemplate('https://x.{region}.example/{model}', { region: 'eu-west-1' })).toBe('https://x.eu-west-1.example/{model}');
});

it('lets no value change the path', () => {
  expect(fillTemplate('/model/{model}/converse', { model: 'arn:aws:bedrock/../x?y#z' })).toBe(
    '/model/arn%3Aaws%3Abedrock%2F..%2Fx%3Fy%23z/converse',
  );
});

it('takes no field from the prototype', () => {
  expect(fillTemplate('/{constructor}', {})).toBe('/{constructor}');
});

it('names the fields of a template', () => {
  expect(templateFields('https://{resource}.example/{api_version}')).toEqual(['resource', 'api_version']);
});
