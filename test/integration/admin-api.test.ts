// Owners, keys, budgets, limits and the audit log over HTTP: who may do what, and what is refused with which field.
import { beforeAll, describe, expect, it } from 'vitest';
import { openaiAnswer } from '../support/canned-replies.ts';
import { type Answer, type ApiErrorBody, ask, chat, chatBody, type Json, start, startStage } from './client.ts';
import type { RunningGateway } from '../support/start-gateway.ts';

const adminKey = 'admin-secret-of-this-test';
const asAdmin = { authorization: `Bearer ${adminKey}` };

let gateway: RunningGateway;
let count = 0;

beforeAll(async () => {
  gateway = await start({ env: { MPC_ADMIN_KEY: adminKey } });
});

const admin = (path: string, body?: unknown, method?: string): Promise<Answer> =>
  ask(gateway, path, { headers: asAdmin, ...(body !== undefined && { body }), ...(method !== undefined && { method }) });

async function make(path: string, body: Json): Promise<Json & { readonly id: string; readonly key: string }> {
  const answer = await admin(path, body);
  expect(answer.status, answer.text).toBe(201);
  return answer.json();
}

const withKey = (key: { readonly key: string }) => ({ headers: { authorization: `Bearer ${key.key}` } });

async function makeTeam(): Promise<string> {
  count += 1;
  return (await make('/admin/teams', { id: `team-${count}`, name: 'Research' })).id;
}

describe('owners', () => {
  it('are made, listed, changed and deleted', async () => {
    const organisation = await make('/admin/organisations', { name: 'Example' });
    const team = await make('/admin/teams', { name: 'Research', organisation_id: organisation.id });
    const user = await make('/admin/users', { name: 'Ann', team_id: team.id });

    expect(user).toMatchObject({ name: 'Ann', team_id: team.id, organisation_id: null });
    expect((await admin(`/admin/users/${user.id}`, { name: 'Anna' })).json()).toMatchObject({ name: 'Anna', team_id: team.id });
    expect((await admin('/admin/teams')).json<{ data: Json[] }>().data).toContainEqual(expect.objectContaining({ id: team.id }));
    expect((await admin(`/admin/teams/${team.id}`, undefined, 'DELETE')).status).toBe(409);
    expect((await admin(`/admin/users/${user.id}`, undefined, 'DELETE')).status).toBe(200);
    expect((await admin(`/admin/teams/${team.id}`, undefined, 'DELETE')).status).toBe(200);
    expect((await admin(`/admin/teams/${team.id}`)).status).toBe(404);
  });

  it.each<[string, Json, string]>([
    ['/admin/teams', {}, 'name'],
    ['/admin/teams', { name: 'x', organisation_id: 'nobody' }, 'organisation_id'],
    ['/admin/users', { name: 'x', team_id: 5 }, 'team_id'],
    ['/admin/users', { name: 'x', id: 'a b' }, 'id'],
    ['/admin/users', { name: 'x', role: 'god' }, 'role'],
    ['/admin/keys', { name: 'x', user_id: 'nobody' }, 'user_id'],
    ['/admin/keys', { name: 'x', scopes: ['root'] }, 'scopes'],
    ['/admin/keys', { name: 'x', tags: 'a' }, 'tags'],
  ])('are refused at %s with %j: the field is named', async (path, body, param) => {
    const answer = await admin(path, body);

    expect(answer.status).toBe(400);
    expect(answer.json<ApiErrorBody>()).toMatchObject({ code: 'invalid_request', param });
  });

  it('that __proto__ names are no owners', async () => {
    const answer = await ask(gateway, '/admin/users', { headers: asAdmin, raw: '{"name":"x","__proto__":{"team_id":"y"}}' });

    expect(answer.status).toBe(400);
  });
});

describe('a key', () => {
  it('keeps both secrets while a rotation overlaps, and only the new one after', async () => {
    const made = await make('/admin/keys', { name: 'rotating' });
    const rotated = (await admin(`/admin/keys/${made.id}/rotate`, { overlap: '1h' })).json<{ key: string }>();
    for (const key of [made, rotated]) expect((await ask(gateway, '/v1/models', withKey(key))).status).toBe(200);

    const again = (await admin(`/admin/keys/${made.id}/rotate`, { overlap: 0 })).json<{ key: string }>();

    const statuses = await Promise.all([made, rotated, again].map(async (key) => (await ask(gateway, '/v1/models', withKey(key))).status));
    expect(statuses).toEqual([401, 401, 200]);
  });

  it('is changed field by field, and null takes a value away', async () => {
    const made = await make('/admin/keys', { name: 'a', models: ['openai/*'], tags: ['x'] });

    const changed = await admin(`/admin/keys/${made.id}`, { models: null, tags: ['y'] });

    expect(changed.json()).toMatchObject({ name: 'a', models: null, tags: ['y'] });
    expect((await admin(`/admin/keys/${made.id}`, { models: [] })).status).toBe(400);
    expect((await admin('/admin/keys/key_none', { name: 'b' })).status).toBe(404);
  });

  it('that may only read calls no model', async () => {
    const reader = await make('/admin/keys', { name: 'reader', scopes: ['read'] });

    expect((await ask(gateway, '/v1/models', withKey(reader))).status).toBe(200);
    const answer = await chat(gateway, { model: 'demo-fast' }, withKey(reader).headers);
    expect(answer.status).toBe(403);
    expect(answer.json<{ error: Json }>().error).toMatchObject({ code: 'scope_required' });
  });

  it('that may only read calls no model from the query either', async () => {
    const reader = await make('/admin/keys', { name: 'reader', scopes: ['read'] });

    const answer = await ask(gateway, `/v1/chat/completions?key=${reader.key}`, { body: chatBody({ model: 'demo-fast' }) });

    expect(answer.status).toBe(403);
  });
});

describe('a key that manages its team', () => {
  it('makes, sees and revokes the keys of its team and no others', async () => {
    const [team, otherTeam] = [await makeTeam(), await makeTeam()];
    const manager = await make('/admin/keys', { name: 'lead', team_id: team, scopes: ['team-admin', 'calls'] });
    const stranger = await make('/admin/keys', { name: 'stranger', team_id: otherTeam });

    const made = await ask(gateway, '/admin/keys', { ...withKey(manager), body: { name: 'mine' } });

    expect(made.status, made.text).toBe(201);
    const own = made.json<{ id: string; team_id: string }>();
    expect(own.team_id).toBe(team);
    const seen = (await ask(gateway, '/admin/keys', withKey(manager))).json<{ data: { id: string }[] }>().data.map((key) => key.id);
    expect(seen.sort()).toEqual([manager.id, own.id].sort());
    for (const method of ['GET', 'DELETE']) {
      expect((await ask(gateway, `/admin/keys/${stranger.id}`, { ...withKey(manager), method })).status).toBe(404);
    }
    expect((await ask(gateway, `/admin/keys/${own.id}`, { ...withKey(manager), method: 'DELETE' })).status).toBe(200);
  });

  it.each<[Json, number, string]>([
    [{ name: 'x', team_id: 'other' }, 403, 'team_id'],
    [{ name: 'x', scopes: ['team-admin'] }, 403, 'scopes'],
    [{ name: 'x', organisation_id: 'o' }, 403, 'organisation_id'],
    [{ name: 'x' }, 400, 'models'],
    [{ name: 'x', models: ['anthropic/*'] }, 400, 'models'],
    [{ name: 'x', models: ['*'] }, 400, 'models'],
  ])('may not hand out more than it has: %j', async (body, status, param) => {
    const manager = await make('/admin/keys', { name: 'lead', team_id: await makeTeam(), scopes: ['team-admin'], models: ['openai/*'] });

    const answer = await ask(gateway, '/admin/keys', { ...withKey(manager), body });

    expect(answer.status, answer.text).toBe(status);
    expect(answer.json<ApiErrorBody>().param).toBe(param);
  });

  it('changes neither budgets nor owners, nor itself, and without a team manages nothing', async () => {
    const manager = await make('/admin/keys', { name: 'lead', team_id: await makeTeam(), scopes: ['team-admin'] });
    const teamless = await make('/admin/keys', { name: 'nobody', scopes: ['team-admin'] });

    for (const path of ['/admin/budgets', '/admin/limits', '/admin/teams', '/admin/audit']) {
      expect((await ask(gateway, path, withKey(manager))).status).toBe(403);
    }
    expect((await ask(gateway, `/admin/keys/${manager.id}`, { ...withKey(manager), body: { expires: '90d' } })).status).toBe(403);
    expect((await ask(gateway, '/admin/keys', withKey(teamless))).status).toBe(403);
  });
});

describe('budgets and limits', () => {
  it('are made, told with their state, changed and deleted', async () => {
    const team = await makeTeam();
    const budget = await make('/admin/budgets', { holder: `team:${team}`, amount_usd: 100, window: 'month', timezone: 'Europe/Berlin' });
    expect(budget).toMatchObject({ mode: 'hard', state: { spent_usd: 0, reserved_usd: 0, remaining_usd: 100, unpriced_calls: 0 } });

    const changed = await admin(`/admin/budgets/${budget.id}`, { amount_usd: 12.5, alerts: [50] });

    expect(changed.json()).toMatchObject({ id: budget.id, amount_usd: 12.5, alerts: [50], window: 'month', timezone: 'Europe/Berlin' });
    expect((await admin(`/admin/budgets/${budget.id}`, undefined, 'DELETE')).status).toBe(200);
    expect((await admin(`/admin/budgets/${budget.id}`)).status).toBe(404);
    const limit = await make('/admin/limits', { holder: 'end_user:*', unit: 'requests', amount: 60, per: '1m' });
    expect(limit).toMatchObject({ per_seconds: 60, amount: 60 });
  });

  it.each<[Json, string]>([
    [{ amount_usd: 0 }, 'amount_usd'],
    [{ amount_usd: -1 }, 'amount_usd'],
    [{ amount_usd: 1e300 }, 'amount_usd'],
    [{ amount_usd: '5' }, 'amount_usd'],
    [{ amount_usd: 1e-10 }, 'amount_usd'],
    [{ window: 'fortnight' }, 'window'],
    [{ window: '5m' }, 'window'],
    [{ timezone: 'Mars/Olympus' }, 'timezone'],
    [{ window: '5h', timezone: 'UTC' }, 'timezone'],
    [{ holder: 'team:nobody' }, 'holder'],
    [{ holder: 'planet:earth' }, 'holder'],
    [{ holder: {} }, 'holder'],
    [{ mode: 'firm' }, 'mode'],
    [{ models: [] }, 'models'],
    [{ models: ['a*b'] }, 'models'],
    [{ alerts: [0] }, 'alerts'],
    [{ fallbacks: { a: ['a'] } }, 'fallbacks.a'],
    [{ unknown_price: 'guess' }, 'unknown_price'],
    [{ ammount: 1 }, 'ammount'],
  ])('are refused with %j: the field is named', async (fields, param) => {
    const answer = await admin('/admin/budgets', { holder: 'tag:t', amount_usd: 5, window: 'day', ...fields });

    expect(answer.status, answer.text).toBe(400);
    expect(answer.json<ApiErrorBody>().param).toBe(param);
  });

  it('over the same holder and time are a conflict', async () => {
    const fields = { holder: `team:${await makeTeam()}`, amount_usd: 1, window: 'day' };
    await make('/admin/budgets', fields);

    expect((await admin('/admin/budgets', { ...fields, amount_usd: 2 })).status).toBe(409);
    await make('/admin/budgets', { ...fields, window: 'month' });
  });

  it('that would never hold beside another are a conflict', async () => {
    const holder = `team:${await makeTeam()}`;
    await make('/admin/budgets', { holder, amount_usd: 5, window: 'month' });
    const limit = { holder, unit: 'requests', amount: 5, per: '1m' };
    const { id } = await make('/admin/limits', limit);

    const pointless = await admin('/admin/budgets', { holder, amount_usd: 6, window: 'day' });
    const twice = await admin('/admin/limits', { ...limit, amount: 9, per: '60s' });

    expect([pointless.status, twice.status]).toEqual([409, 409]);
    expect(pointless.json<ApiErrorBody>()).toMatchObject({
      param: 'amount_usd',
      message: expect.stringContaining('would never hold') as string,
    });
    expect(twice.text).toContain(id);
    expect((await admin(`/admin/limits/${id}`, { amount: 7 })).status).toBe(200);
    await make('/admin/limits', { ...limit, per: '1h' });
    await make('/admin/budgets', { holder, amount_usd: 6, window: 'day', mode: 'soft', models: ['openai/*'] });
  });

  it('of mpc.yaml are listed and changed there only', async () => {
    const own = await start({
      env: { MPC_ADMIN_KEY: adminKey },
      yaml: 'budgets:\n  - holder: global\n    amount_usd: 5\n    window: day\n',
    });

    const [budget] = (await ask(own, '/admin/budgets', { headers: asAdmin })).json<{ data: { id: string; origin: string }[] }>().data;

    expect(budget?.origin).toBe('config');
    const path = `/admin/budgets/${encodeURIComponent(budget?.id ?? '')}`;
    expect((await ask(own, path, { headers: asAdmin, method: 'DELETE' })).status).toBe(409);
  });
});

describe('key/info', () => {
  it('tells a key its own numbers, in LiteLLM’s fields and ours', async () => {
    const team = await makeTeam();
    const key = await make('/admin/keys', { name: 'curious', team_id: team, tags: ['batch'] });
    await make('/admin/budgets', { holder: `key:${key.id}`, amount_usd: 2, window: 'day' });
    await make('/admin/limits', { holder: `key:${key.id}`, unit: 'requests', amount: 30 });

    for (const path of ['/key/info', '/v1/key/info']) {
      const answer = (await ask(gateway, path, withKey(key))).json<{ key: string; info: Json }>();
      expect(answer.key).toBe(key.id);
      expect(answer.info).toMatchObject({
        key_alias: 'curious',
        team_id: team,
        spend: 0,
        max_budget: 2,
        budget_duration: '1d',
        rpm_limit: 30,
      });
      expect(answer.info['budgets']).toMatchObject([{ for: `key:${key.id}`, state: { remaining_usd: 2 } }]);
    }
  });

  it('of another key is for the admin only', async () => {
    const [one, other] = [await make('/admin/keys', { name: 'one' }), await make('/admin/keys', { name: 'other' })];

    expect((await ask(gateway, `/key/info?key=${other.id}`, withKey(one))).status).toBe(404);
    expect((await admin(`/key/info?key=${other.id}`)).json()).toMatchObject({ key: other.id, info: { spend: null } });
    expect((await admin('/key/info')).status).toBe(400);
  });
});

describe('the audit log', () => {
  it('names who changed what, without secrets, and is whole', async () => {
    const key = await make('/admin/keys', { name: 'noted' });
    await admin(`/admin/keys/${key.id}`, undefined, 'DELETE');

    const answer = await admin('/admin/audit?limit=2&verify=1');

    const { data, verified } = answer.json<{ data: Json[]; verified: Json }>();
    expect(data.map(({ actor, action, target }) => [actor, action, target])).toEqual([
      ['admin', 'key.revoke', key.id],
      ['admin', 'key.create', key.id],
    ]);
    expect(verified).toMatchObject({ ok: true });
    expect(answer.text).not.toContain(key.key);
    expect((await admin('/admin/audit?limit=0')).status).toBe(400);
  });
});

describe('a gateway without budgets', () => {
  it('answers calls as before', async () => {
    const stage = await startStage();
    stage.openai.respond(openaiAnswer());

    expect((await chat(stage.gateway)).status).toBe(200);
  });
});
