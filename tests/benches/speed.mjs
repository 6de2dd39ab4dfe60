// Makes the repositories of docs/speed.md, runs git, Turborepo, moon and rebake in them in turn, and prints the tables:
// medians of milliseconds from start to end, in parentheses those that processors were busy, the most memory, and how
// many times as long a command takes as the first of its table.
//
//   cargo build --release
//   node tests/benches/speed.mjs [--keep DIR] [--only TABLE] [--rounds N] [target/release/rebake]
//
// `--keep` makes the repositories in a directory where the next run finds them. With `REBAKE_REPO=DIR`, a clone of a real
// repository, there is a table for that too: a service for each package.json. Turborepo and moon are what
// tests/benches/tools pins; npm fetches them.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { git, make } from "./monorepo.mjs";
import { memory, race, shown } from "./timing.mjs";

const options = { keep: { type: "string" }, only: { type: "string" }, rounds: { type: "string", default: "15" } };
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const rebake = resolve(positionals[0] ?? "target/release/rebake");
const rounds = Number(values.rounds);
const directory = values.keep ? resolve(values.keep) : mkdtempSync(join(tmpdir(), "rebake-bench-"));

const REPOSITORIES = {
  s1000: { services: 1000, count: 100, commits: 20_000, tags: 5, checkout: true },
  m1000: { services: 1000, count: 1000, commits: 300, tags: 5 },
  s10000: { services: 10_000, count: 10, commits: 20_000, tags: 5 },
  w20000: { services: 20_000, count: 50, commits: 300, tags: 1 },
};

async function repository(name) {
  const place = join(directory, name);
  if (!existsSync(place)) {
    mkdirSync(place, { recursive: true });
    await make(place, REPOSITORIES[name]);
  }
  return place;
}

function tools() {
  const place = join(import.meta.dirname, "tools");
  execFileSync("npm", ["ci", "--silent", "--no-audit", "--no-fund"], { cwd: place, stdio: "inherit" });
  const modules = join(place, "node_modules");
  const native = (scope, ending) => {
    const folder = join(modules, scope);
    const found = readdirSync(folder).map((name) => join(folder, name, ending)).find(existsSync);
    if (!found) throw new Error(`${scope} has no program for this machine`);
    return found;
  };
  return { turbo: native("@turbo", "bin/turbo"), moon: native("@moonrepo", "moon") };
}

function table(title, head, commands) {
  const found = race(commands, rounds);
  console.log(`\n### ${title}\n\n| command | ${head} | memory, MB | times |\n| --- | ---: | ---: | ---: |`);
  commands.forEach((command, at) => {
    const most = memory(command);
    const ratio = (found[at].took / found[0].took).toFixed(2);
    const line = [command.title, `${shown(found[at].took)} (${shown(found[at].busy)})`, most ? shown(most) : "–", ratio];
    console.log(`| ${line.join(" | ")} |`);
  });
  return found;
}

const of = (cwd) => ({
  git: (...args) => ({ title: `\`git ${args.join(" ")}\``, program: "git", args, cwd }),
  plan: (base, head, format, ...more) => {
    const args = ["plan", "--base", base, "--head", head, "--unmatched", "ignore", "--format", format, ...more];
    const some = ["--format", format, ...more].join(" ");
    return { title: `\`rebake plan\`, ${base} to ${head}, \`${some}\``, program: rebake, args, cwd };
  },
  fingerprint: (...more) => {
    const args = ["fingerprint", "--at", "HEAD", ...more];
    return { title: `\`rebake ${args.join(" ")}\``, program: rebake, args, cwd };
  },
});

const count = (json, key) => JSON.parse(json)[key].length;

const tables = {
  async others() {
    const cwd = await repository("s1000");
    const { turbo, moon } = tools();
    const at = of(cwd);
    const base = { TURBO_SCM_BASE: "HEAD~1", TURBO_SCM_HEAD: "HEAD", TURBO_TELEMETRY_DISABLED: "1" };
    const found = table("One commit, 1,000 services, 100,000 files", "milliseconds", [
      at.plan("HEAD~1", "HEAD", "json"),
      at.plan("HEAD~1", "HEAD", "names"),
      at.git("diff", "--name-only", "--no-renames", "HEAD~1", "HEAD"),
      { title: "`turbo ls --affected`, native", program: turbo, args: ["ls", "--affected", "--output=json"], cwd, env: base },
      {
        title: "`moon query projects --affected --downstream deep`, native",
        program: moon,
        args: ["query", "projects", "--affected", "--downstream", "deep"],
        cwd,
        env: { MOON_BASE: "HEAD~1", MOON_HEAD: "HEAD" },
      },
    ]);
    const services = [count(found[0].stdout, "services"), JSON.parse(found[3].stdout).packages.count, count(found[4].stdout, "projects")];
    console.log(`\nServices found: ${services.join(", ")} (rebake, turbo, moon).`);
    if (services.some((number) => number !== services[0])) throw new Error("the answers differ");
  },

  async commits() {
    const cwd = await repository("s1000");
    const at = of(cwd);
    const commands = [
      at.git("diff", "--name-only", "--no-renames", "HEAD~200", "HEAD"),
      at.plan("HEAD~200", "HEAD", "json"),
      at.plan("HEAD~200", "HEAD", "names"),
    ];
    const found = table("200 commits", "milliseconds", commands);
    console.log(`\nServices found: ${count(found[1].stdout, "services")}.`);
    const graph = join(cwd, ".git/objects/info/commit-graph");
    renameSync(graph, `${graph}.away`);
    try {
      table("200 commits, without a commit-graph", "milliseconds", commands);
    } finally {
      renameSync(`${graph}.away`, graph);
    }
  },

  async partial() {
    const at = of(await repository("s1000"));
    table("Patterns that take directories in part", "milliseconds", [
      at.git("ls-tree", "-r", "HEAD"),
      at.fingerprint(),
      at.fingerprint("--config", "excluded.yaml"),
      at.fingerprint("--config", "copied.yaml"),
      at.fingerprint("--config", "patterns.yaml"),
      at.plan("HEAD~1", "HEAD", "json", "--config", "excluded.yaml"),
      at.plan("HEAD~1", "HEAD", "json", "--config", "copied.yaml"),
    ]);
  },

  async growth() {
    const places = [await repository("s1000"), await repository("m1000"), await repository("s10000")];
    const titles = ["1,000 services, 100,000 files", "1,000 services, 1,000,000 files", "10,000 services, 100,000 files"];
    const commands = places.map((cwd, row) => ({ ...of(cwd).plan("HEAD~2", "HEAD~1", "json"), title: titles[row] }));
    table("One commit that affects one service", "milliseconds", commands);
  },

  async wide() {
    const at = of(await repository("w20000"));
    table("20,000 services with four patterns each, 1,000,000 files", "milliseconds", [
      at.git("ls-tree", "-r", "HEAD"),
      at.plan("HEAD~1", "HEAD", "json", "--config", "patterns.yaml"),
      at.fingerprint("--config", "patterns.yaml"),
    ]);
  },

  async real() {
    const cwd = process.env.REBAKE_REPO;
    if (!cwd) return;
    const names = git(cwd, ["ls-tree", "-r", "--name-only", "HEAD"]).trim().split("\n");
    const services = names.filter((path) => path.endsWith("/package.json") && !/\/(test|fixtures|template)/.test(path));
    const file = join(directory, "real.yaml");
    writeFileSync(file, `services:\n${services.map((path) => `  ${path.split("/").at(-2)}-${services.indexOf(path)}: {path: ${dirname(path)}}\n`).join("")}`);
    const at = of(cwd);
    const title = `A real one: ${services.length} services`;
    table(title, "milliseconds", [
      at.git("diff", "--name-only", "--no-renames", "HEAD~50", "HEAD"),
      at.plan("HEAD~50", "HEAD", "json", "--config", file),
      at.plan("HEAD~50", "HEAD", "names", "--config", file),
    ]);
  },
};

for (const [name, make] of Object.entries(tables)) {
  if (!values.only || values.only === name) await make();
}
if (!values.keep) rmSync(directory, { recursive: true });
