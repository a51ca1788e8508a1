// Adds the optional binaries of other platforms to package-lock.json when npm left them out (a registry mirror that does not
// hold them makes npm forget them, and then `npm ci` refuses the lockfile everywhere). Run after every `npm install`.
import { readFileSync, writeFileSync } from 'node:fs';

interface LockEntry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, LockEntry> };
const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const processors = ['arm64', 'x64', 'ppc64', 'riscv64', 's390x', 'ia32', 'arm', 'wasm32'];

/** Where npm would look for the package first: beside its parent when the top level holds another version; undefined = it is there. */
function pathFor(parent: string, name: string, version: string): string | undefined {
  const top = `node_modules/${name}`;
  const below = `${parent}/node_modules/${name}`;
  const beside = parent.includes('/node_modules/') ? `${parent.slice(0, parent.lastIndexOf('/node_modules/'))}/node_modules/${name}` : top;
  if ([below, beside, top].some((path) => lock.packages[path]?.version === version)) return undefined;
  return lock.packages[top] === undefined ? top : beside === top ? below : beside;
}

let added = 0;
for (const [parent, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const path = pathFor(parent, name, version);
    if (path === undefined) continue;
    const os = systems.find((system) => name.includes(system));
    const cpu = processors.find((processor) => name.includes(processor));
    if (os === undefined && cpu === undefined) continue;
    lock.packages[path] = {
      version,
      ...(cpu !== undefined && { cpu: [cpu] }),
      ...(entry.dev === true && { dev: true }),
      ...(name.includes('gnu') && { libc: ['glibc'] }),
      ...(name.includes('musl') && { libc: ['musl'] }),
      optional: true,
      ...(os !== undefined && { os: [os] }),
    };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([one], [other]) => (one < other ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
process.stdout.write(`${added} platform packages added\n`);
