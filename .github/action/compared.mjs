// Which commits are compared: the rules of dorny/paths-filter v4, as flags of `rebake plan` and a list of changes.
//
// Where that action would be wrong, this one differs; docs/migration.md has the list.
import { spawnSync } from "node:child_process";

import { get } from "./http.mjs";

const ZERO = /^0+$/;
const ID = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

// Returns `{flags, changes}`: `changes`, where there is one, is what `--changed -` reads. `isOutOfReach` says whether rebake
// cannot have the base of a pull request.
export async function compared(event, input, warn, isOutOfReach) {
  const base = input("base");
  if (base === "HEAD") {
    if (input("ref")) warn("`ref` does not count where `base` is HEAD");
    return given(git(["diff", "--no-renames", "--name-status", "-z", "HEAD"]));
  }
  const name = process.env.GITHUB_EVENT_NAME ?? "";
  if (event.pull_request && name.startsWith("pull_request")) return pullRequest(name, event, input, warn, isOutOfReach);
  const group = name === "merge_group" ? event.merge_group : undefined;
  return commits(event, name, base || group?.base_sha, input("ref") || group?.head_sha, input);
}

// Whether a repository was checked out. Nothing else is needed where GitHub can be asked for the files.
export const isCheckedOut = () => spawnSync("git", ["rev-parse", "--git-dir"]).status === 0;

// A pull request has its own base, unless there is no token.
function pullRequest(name, event, input, warn, isOutOfReach) {
  if (input("ref")) warn("`ref` does not count for a pull request");
  if (input("base") && input("token")) warn("`base` does not count for a pull request, unless `token` is empty");
  if (name === "pull_request_target" || !isCheckedOut()) return filesOf(event, input);
  if (input("base") && !input("token")) return { flags: ["--base", commit(short(input("base")), input), "--direct"] };
  if (input("token") && isOutOfReach()) return filesOf(event, input);
  return { flags: [] }; // the event says it
}

function commits(event, eventName, baseInput, headInput, input) {
  const defaultBranch = event.repository?.default_branch;
  const head = short(headInput || process.env.GITHUB_REF);
  const base = short(baseInput || defaultBranch);
  if (!base) throw new Error("name a `base`: the event does not say what the default branch is");

  const flags = headInput ? ["--head", commit(head, input)] : [];
  const since = (name, ...more) => ({ flags: [...flags, "--base", commit(name, input), ...more] });
  if (!ID.test(base) && base !== head) return since(base);
  const before = ID.test(base) ? base : eventName === "push" ? event.before : undefined;
  if (before === undefined) return lastCommit();
  if (!ZERO.test(before)) return since(before, "--direct");
  return defaultBranch && base !== defaultBranch ? since(defaultBranch) : everyFile();
}

const short = (ref) => (ref ?? "").replace(/^refs\/(heads|tags)\//, "");

// Also of a merge, and where the clone ends with it: the parent is named in the commit.
function lastCommit() {
  const [header] = text(["cat-file", "commit", "HEAD"]).split("\n\n", 1);
  const parent = header.match(/^parent ([0-9a-f]+)$/m);
  return parent ? { flags: ["--base", parent[1], "--direct"] } : everyFile();
}

function everyFile() {
  const paths = git(["ls-files", "-z", "--full-name", ":/"]).toString("latin1").split("\0").filter(Boolean);
  return given(Buffer.from(paths.map((path) => `A\0${path}\0`).join(""), "latin1"));
}

function given(changes) {
  return { flags: ["--changed", "-"], changes };
}

// The code of a pull request is not fetched for pull_request_target; GitHub is asked for its files.
async function filesOf(event, input) {
  if (!input("token")) throw new Error("to ask GitHub for the files of the pull request, give the step a `token`");
  const request = event.pull_request;
  const url = `${process.env.GITHUB_API_URL}/repos/${process.env.GITHUB_REPOSITORY}/pulls/${request.number}/files`;
  const headers = { authorization: `Bearer ${input("token")}`, accept: "application/vnd.github+json" };
  const rows = [];
  for (let page = 1; rows.length < request.changed_files; page++) {
    const response = await get(`${url}?per_page=100&page=${page}`, headers);
    if (response.status !== 200) throw new Error(`GitHub does not tell the files of the pull request: ${response.status}`);
    const more = JSON.parse(String(response.body));
    if (more.length === 0) break;
    rows.push(...more);
  }
  // GitHub tells 3,000 files at most; behind that any file may have changed.
  if (rows.length < request.changed_files) return isCheckedOut() ? everyFile() : { flags: ["--all"] };
  const letters = { added: "A", removed: "D", copied: "A" };
  const change = (row) =>
    row.status === "renamed"
      ? `D\0${row.previous_filename}\0A\0${row.filename}\0`
      : `${letters[row.status] ?? "M"}\0${row.filename}\0`;
  return given(Buffer.from(rows.map(change).join("")));
}

// The commit that a branch, a tag or an id means: what is on the remote goes before what is here.
function commit(name, input) {
  if (name === "HEAD") return text(["rev-parse", "--verify", "HEAD^{commit}"]);
  if (ID.test(name)) return name; // rebake fetches it where it is not here
  const here = () => ["remotes/origin", "heads", "tags"].map((kind) => resolved(`refs/${kind}/${name}`)).find(Boolean);
  const there = () => {
    const depth = Number.parseInt(input("initial-fetch-depth"), 10) || 10;
    git(["fetch", "--no-tags", `--depth=${depth}`, "origin", "--", name]);
    return resolved("FETCH_HEAD");
  };
  return here() ?? there();
}

function resolved(ref) {
  const found = spawnSync("git", ["rev-parse", "--quiet", "--verify", "--end-of-options", `${ref}^{commit}`]);
  return found.status === 0 ? String(found.stdout).trim() : undefined;
}

// Bytes as they are: a path need not be UTF-8.
function git(args) {
  const ended = spawnSync("git", args, { maxBuffer: 1 << 30, stdio: ["ignore", "pipe", "pipe"] });
  if (ended.error) throw ended.error;
  if (ended.status !== 0) throw new Error(`git ${args[0]} failed: ${ended.stderr}`);
  return ended.stdout;
}

function text(args) {
  return git(args).toString().trim();
}
