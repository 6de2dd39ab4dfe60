#!/usr/bin/env node
// Starts the program, which lies in the package of this platform.
//
// npm takes that package as an optional dependency, and leaves it out without a word where a lockfile does not name it,
// or where optional dependencies are not wanted.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";

const platform = `${process.platform}-${process.arch}`;
const name = `@rebake/cli-${platform}`;
const require = createRequire(import.meta.url);
const { version, optionalDependencies } = require("../package.json");

function program() {
  if (process.env.REBAKE_BINARY) return process.env.REBAKE_BINARY;
  try {
    return require.resolve(`${name}/bin/rebake`);
  } catch {
    fail(name in optionalDependencies ? missing : unknown);
  }
}

const missing = `the package ${name} is not installed, which has the program for this machine
  npm leaves out optional packages with --omit=optional (also as "omit" in .npmrc), and those of other platforms than the
  one on which package-lock.json was written.
  = help: install it by name: npm install --save-dev ${name}@${version}
  = help: or write the lockfile anew: rm -rf node_modules package-lock.json && npm install
  = help: or name a program: REBAKE_BINARY=/path/to/rebake`;

const unknown = `there is no package with a program for ${platform}
  = help: take the archive of the release, or build it: cargo install --locked rebake
  = help: and name it: REBAKE_BINARY=/path/to/rebake`;

function fail(message) {
  console.error(`error[npm]: ${message}`);
  process.exit(2);
}

// A terminal tells the program itself of Ctrl-C; others tell the process that they know.
const isTold = process.stdin.isTTY || process.stderr.isTTY;
let child;
let early;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) {
  process.on(signal, () => {
    if (signal !== "SIGTERM" && isTold) return;
    if (child) child.kill(signal);
    else early = signal;
  });
}

child = spawn(program(), process.argv.slice(2), { stdio: "inherit" });
if (early) child.kill(early);
child.on("error", (error) => fail(`the program does not start: ${error.message}`));
child.on("exit", (code, signal) => {
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
});
