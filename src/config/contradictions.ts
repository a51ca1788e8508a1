// Plain settings that are right each by itself and make no sense together. Only what somebody has said is held against him: a default
// that another setting overtakes is no mistake.
import { providerSettings } from '../providers/config.ts';
import { isLoopback } from './base-url.ts';
import type { FieldPath, PathOfKind } from './fields.ts';
import type { FieldValues } from './field-values.ts';
import type { Problem } from './problems.ts';
import type { ConnectionSetting } from './settings.ts';

export function findContradictions(values: FieldValues, connections: readonly ConnectionSetting[]): Problem[] {
  const problems: Problem[] = [];
  const isSaid = (path: FieldPath): boolean => (values.origins.get(path)?.kind ?? 'default') !== 'default';
  const wrong = (path: FieldPath, message: string): void => {
    problems.push({ at: values.origins.get(path)?.at ?? path, path, message });
  };
  const longer = (path: PathOfKind<'integer'>, limits: readonly PathOfKind<'integer'>[]): void => {
    if (!isSaid(path) || !limits.some(isSaid)) return;
    const mostMs = Math.max(...limits.map((limit) => values.number(limit)));
    if (values.number(path) > mostMs) wrong(path, `is longer than ${limits.join(' and ')} (${mostMs}), so it would never come to bear`);
  };

  for (const path of ['timeouts.connect_ms', 'timeouts.first_byte_ms', 'timeouts.idle_ms'] as const)
    longer(path, ['timeouts.total_ms', 'timeouts.stream_total_ms']);
  longer('retry.base_delay_ms', ['retry.max_delay_ms']);
  if (values.text('routing.hedge') === 'on' && isSaid('routing.hedge') && values.number('routing.hedge_max_extra_percent') === 0)
    wrong('routing.hedge_max_extra_percent', 'is 0, so routing.hedge: on could never start a second attempt; drop one of the two');

  for (const path of ['alerts.webhook_url', 'alerts.slack_url'] as const) {
    const text = values.text(path);
    const url = text === undefined ? undefined : URL.parse(text);
    if (url === undefined) continue;
    // The address is a secret, so it is not repeated.
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
      wrong(path, 'must be an address that begins with https:// or http://');
    else if (isLoopback(url.hostname) && values.text('alerts.allow_private') !== 'yes')
      wrong(path, 'leads to this machine; to send alerts there, set alerts.allow_private: yes');
  }

  const layer = values.text('routing.layer');
  const layerOf = ({ provider }: ConnectionSetting): string => providerSettings.find(({ id }) => id === provider)?.layer ?? 'direct';
  if (layer !== undefined && !connections.some((connection) => layerOf(connection) === layer))
    wrong(
      'routing.layer',
      `is ${layer}, but no connection takes that layer; every call would fail. Configure one (docs/providers.md), or drop it`,
    );
  const regions = values.list('routing.regions');
  if (regions !== undefined) {
    const allowed = new Set(regions.map((region) => region.toLowerCase()));
    const own = connections.filter(({ provider }) => providerSettings.find(({ id }) => id === provider)?.builtIn !== true);
    if (regions.length === 0) wrong('routing.regions', 'is empty, so no connection could be used; drop it to use all');
    else if (own.length > 0 && !own.some(({ region }) => region !== undefined && allowed.has(region.toLowerCase())))
      wrong('routing.regions', `allows ${regions.join(', ')}, but no connection has one of these as its region; every call would fail`);
  }
  return problems;
}
