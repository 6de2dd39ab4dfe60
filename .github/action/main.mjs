// The entry of the action: from its inputs to one run of `rebake plan --ci`, which writes the outputs.
//
// Inputs come as variables of the environment and go on as arguments: no shell reads them.
import { spawnSync } from "node:child_process";
import { appendFileSync, closeSync, copyFileSync, mkdirSync, mkdtempSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

import { binary } from "./binary.mjs";
import { compared, isCheckedOut } from "./compared.mjs";

const input = (name) => (process.env[`INPUT_${name.toUpperCase()}`] ?? "").trim();

// The runner ends a command at its line, and reads what follows `::` as the next one.
const escaped = (text) => String(text).replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const warn = (text) => console.log(`::warning title=rebake::${escaped(text)}`);

async function main() {
  const folder = mkdtempSync(join(process.env.RUNNER_TEMP || tmpdir(), "rebake-"));
  const rebake = install(input("binary") ? found(input("binary")) : await binary(folder, input("token")), folder);
  if (input("setup-only") === "true") return;
  if (input("working-directory")) process.chdir(input("working-directory"));

  const flags = [];
  // Git asks for it only where the checkout left no credentials.
  if (input("token")) flags.push("--token-env=INPUT_TOKEN");
  const environment = { ...process.env };
  let changes;
  if (input("filters")) {
    // To leave them out in silence could leave a rebuild out.
    const unheeded = ["config", "since", "published-tag"].filter((name) => input(name));
    if (unheeded.length > 0) {
      throw new Error(
        `the input '${unheeded[0]}' has no meaning beside 'filters', whose commits are chosen as dorny/paths-filter chooses them: ` +
          "leave one of the two out; without 'filters' the repository's filters.yaml is read",
      );
    }
    const event = JSON.parse(readFileSync(process.env.GITHUB_EVENT_PATH, "utf8"));
    flags.push("--config", filters(folder), "--quantifier", input("predicate-quantifier") || "some");
    flags.push("--unmatched", "ignore", "--dead", "warn", "--style", input("style") || "sha");
    const range = await compared(event, input, warn, () => isOutOfReach(rebake, flags, folder));
    changes = range.changes;
    flags.push(...range.flags);
    if (!isCheckedOut()) process.chdir(emptyRepository(folder));
    // What a run by hand asks for is the workflow's own affair here.
    environment.GITHUB_EVENT_PATH = join(folder, "event.json");
    writeFileSync(environment.GITHUB_EVENT_PATH, JSON.stringify({ ...event, inputs: undefined }));
  } else if (!isCheckedOut()) {
    throw new Error("there is no repository here: run actions/checkout before this step");
  } else {
    if (input("base")) flags.push(`--base=${input("base")}`);
    if (input("ref")) flags.push(`--head=${input("ref")}`);
    for (const name of ["config", "style", "since", "published-tag"]) flags.push(...flag(name));
  }
  for (const name of ["environment", "fields", "levels", "only", "pack"]) flags.push(...flag(name));
  for (const name of ["skip-existing", "strict"]) if (input(name) === "true") flags.push(`--${name}`);
  flags.push("--list-files", input("list-files").toLowerCase() || "none");

  const plan = join(folder, "plan.json");
  // The last one of a name counts: a filter's output goes before ours.
  appendFileSync(process.env.GITHUB_OUTPUT, `plan=${plan}\n`);
  run(rebake, ["plan", "--ci", "--format", "json", ...flags], { env: environment, input: changes, into: plan });
  run(rebake, ["plan", "--plan", plan], {});
  if (input("check") === "true") run(rebake, ["check", "--format", "github", ...flag("config")], {});
}

// Whether the base of a pull request cannot be had: it is not in the clone, and the remote does not hand it out.
function isOutOfReach(rebake, flags, folder) {
  const file = join(folder, "reach.json");
  const stdout = openSync(file, "w");
  const ended = spawnSync(rebake, ["plan", "--quiet", "--format", "json", ...flags], { stdio: ["ignore", stdout, "ignore"] });
  closeSync(stdout);
  // Where it fails, the run that hands on the outputs says why.
  return ended.status === 0 && JSON.parse(readFileSync(file, "utf8")).degraded.some(({ kind }) => kind === "base-unreachable");
}

// A repository without commits, in which rebake looks at files that GitHub tells.
function emptyRepository(folder) {
  const repository = join(folder, "repository");
  for (const part of ["objects", "refs"]) mkdirSync(join(repository, ".git", part), { recursive: true });
  writeFileSync(join(repository, ".git/HEAD"), "ref: refs/heads/main\n");
  return repository;
}

const flag = (name) => (input(name) ? [`--${name}=${input(name)}`] : []);

// A name is looked up on the path; a path is below the workspace.
function found(binary) {
  if (/[/\\]/.test(binary)) return resolve(binary);
  const places = (process.env.PATH ?? "").split(delimiter).map((place) => join(place, binary));
  const place = places.find((place) => statSync(place, { throwIfNoEntry: false })?.isFile());
  if (!place) throw new Error(`there is no program '${binary}' on the path`);
  return place;
}

// Puts the program on the path of later steps, in a folder that holds nothing else.
function install(program, folder) {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const installed = join(bin, process.platform === "win32" ? "rebake.exe" : "rebake");
  copyFileSync(program, installed);
  if (process.env.GITHUB_PATH) appendFileSync(process.env.GITHUB_PATH, `${bin}\n`);
  appendFileSync(process.env.GITHUB_OUTPUT, `program=${installed}\n`);
  return installed;
}

// The file of the filters; those that are given as YAML get one.
function filters(folder) {
  const text = process.env.INPUT_FILTERS;
  if (!/[\n:]/.test(input("filters"))) {
    if (!statSync(input("filters"), { throwIfNoEntry: false })?.isFile()) {
      throw new Error(`'${input("filters")}' is no file; filters as YAML have a colon`);
    }
    return resolve(input("filters"));
  }
  writeFileSync(join(folder, "filters.yaml"), text);
  return join(folder, "filters.yaml");
}

// Runs a program to its end; where it fails, the action ends as it did.
function run(program, args, { env = process.env, input, into }) {
  const stdout = into ? openSync(into, "w") : "inherit";
  const ended = spawnSync(program, args, { env, input, stdio: [input === undefined ? "ignore" : "pipe", stdout, "inherit"] });
  if (into) closeSync(stdout);
  if (ended.error) throw ended.error;
  if (ended.status !== 0) process.exit(ended.status ?? 1);
}

main().catch((error) => {
  console.log(`::error title=rebake::${escaped([error.message, error.cause?.message].filter(Boolean).join(": "))}`);
  process.exitCode = 2;
});
