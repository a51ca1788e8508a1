#!/usr/bin/env node
'use strict';
// The package's `mpc`: runs the bundled command line on Node 24.15 or newer, bringing that Node through npm when the
// machine has an older one. Plain old JavaScript, because any Node must be able to read it.
var fs = require('fs');
var path = require('path');
var url = require('url');
var childProcess = require('child_process');
var node24 = require('./node24.cjs');

var root = path.join(__dirname, '..');
var cli = path.join(root, 'dist', 'cli.js');

function isFile(file) {
  try {
    return fs.statSync(file).isFile();
  } catch (_absent) {
    return false;
  }
}

/** The Node that npm installed with this package as an optional dependency, wherever npm has put it. */
function broughtNode() {
  try {
    var folder = path.dirname(require.resolve(node24.platformPackage() + '/package.json', { paths: [root] }));
    var file = path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return isFile(file) ? file : undefined;
  } catch (_absent) {
    return undefined;
  }
}

/** Asks npm for the platform's Node 24. Only its path is wanted, so that signals later reach the server without npm in between. */
function fetchedNode() {
  var name = node24.platformPackage() + '@24';
  process.stderr.write(
    'mpc: Node ' + process.versions.node + ' is too old; using ' + name + ' from npm (the first time it is downloaded, about 50 MB)\n',
  );
  var result = childProcess.spawnSync(
    'npm',
    ['exec', '--yes', '--loglevel=error', '--package=' + name, '--', 'node', '-p', 'process.execPath'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
      shell: process.platform === 'win32',
    },
  );
  var file = result.status === 0 ? String(result.stdout).trim() : '';
  if (isFile(file)) return file;
  process.stderr.write('mpc: npm could not bring ' + name + '. Install Node 24.15 or newer, or set MPC_NODE to its path.\n');
  return process.exit(1);
}

function main() {
  if (fs.existsSync(path.join(root, 'src', 'cli', 'main.ts'))) {
    // A checkout: its own door also installs and builds what is missing.
    process.env.INIT_CWD = process.cwd();
    process.argv.splice(2, 0, 'mpc');
    require('./run.cjs');
    return;
  }
  var serves = process.argv[2] === 'start';
  if (!serves && !process.env.MPC_NODE && node24.isNewEnough(process.versions.node)) {
    import(url.pathToFileURL(cli).href).catch(function (error) {
      process.stderr.write('mpc: ' + error.stack + '\n');
      process.exit(1);
    });
    return;
  }
  var node = process.env.MPC_NODE || (node24.isNewEnough(process.versions.node) ? process.execPath : broughtNode() || fetchedNode());
  node24.run(node, (serves ? node24.serverFlags : []).concat(cli, process.argv.slice(2)), {
    env: serves ? Object.assign({}, process.env, node24.serverEnv) : process.env,
  });
}

main();
