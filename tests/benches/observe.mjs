// Makes the builds of docs/observe.md, runs each by `rebake build` and by `rebake observe` in turn, and prints the table:
// medians of seconds. It needs strace, make, cc, cargo and node.
//
//   cargo build --release
//   node tests/benches/observe.mjs [target/release/rebake]
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const ROUNDS = 5;
const rebake = resolve(process.argv[2] ?? "target/release/rebake");
const directory = mkdtempSync(join(tmpdir(), "rebake-observe-"));
const write = (path, text) => {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), text);
};
const numbers = (count) => [...Array(count).keys()];

for (const n of numbers(40)) write(`c/f${n}.c`, `#include <stdio.h>\n#include <stdlib.h>\nint f${n}(int x) { return printf("%d", x); }\n`);
write("c/Makefile", "all: $(patsubst %.c,%.o,$(wildcard *.c))\n");
write("crate/Cargo.toml", '[package]\nname = "c"\nversion = "0.1.0"\nedition = "2021"\n\n[workspace]\n');
write("crate/src/lib.rs", numbers(30).map((n) => `pub mod m${n};\n`).join(""));
for (const n of numbers(30)) write(`crate/src/m${n}.rs`, `pub fn f(x: u32) -> u32 { x + ${n} }\n`);
for (const n of numbers(1000)) write(`node/m${n}.js`, `module.exports = ${n};\n`);
write("node/all.js", numbers(1000).map((n) => `require("./m${n}.js");\n`).join(""));
write("filters.yaml", `services:
  make: {path: c, run: 'rm -f *.o; make -j2 >/dev/null'}
  cargo: {path: crate, run: 'rm -rf target; cargo build --quiet --offline'}
  node: {path: node, run: node all.js}
`);
write(".gitignore", "*.o\ntarget\nCargo.lock\n");
const git = (...args) => execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: directory });
git("init", "--quiet");
git("add", ".");
git("commit", "--quiet", "-m", "first");

const seconds = (...args) => {
  const begin = performance.now();
  const { status, stderr } = spawnSync(rebake, args, { cwd: directory, encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")}: ${status}: ${stderr}`);
  return (performance.now() - begin) / 1000;
};
const median = (values) => values.toSorted((one, two) => one - two)[Math.floor(values.length / 2)];

console.log("| build | plain | observed | |\n| --- | --- | --- | --- |");
for (const [service, what] of [["make", "`make -j2` of 40 C files"], ["cargo", "`cargo build`, 30 modules"], ["node", "`node`, 1,000 modules"]]) {
  const [plain, observed] = [[], []];
  for (const round of numbers(ROUNDS + 1)) {
    const times = [seconds("build", "--only", service, "--force", service), seconds("observe", service)];
    // The first round fills caches.
    if (round > 0) [plain, observed].forEach((all, at) => all.push(times[at]));
  }
  const [one, two] = [median(plain), median(observed)];
  console.log(`| ${what} | ${one.toFixed(1)} | ${two.toFixed(1)} | × ${(two / one).toFixed(1)} |`);
}
rmSync(directory, { recursive: true });
