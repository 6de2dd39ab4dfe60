// What a large repository costs: 1,000 directories of a hundred files each, 60 commits that each touch fifty of them.
// Times whole processes, from start to end, one after the other in each of several rounds, and prints a Markdown table
// of milliseconds: the median, and in parentheses the time that processors were busy.
//
//   cargo build --release
//   node tests/benches/repository.mjs [target/release/rebake]
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const rebake = resolve(process.argv[2] ?? "target/release/rebake");
const directory = mkdtempSync(join(tmpdir(), "rebake-bench-"));
const ROUNDS = 15;
const SERVICES = 1000;
const COMMITS = 60;

const git = (args, input) => execFileSync("git", args, { cwd: directory, input, maxBuffer: 1 << 30, encoding: "utf8" });
const place = (service) => `services/team-${service % 20}/svc-${String(service).padStart(4, "0")}`;

// The files of a service, by their places below it.
const own = ["package.json", "README.md", "Dockerfile", "tsconfig.json"];
for (let number = 0; number < 96; number++) {
  own.push(`${["src", "src/api", "src/store/sql", "test"][number % 4]}/part-${number}.${number % 12 ? "ts" : "md"}`);
}

// A stream for `git fast-import`: everything, then commits of fifty files in fifty services.
function history() {
  const content = (path, time) => `// ${path}\nexport const version = ${time};\n`;
  const file = (path, time) => {
    const text = content(path, time);
    return `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`;
  };
  const lines = [];
  for (let time = 0; time < COMMITS; time++) {
    lines.push(`commit refs/heads/main\ncommitter a <a@example.com> ${1_700_000_000 + time} +0000\ndata 1\nx\n`);
    if (time === 0) {
      lines.push(file("package-lock.json", 0));
      for (let service = 0; service < SERVICES; service++) {
        for (const path of own) lines.push(file(`${place(service)}/${path}`, 0));
      }
    }
    for (let touched = 0; time > 0 && touched < 50; touched++) {
      const service = (time * 7919 + touched * 104_729) % SERVICES;
      lines.push(file(`${place(service)}/${own[(time * 31 + touched) % own.length]}`, time));
    }
  }
  return lines.join("");
}

// A service for each directory, and one for each of five parts of it.
function filters() {
  const whole = [], parts = [];
  for (let service = 0; service < SERVICES; service++) {
    const path = place(service);
    whole.push(`  svc-${service}: {path: ${path}, filters: ["${path}/**", package-lock.json, "!**/*.md"]}\n`);
    for (const [part, pattern] of ["*.json", "src/*", "src/**/*.ts", "test/**", "Dockerfile"].entries()) {
      parts.push(`  svc-${service}-${part}: {path: ${path}, filters: ["${path}/${pattern}"]}\n`);
    }
  }
  writeFileSync(join(directory, "whole.yaml"), `services:\n${whole.join("")}`);
  writeFileSync(join(directory, "parts.yaml"), `services:\n${parts.join("")}`);
}

// Records of successful builds at the last fifty commits, in turn.
function records() {
  const commits = git(["rev-list", "--max-count=50", "main"]).trim().split("\n");
  const names = Array.from({ length: SERVICES * 5 }, (_, at) => `svc-${Math.floor(at / 5)}-${at % 5}`);
  const lines = names.map((name, at) => `create refs/rebake/built/local/${name} ${commits[at % commits.length]}\n`);
  git(["update-ref", "--stdin"], lines.join(""));
}

function timed(program, args) {
  const words = ["-c", 'TIMEFORMAT="%3R %3U %3S"; time "$@" >/dev/null 2>&1', "bash", program, ...args];
  const done = spawnSync("bash", words, { cwd: directory, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${program} ${args.join(" ")}: status ${done.status}`);
  const [real, user, system] = done.stderr.trim().split(" ").map(Number);
  return { took: real * 1000, busy: (user + system) * 1000 };
}

git(["init", "--quiet", "--initial-branch=main"]);
git(["fast-import", "--quiet"], history());
filters();
records();
git(["gc", "--quiet"]);
git(["commit-graph", "write", "--reachable"]);

const commands = [
  ["git", ["ls-tree", "-r", "HEAD"]],
  [rebake, ["fingerprint", "--at", "HEAD", "--config", "whole.yaml"]],
  [rebake, ["fingerprint", "--at", "HEAD", "--config", "whole.yaml", "svc-7"]],
  ["git", ["diff", "--name-only", "HEAD~50", "HEAD"]],
  [rebake, ["plan", "--base", "HEAD~50", "--head", "HEAD", "--config", "whole.yaml", "--unmatched", "ignore", "--format", "json"]],
  [rebake, ["plan", "--since", "built", "--head", "HEAD", "--config", "parts.yaml", "--unmatched", "ignore", "--format", "json"]],
];
const runs = commands.map(() => []);
for (let round = 0; round < ROUNDS; round++) {
  commands.forEach(([program, args], at) => runs[at].push(timed(program, args)));
}
const middle = (list, time) => list.map((run) => run[time]).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)].toFixed(0);
console.log("| command | milliseconds |\n| --- | ---: |");
commands.forEach(([program, args], at) => {
  const name = program === rebake ? "rebake" : program;
  console.log(`| \`${name} ${args.join(" ")}\` | ${middle(runs[at], "took")} (${middle(runs[at], "busy")}) |`);
});
rmSync(directory, { recursive: true });
