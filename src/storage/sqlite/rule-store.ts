// Budgets and rate limits that administrators made, as they wrote them.
import { isObject, tryParseJson } from '../../core/json.ts';
import type { RuleStore, StoredRule } from '../../ledger/rule-store.ts';
import type { Connection } from './connection.ts';
import { createDataVersion } from './data-version.ts';
import type { Facts } from './facts.ts';

export function createRuleStore(connection: Connection, facts: Facts): RuleStore {
  const { sqlite } = connection;
  const version = createDataVersion(connection, facts, 'rules_version');
  const select = sqlite.prepare('select * from rules order by created_ms, id');
  const save = sqlite.prepare(
    'insert into rules (id, kind, definition, created_ms) values (?, ?, ?, ?) on conflict (id) do update set definition = excluded.definition',
  );
  const remove = sqlite.prepare('delete from rules where id = ?');
  return {
    listRules: () => select.all().map(fromRow),
    saveRule({ id, kind, definition, createdMs }) {
      version.change(() => save.run(id, kind, JSON.stringify(definition), createdMs));
    },
    deleteRule: (id) => version.change(() => Number(remove.run(id).changes)) > 0,
    rulesVersion: version.read,
  };
}

function fromRow(row: Readonly<Record<string, unknown>>): StoredRule {
  const definition = tryParseJson(String(row['definition']));
  return {
    id: String(row['id']),
    kind: row['kind'] === 'limit' ? 'limit' : 'budget',
    definition: isObject(definition) ? definition : {},
    createdMs: Number(row['created_ms']),
  };
}
