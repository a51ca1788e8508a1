// Who a call is for besides its key: tags and the end user, by the names that clients of other gateways use too.
import { asArray, asObject, asString } from '../../core/json.ts';
import { readMember, type Scanned } from '../../core/json-outline.ts';
import type { Call } from '../call.ts';

export interface Payer {
  readonly tags?: readonly string[];
  readonly endUser?: string;
}

const tagHeaders = ['x-mpc-tags', 'x-litellm-tags'] as const;
const endUserHeaders = ['x-mpc-end-user', 'x-litellm-end-user-id'] as const;

/** Headers stand above the body. `user` is OpenAI's word, `metadata.user_id` Anthropic's. */
export function readPayer(call: Call, scanned: Scanned): Payer {
  const metadata = asObject(readMember(scanned, 'metadata'));
  const tags = listOf(firstHeader(call, tagHeaders)) ?? textsOf(metadata?.['tags']);
  const endUser = firstHeader(call, endUserHeaders) ?? asString(readMember(scanned, 'user')) ?? asString(metadata?.['user_id']);
  return { ...(tags !== undefined && { tags }), ...(endUser !== undefined && endUser !== '' && { endUser }) };
}

function firstHeader(call: Call, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = call.header(name)?.trim();
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

function listOf(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
}

function textsOf(value: unknown): readonly string[] | undefined {
  const texts = asArray(value as never)?.filter((tag) => typeof tag === 'string');
  return texts === undefined || texts.length === 0 ? undefined : texts;
}
