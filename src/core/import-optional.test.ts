import { describe, expect, it } from 'vitest';
import { importOptional } from './import-optional.ts';

describe('importOptional', () => {
  it('names a missing package, what it is for and how to get it', async () => {
    await expect(importOptional('@mpc-api/no-such-package', 'AWS_PROFILE')).rejects.toMatchObject({
      code: 'upstream_auth_failed',
      message: expect.stringMatching(/@mpc-api\/no-such-package.*AWS_PROFILE.*npm install/) as string,
    });
  });

  it('answers the exports of one that is there', async () => {
    expect(await importOptional('undici', 'a test')).toHaveProperty('Pool');
  });
});
