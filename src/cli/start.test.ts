// `mpc start` and `npm start` as processes: what they say when they cannot start, and how they stop.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runMpc } from '../../test/support/run-mpc.ts';
import { buildBundle, spawnGateway } from '../../test/support/spawn-gateway.ts';
import { tempDir } from '../../test/support/temp-dir.ts';

const root = join(import.meta.dirname, '../..');

describe('mpc start', () => {
  it('ends with 1 and names the way out when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;

    const outcome = await runMpc(['start', '--port', String(port)], { variables: { MPC_DATA_DIR: join(tempDir('start'), 'data') } });

    other.close();
    expect(outcome).toMatchObject({ exitCode: 1, out: '' });
    expect(outcome.err).toBe(
      `mpc: another process listens on 127.0.0.1, port ${port}; stop it, or take another port with --port or PORT\n`,
    );
  });
});

describe.runIf(process.platform !== 'win32' && process.versions.v8.startsWith('13.'))('the engine of a server', () => {
  it('does not let dead compilations and short-lived objects pile up', async () => {
    const server = await settingsAtExit(async (variables) => (await spawnGateway({ env: variables })).stop());
    const command = await settingsAtExit((variables) => runMpc(['--version'], { variables }));

    expect(server).toEqual(['--no-maglev-destroy-on-background', '--no-allocation-site-pretenuring']);
    expect(command).toEqual(['--maglev-destroy-on-background', '--allocation-site-pretenuring']);
  });

  /** V8's help, `--name (what it does)` and on the next line `type: bool  default: --no-name`, names the value that holds now. */
  async function settingsAtExit(run: (variables: Readonly<Record<string, string>>) => Promise<unknown>): Promise<readonly unknown[]> {
    const folder = tempDir('engine');
    const [report, help] = [join(folder, 'report.mjs'), join(folder, 'help.txt')];
    // V8 writes to descriptor 1 and gives up where that would have to wait, as pipes make it; so the descriptor becomes a file's.
    const becomeFile = `closeSync(1); openSync(${JSON.stringify(help)}, 'w');`;
    writeFileSync(
      report,
      `import { closeSync, openSync } from 'node:fs'; import { setFlagsFromString } from 'node:v8';
       process.on('exit', () => { ${becomeFile} setFlagsFromString('--help'); });`,
    );
    await run({ NODE_OPTIONS: `--import=${pathToFileURL(report).href}` });
    const text = readFileSync(help, 'utf8');
    return ['maglev-destroy-on-background', 'allocation-site-pretenuring'].map(
      (name) => new RegExp(`^ +--${name} \\(.*\\n +type: bool +default: (\\S+)$`, 'm').exec(text)?.[1],
    );
  }
});

describe('a bundle', () => {
  it('keeps its compiled code for the next start, and starts where it cannot', async () => {
    const bundle = buildBundle();
    const compiled = join(bundle, 'compiled');

    expect(await (await spawnGateway({ bundle })).stop()).toBe(0);

    expect(existsSync(compiled)).toBe(true);
    rmSync(compiled, { recursive: true });
    writeFileSync(compiled, 'no folder');
    expect(await (await spawnGateway({ bundle })).stop()).toBe(0);
  });

  it("loads none of Node's own web APIs, which would add 13 MB to every start", async () => {
    const bundle = buildBundle();
    const report = join(bundle, 'report.mjs');
    // What Node has loaded is told by a property that is not documented; should it go, the first expectation fails.
    writeFileSync(report, "process.on('exit', () => process.stdout.write(JSON.stringify(process.moduleLoadList)));");

    const gateway = await spawnGateway({ bundle, env: { NODE_OPTIONS: `--import=${pathToFileURL(report).href}` } });
    await gateway.stop();

    expect(gateway.output()).toContain('NativeModule http');
    expect(gateway.output()).not.toContain('internal/deps/undici');
  });
});

describe.skipIf(process.platform === 'win32')('npm start', () => {
  it('stops in order when only the shell that npm started is told to', async () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly scripts: { readonly start: string } };
    const { PATH } = process.env;
    const env = { PATH, MPC_NODE: process.execPath, MPC_DATA_DIR: join(tempDir('start'), 'data'), PORT: '0', MPC_LOG_LEVEL: 'silent' };
    const shell = spawn('sh', ['-c', scripts.start], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    await new Promise<void>((resolve) => {
      shell.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('listens on')) resolve();
      });
    });
    const [url = ''] = /http:\/\/\S+/.exec(said) ?? [];
    expect((await fetch(`${url}/health`)).status).toBe(200);

    shell.kill('SIGTERM');
    const [exitCode] = (await once(shell, 'exit')) as [number | null];

    expect(exitCode).toBe(0);
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });
});
