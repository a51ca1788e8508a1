// The package as it would be published: built and packed in a copy, because a build in the checkout would pull dist/ from under a running server.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const copied = ['src', 'data', 'scripts', 'package.json', 'tsconfig.json', 'README.md', 'CHANGELOG.md', 'LICENSE'];

/** Path of the tarball; `folder` must be empty. */
export function packPackage(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const name of copied) if (existsSync(join(root, name))) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  execFileSync(process.execPath, ['scripts/build.ts', '--package'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const listed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--loglevel=error'], { cwd: folder, encoding: 'utf8' });
  const [packed] = JSON.parse(listed) as readonly { readonly filename: string }[];
  return join(folder, packed?.filename ?? '');
}

/** The tarball unpacked as a dependency of an empty project; it has none of its own, so nothing else is installed. */
export function installPackage(tarball: string, project: string): string {
  const folder = join(project, 'node_modules', 'mpc-api');
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
  return folder;
}
