'use strict';
// Finds the Node that this project runs on (24.15 or newer) and hands a process over to it. Plain old JavaScript:
// it must parse on the end-of-life Node that it is there to replace.
var fs = require('fs');
var path = require('path');
var childProcess = require('child_process');

function isNewEnough(version) {
  var parts = version.replace(/^v/, '').split('.').map(Number);
  return parts[0] > 24 || (parts[0] === 24 && parts[1] >= 15);
}

function platformPackage() {
  return 'node-' + (process.platform === 'win32' ? 'win' : process.platform) + '-' + process.arch;
}

/** Path of a Node that is new enough; exits with an explanation when there is none. */
function find(root) {
  if (process.env.MPC_NODE) return process.env.MPC_NODE;
  if (isNewEnough(process.versions.node)) return process.execPath;
  var brought = path.join(root, 'node_modules', platformPackage(), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (fs.existsSync(brought)) return brought;
  process.stderr.write(
    'mpc: Node ' +
      process.versions.node +
      ' is too old (24.15 or newer is needed) and npm has no Node 24 package for ' +
      platformPackage() +
      '.\nInstall Node 24 yourself, or set MPC_NODE to its path.\n',
  );
  return process.exit(1);
}

/**
 * How the gateway's process is started. A small young generation and a single malloc arena hold its memory at a third less
 * under load; measured, they cost no CPU time. One thread behind it compiles and marks instead of four: where it has one core
 * to itself, as in a container, four take it from the calls for tens of milliseconds (docs/decisions/0025-the-engine.md).
 */
var serverFlags = ['--max-semi-space-size=4', '--v8-pool-size=1'];
var serverEnv = { MALLOC_ARENA_MAX: '1' };

/** Runs a command in place of this process: same streams, signals forwarded, same exit code. */
function run(command, args, options) {
  // The channel tells the child when this process is killed without a chance to forward anything.
  var child = childProcess.spawn(command, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    cwd: options && options.cwd,
    env: Object.assign({}, (options && options.env) || process.env, { MPC_LAUNCHER: '1' }),
  });
  ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal);
    });
  });
  child.on('error', function (error) {
    process.stderr.write('mpc: cannot start ' + command + ': ' + error.message + '\n');
    process.exit(1);
  });
  child.on('exit', function (code, signal) {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
      return;
    }
    process.exit(code);
  });
}

module.exports = {
  serverFlags: serverFlags,
  serverEnv: serverEnv,
  find: find,
  run: run,
  isNewEnough: isNewEnough,
  platformPackage: platformPackage,
};
