'use strict';
// The door of a checkout: every npm script comes through here. Plain old JavaScript, because it runs on whatever Node
// the machine has: it installs what is missing, builds what is stale and goes on with the project's own Node 24.
var fs = require('fs');
var path = require('path');
var crypto = require('crypto');
var childProcess = require('child_process');

var root = path.join(__dirname, '..');
var node24 = require('./node24.cjs');

function say(text) {
  process.stderr.write(text + '\n');
}

function hashFiles(files) {
  var hash = crypto.createHash('sha256');
  files.forEach(function (file) {
    hash.update(file);
    hash.update(fs.readFileSync(path.join(root, file)));
  });
  return hash.digest('hex');
}

function filesUnder(folder) {
  var found = [];
  var at = path.join(root, folder);
  if (!fs.existsSync(at)) return found;
  fs.readdirSync(at).forEach(function (name) {
    var file = folder + '/' + name;
    if (fs.statSync(path.join(root, file)).isDirectory()) found = found.concat(filesUnder(file));
    else found.push(file);
  });
  return found.sort();
}

function readStamp(file) {
  try {
    return fs.readFileSync(path.join(root, file), 'utf8');
  } catch (_absent) {
    return '';
  }
}

function runOrExit(command, args, options) {
  var result = childProcess.spawnSync(command, args, Object.assign({ cwd: root, stdio: ['ignore', 2, 2] }, options));
  if (result.status !== 0) {
    say('mpc: "' + [path.basename(command)].concat(args).join(' ') + '" failed; see above');
    process.exit(result.status === null ? 1 : result.status);
  }
}

function ensureInstalled() {
  var stamp = hashFiles(['package-lock.json']);
  if (readStamp('node_modules/.mpc-installed') === stamp) return;
  say('mpc: installing dependencies (once, about half a minute) …');
  runOrExit('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { shell: process.platform === 'win32' });
  fs.writeFileSync(path.join(root, 'node_modules/.mpc-installed'), stamp);
}

function ensureBuilt() {
  var inputs = filesUnder('src').filter(function (file) {
    return !file.endsWith('.test.ts');
  });
  var stamp = hashFiles(
    inputs.concat(filesUnder('data'), ['scripts/build.ts', 'scripts/lean-text.ts', 'package.json', 'package-lock.json']),
  );
  if (readStamp('dist/.stamp') === stamp) return;
  say('mpc: building …');
  runOrExit(node24.find(root), ['scripts/build.ts']);
  fs.writeFileSync(path.join(root, 'dist/.stamp'), stamp);
}

/** Hands over to Node 24; signals and the exit code pass through. */
function become(args, env) {
  node24.run(node24.find(root), args, {
    cwd: process.env.INIT_CWD && args.join(' ').indexOf(path.join(root, 'dist')) !== -1 ? process.env.INIT_CWD : root,
    env: env,
  });
}

function cli(args) {
  ensureInstalled();
  ensureBuilt();
  var serves = args[0] === 'start';
  var file = path.join(root, 'dist', 'cli.js');
  become((serves ? node24.serverFlags : []).concat(file, args), serves ? Object.assign({}, process.env, node24.serverEnv) : undefined);
}

function bin(name) {
  var manifest = JSON.parse(fs.readFileSync(path.join(root, 'node_modules', name, 'package.json'), 'utf8'));
  var target = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[Object.keys(manifest.bin)[0]];
  return path.join(root, 'node_modules', name, target);
}

var command = process.argv[2];
var rest = process.argv.slice(3);
var env = Object.assign({}, process.env);

/** A shell between npm and us that was killed without passing its signal on leaves us to nobody: then we stop, too. */
function stopWhenOrphaned() {
  var parent = process.ppid;
  setInterval(function () {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, 500).unref();
}

switch (command) {
  case 'start':
    if (process.env.npm_lifecycle_event === 'start') stopWhenOrphaned();
    cli(['start'].concat(rest));
    break;
  case 'mpc':
    cli(rest);
    break;
  case 'build':
    ensureInstalled();
    if (rest.indexOf('--package') === -1) ensureBuilt();
    else runOrExit(node24.find(root), ['scripts/build.ts', '--package']);
    break;
  case 'test':
    ensureInstalled();
    ensureBuilt();
    become([bin('vitest'), 'run'].concat(rest), env);
    break;
  case 'check':
    ensureInstalled();
    ensureBuilt();
    become([path.join(root, 'scripts', 'check.ts')].concat(rest), env);
    break;
  case 'bench':
    ensureInstalled();
    ensureBuilt();
    become([path.join(root, 'bench', 'main.ts')].concat(rest), env);
    break;
  case 'faults':
    ensureInstalled();
    ensureBuilt();
    become([path.join(root, 'scripts', 'faults.ts')].concat(rest), env);
    break;
  case 'clients':
    ensureInstalled();
    ensureBuilt();
    become([path.join(root, 'test', 'clients', 'run.ts')].concat(rest), env);
    break;
  default:
    say('usage: node scripts/run.cjs start|mpc|test|check|bench|faults|build|clients');
    process.exit(2);
}
