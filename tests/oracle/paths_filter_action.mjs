// What the whole action dorny/paths-filter v4.0.3 writes as a step's outputs: its choice of commits, the answers of
// paths_filter.mjs beside this file, and its lists of files. In our words, from its documented behaviour.
//
// With AS_REBAKE=1 it does what our action does on purpose where that one is wrong: `differences` names each.
//
// Runs where a step of the action would: in the clone, with INPUT_… and GITHUB_… in the environment. Events of pull
// requests are those without a token, since no server is asked.
import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";

const input = (name) => (process.env[`INPUT_${name.toUpperCase()}`] ?? "").trim();
const { GITHUB_EVENT_NAME, GITHUB_EVENT_PATH, GITHUB_OUTPUT, GITHUB_REF } = process.env;

function run(args) {
  return spawnSync("git", args, { maxBuffer: 1 << 30 });
}

function git(...args) {
  const ended = run(args);
  if (ended.status !== 0) throw new Error(`git ${args.join(" ")}: ${ended.stderr}`);
  return String(ended.stdout);
}

const asked = process.env.AS_REBAKE === "1";
const differences = {
  // The change of a file into a link, or the other way round, is a change: the action's table of letters lacks it.
  typeChange: asked,
  // The last commit of a run by hand is compared with its first parent: the action has nothing for a merge, and takes
  // every file for added where the clone ends with that commit.
  lastCommit: asked,
  // A line break behind a backslash would be a shell's continuation of the line.
  escapedLineBreak: asked,
};

const nameStatus = (...args) => git(...args).split("\0").filter(Boolean);
const pairs = (words) => words.flatMap((word, at) => (at % 2 === 0 ? [[letter(word), words[at + 1]]] : []));
const letter = (word) => (word === "T" && differences.typeChange ? "M" : word);
const diff = (range) => pairs(nameStatus("diff", "--no-renames", "--name-status", "-z", range));
const isId = (name) => /^[a-z0-9]{40}$/.test(name);
const short = (ref) => (ref ?? "").replace(/^refs\/(heads|tags)\//, "");

// A branch of the remote goes before one that is here, and both before a tag.
function local(name) {
  if (isId(name)) return run(["cat-file", "-e", `${name}^{commit}`]).status === 0 ? name : undefined;
  const refs = ["refs/remotes/origin/", "refs/heads/", "refs/tags/"].map((kind) => kind + name);
  return refs.find((ref) => run(["show-ref", "--verify", "--quiet", ref]).status === 0);
}

function ensured(name) {
  if (!local(name)) run(["fetch", "--depth=1", "--no-tags", "origin", name]);
  if (!local(name)) run(["fetch", "--depth=1", "--tags", "origin", name]);
  if (!local(name)) throw new Error(`what is ${name}?`);
  return local(name);
}

const twoDots = (base, head) => diff(`${ensured(base)}..${ensured(head)}`);

function threeDots(base, head) {
  const related = () => local(base) && local(head) && run(["merge-base", local(base), local(head)]).status === 0;
  for (let depth = Number.parseInt(input("initial-fetch-depth")) || 10, before = ""; !related(); depth *= 2) {
    run(["fetch", "--no-tags", before === "" ? `--depth=${depth}` : `--deepen=${depth}`, "origin", base, head]);
    const count = git("rev-list", "--count", "--all");
    if (count === before) return diff(`${local(base)}..${local(head)}`);
    before = count;
  }
  return diff(`${local(base)}...${local(head)}`);
}

function current() {
  const branch = git("rev-parse", "--abbrev-ref", "HEAD").trim();
  if (branch !== "HEAD") return branch;
  const tag = run(["describe", "--tags", "--exact-match"]);
  return tag.status === 0 ? String(tag.stdout).trim() : git("rev-parse", "HEAD").trim();
}

function changes(event) {
  if (input("base") === "HEAD") return diff("HEAD");
  if (event.pull_request) return twoDots(input("base") || event.pull_request.base.sha, current());
  const group = event.merge_group ?? {};
  const head = short(input("ref") || group.head_sha || GITHUB_REF || current());
  const base = short(input("base") || group.base_sha || event.repository.default_branch);
  if (!isId(base) && base !== head) return threeDots(base, head);
  const before = isId(base) ? base : GITHUB_EVENT_NAME === "push" ? event.before : undefined;
  if (!before && differences.lastCommit) return lastCommit();
  if (!before) return pairs(nameStatus("log", "--format=", "--no-renames", "--name-status", "-z", "-n", "1"));
  if (!/^0+$/.test(before)) return twoDots(before, head);
  if (base !== event.repository.default_branch) return threeDots(event.repository.default_branch, head);
  return nameStatus("ls-files", "-z").map((path) => ["A", path]);
}

function lastCommit() {
  const parent = /^parent (.*)$/m.exec(git("cat-file", "commit", "HEAD").split("\n\n")[0])?.[1];
  if (!parent) return nameStatus("ls-files", "-z").map((path) => ["A", path]);
  if (!local(parent)) run(["fetch", "--depth=1", "origin", parent]);
  return diff(`${parent}..HEAD`);
}

function matches(event) {
  const text = input("filters");
  const filters = /[\n:]/.test(text) ? text : readFileSync(text, "utf8");
  const asked = { filters, quantifier: input("predicate-quantifier") || "some", changes: changes(event) };
  const oracle = `${import.meta.dirname}/paths_filter.mjs`;
  const [answer] = JSON.parse(spawnSync(process.execPath, [oracle, "two"], { input: JSON.stringify(asked) }).stdout);
  if (typeof answer === "string") throw new Error(answer);
  return answer;
}

const plain = /^[a-zA-Z0-9,._+:@%/-]+$/;
function shell(path) {
  if (plain.test(path)) return path;
  if (!path.includes("'")) return `'${path}'`;
  if (/^[a-zA-Z0-9,._+:@%/'\s-]+$/.test(path)) return `"${path}"`;
  return path.split("'").map((part) => (part === "" ? "" : shell(part))).join("\\'");
}
const lists = {
  csv: (paths) => paths.map((path) => (/^[a-zA-Z0-9._+:@%/-]+$/.test(path) ? path : `"${path.replaceAll('"', '""')}"`)).join(","),
  json: (paths) => JSON.stringify(paths),
  shell: (paths) => paths.map(shell).join(" "),
  escape: (paths) => paths.map((path) => path.replace(/[^a-zA-Z0-9,._+:@%/-]/g, escapedCharacter)).join(" "),
};
const escapedCharacter = (c) => (c === "\n" && differences.escapedLineBreak ? "$'\\n'" : `\\${c}`);

if (input("working-directory")) process.chdir(input("working-directory"));
const results = matches(JSON.parse(readFileSync(GITHUB_EVENT_PATH, "utf8")));
const outputs = results.flatMap(([name, paths]) => [
  [name, paths.length > 0],
  [`${name}_count`, paths.length],
  ...(lists[input("list-files").toLowerCase()] ? [[`${name}_files`, lists[input("list-files").toLowerCase()](paths)]] : []),
]);
if (!results.some(([name]) => name === "changes")) {
  outputs.push(["changes", JSON.stringify(results.filter(([, paths]) => paths.length > 0).map(([name]) => name))]);
}
const end = "ghadelimiter_of_the_oracle";
appendFileSync(GITHUB_OUTPUT, outputs.map(([name, value]) => `${name}<<${end}\n${value}\n${end}\n`).join(""));
