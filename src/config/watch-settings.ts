// Hot reload: when mpc.yaml, .env or the catalog overlay changes and the new configuration is right, it takes over; when it is wrong, the old one stays.
import { createHash } from 'node:crypto';
import { type FSWatcher, existsSync, readFileSync, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { type Clock, systemClock } from '../core/clock.ts';
import type { LoadedSettings, Settings } from './settings.ts';

export interface WatchOptions {
  /** Reads everything again, with the flags and environment the process started with. */
  readonly load: () => LoadedSettings | Promise<LoadedSettings>;
  readonly onChange: (loaded: LoadedSettings) => void;
  /** The change was not taken: a ConfigError mostly. */
  readonly onError: (thrown: unknown) => void;
  readonly cwd: string;
  /** The file in use; by default `mpc.yaml` in `cwd`, which need not exist yet. */
  readonly file?: string | undefined;
  /** The catalog overlay in use; each configuration that is read may name another. */
  readonly overlay?: string | undefined;
  /** More files that the configuration in force names (adapter modules), asked anew after each change. */
  readonly more?: () => readonly string[];
  readonly clock?: Clock;
}

export interface SettingsWatch {
  close(): void;
}

/** Editors write a file in several steps; one reload after the last of them is enough. */
const settleMs = 150;

export function watchSettings(options: WatchOptions): SettingsWatch {
  const clock = options.clock ?? systemClock;
  const always = [options.file ?? resolve(options.cwd, 'mpc.yaml'), resolve(options.cwd, '.env')];
  let overlay: string | undefined;
  let more: readonly string[] = [];
  let reads = 0;
  let paths = always;
  let seen = '';
  let watchers: (FSWatcher | undefined)[] = [];
  let cancel: (() => void) | undefined;

  const check = (): void => {
    cancel = undefined;
    // Content decides, not the event: mounts are swapped by symlinks in another directory, and a touched file is no change.
    const now = digest(paths);
    if (now === seen) return;
    seen = now;
    reads += 1;
    const reading = reads;
    try {
      // Before it is known to be right: a wrong overlay or adapter is mended in its own file.
      if ((options.more?.() ?? []).join('\0') !== more.join('\0')) follow(overlay);
      const loaded = options.load();
      if (!(loaded instanceof Promise)) take(loaded);
      else {
        loaded.then(
          // A later change was read meanwhile, and may have been loaded first.
          (late) => void (reading === reads && take(late)),
          (thrown: unknown) => void (reading === reads && options.onError(thrown)),
        );
      }
    } catch (thrown) {
      options.onError(thrown);
    }
  };
  const take = (loaded: LoadedSettings): void => {
    if (loaded.settings.catalog.overlay !== overlay) follow(loaded.settings.catalog.overlay);
    options.onChange(loaded);
  };
  const schedule = (): void => {
    cancel?.();
    cancel = clock.after(settleMs, check);
  };
  const stopWatching = (): void => {
    for (const watcher of watchers) watcher?.close();
  };
  const follow = (named: string | undefined): void => {
    stopWatching();
    overlay = named;
    more = options.more?.() ?? [];
    paths = [...always, ...(named === undefined ? [] : [named]), ...more];
    seen = digest(paths);
    watchers = [...new Set(paths.map(dirname))].map((directory) => watchDirectory(directory, paths, schedule));
  };
  follow(options.overlay);
  return {
    close() {
      cancel?.();
      stopWatching();
    },
  };
}

/** The directory, not the file: a file that is replaced takes its watcher along into nothing. */
function watchDirectory(directory: string, paths: readonly string[], changed: () => void): FSWatcher | undefined {
  if (!existsSync(directory)) return undefined;
  const names = new Set(paths.filter((path) => dirname(path) === directory).map((path) => basename(path)));
  // Kubernetes swaps the link `..data`; the names of the files themselves never appear in an event.
  const watcher = watch(directory, (_event, name) => {
    if (name === null || names.has(name) || name.startsWith('..')) changed();
  });
  // A directory that disappears ends the watch, not the gateway.
  watcher.on('error', () => watcher.close());
  watcher.unref();
  return watcher;
}

function digest(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`${path}\0${readIfThere(path)}\0`);
  return hash.digest('base64');
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Settings that only a restart can change, as paths of mpc.yaml. */
export function changesNeedingRestart(before: Settings, after: Settings): string[] {
  const pairs: readonly (readonly [path: string, before: unknown, after: unknown])[] = [
    ['server.port', before.server.port, after.server.port],
    ['server.host', before.server.host, after.server.host],
    ['server.auth', before.server.auth, after.server.auth],
    ['server.allowed_hosts', before.server.allowedHosts.join(), after.server.allowedHosts.join()],
    ['server.allowed_origins', before.server.allowedOrigins.join(), after.server.allowedOrigins.join()],
    ['server.drain_seconds', before.server.drainSeconds, after.server.drainSeconds],
    ['server.header_timeout_ms', before.server.headerTimeoutMs, after.server.headerTimeoutMs],
    ['server.body_timeout_ms', before.server.bodyTimeoutMs, after.server.bodyTimeoutMs],
    ['server.upload_timeout_ms', before.server.uploadTimeoutMs, after.server.uploadTimeoutMs],
    ['limits.body_mb', before.limits.bodyBytes, after.limits.bodyBytes],
    ['limits.json_depth', before.limits.jsonDepth, after.limits.jsonDepth],
    ['limits.inflate_ratio', before.limits.inflateRatio, after.limits.inflateRatio],
    ['log_level', before.logLevel, after.logLevel],
    ['keep_alive_ms', before.keepAliveMs, after.keepAliveMs],
    ['ledger.retention_days', before.ledger.retentionDays, after.ledger.retentionDays],
    ['responses.retention_days', before.responses.retentionDays, after.responses.retentionDays],
    ['responses.max_mb', before.responses.maxBytes, after.responses.maxBytes],
    ['ledger.flush_ms', before.ledger.flushMs, after.ledger.flushMs],
    ['data_dir', before.dataDir, after.dataDir],
    ['admin_key', before.adminKey, after.adminKey],
  ];
  return pairs.filter(([, one, other]) => one !== other).map(([path]) => path);
}
