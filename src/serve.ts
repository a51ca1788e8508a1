// What `import … from 'mpc-api/server'` gives: the whole gateway in one's own process, listening.
export interface ServeOptions {
  /** As on the command line, without dashes: `{ port: '0', host: '127.0.0.1' }`. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
  /** Default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where `mpc.yaml` and `.env` are looked for; default: the working directory. */
  readonly cwd?: string;
}

export interface RunningServer {
  /** Base URL without a path. */
  readonly url: string;
  /** An admin key that was made at this start: shown this once. */
  readonly createdAdminKey: string | undefined;
  /** Lets running calls end, writes the ledger, closes everything. */
  close(): Promise<void>;
}

/** Starts the gateway with the same settings as `mpc start`. Rejects with every mistake in them, before anything listens. */
export async function serve(options: ServeOptions = {}): Promise<RunningServer> {
  const [{ createApp }, { loadSettingsWithAdapters }, { readEnvironment }] = await Promise.all([
    import('./app.ts'),
    import('./library/load-adapters.ts'),
    import('./config/environment.ts'),
  ]);
  const loaded = await loadSettingsWithAdapters({
    env: options.env ?? readEnvironment(),
    cwd: options.cwd ?? process.cwd(),
    ...(options.flags !== undefined && { flags: options.flags }),
  });
  const app = await createApp(loaded);
  try {
    const { url } = await app.listen();
    return { url, createdAdminKey: app.createdAdminKey, close: () => app.close() };
  } catch (thrown) {
    await app.close();
    throw thrown;
  }
}
