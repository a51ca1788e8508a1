// The routes of the admin API and of key/info.
import { type KeyInfoOptions, keyInfoHandler } from '../client-api/key-info.ts';
import type { Router } from '../router.ts';
import { auditHandler } from './audit.ts';
import {
  createKeyHandler,
  getKeyHandler,
  type KeyRoutesOptions,
  listKeysHandler,
  revokeKeyHandler,
  rotateKeyHandler,
  updateKeyHandler,
} from './keys.ts';
import { ownerHandlers, type OwnerHandlers } from './owners.ts';
import { ruleHandlers, type RuleRoutesOptions } from './rules.ts';

export type AdminRoutesOptions = KeyRoutesOptions & RuleRoutesOptions & KeyInfoOptions;

export function addAdminRoutes(router: Router, options: AdminRoutesOptions): void {
  router.add({ method: 'POST', path: '/admin/keys', access: 'manager', handler: createKeyHandler(options) });
  router.add({ method: 'GET', path: '/admin/keys', access: 'manager', handler: listKeysHandler(options) });
  router.add({ method: 'GET', path: '/admin/keys/{id}', access: 'manager', handler: getKeyHandler(options) });
  router.add({ method: 'POST', path: '/admin/keys/{id}', access: 'manager', handler: updateKeyHandler(options) });
  router.add({ method: 'POST', path: '/admin/keys/{id}/rotate', access: 'manager', handler: rotateKeyHandler(options) });
  router.add({ method: 'DELETE', path: '/admin/keys/{id}', access: 'manager', handler: revokeKeyHandler(options) });
  for (const kind of ['user', 'team', 'organisation'] as const) addCollection(router, `/admin/${kind}s`, ownerHandlers(kind, options));
  for (const kind of ['budget', 'limit'] as const) addCollection(router, `/admin/${kind}s`, ruleHandlers(kind, options));
  router.add({ method: 'GET', path: '/admin/audit', access: 'admin', handler: auditHandler(options.audit) });
  for (const path of ['/key/info', '/v1/key/info']) router.add({ method: 'GET', path, access: 'key', handler: keyInfoHandler(options) });
}

function addCollection(router: Router, path: string, handlers: OwnerHandlers): void {
  router.add({ method: 'POST', path, access: 'admin', handler: handlers.create });
  router.add({ method: 'GET', path, access: 'admin', handler: handlers.list });
  router.add({ method: 'GET', path: `${path}/{id}`, access: 'admin', handler: handlers.get });
  router.add({ method: 'POST', path: `${path}/{id}`, access: 'admin', handler: handlers.update });
  router.add({ method: 'DELETE', path: `${path}/{id}`, access: 'admin', handler: handlers.remove });
}
