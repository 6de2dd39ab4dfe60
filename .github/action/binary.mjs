// The program: that of the release which this version of the action pins, its checksum being here; without one, built
// from the source that lies beside.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { get } from "./http.mjs";

const here = join(import.meta.dirname, "../..");
const release = JSON.parse(readFileSync(join(import.meta.dirname, "release.json"), "utf8"));

const targets = {
  "linux-x64": "x86_64-unknown-linux-gnu", // with its libc: it runs on musl too
  "linux-arm64": "aarch64-unknown-linux-gnu",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
  "win32-x64": "x86_64-pc-windows-msvc",
};
const program = process.platform === "win32" ? "rebake.exe" : "rebake";

export async function binary(folder, token) {
  const target = targets[`${process.platform}-${process.arch}`];
  const checksum = release.sha256[target];
  // An action of the workflow's own repository has no releases of its own.
  const repository = process.env.GITHUB_ACTION_REPOSITORY;
  return checksum && repository ? await released(folder, repository, target, checksum, token) : built(folder);
}

// Unpacks the archive of the release. The tool cache, which outlives a job on runners of one's own, keeps the archive,
// whose checksum counts there too.
async function released(folder, repository, target, checksum, token) {
  const name = `rebake-${target}-v${release.version}`;
  const cache = process.env.RUNNER_TOOL_CACHE && join(process.env.RUNNER_TOOL_CACHE, "rebake", release.version, `${name}.tgz`);
  let archive = cache && kept(cache, checksum);
  if (!archive) {
    archive = await downloaded(repository, `${name}.tgz`, token);
    verify(archive, checksum, `${name}.tgz of ${repository}`);
    if (cache) keep(cache, archive);
  }
  writeFileSync(join(folder, "rebake.tgz"), archive);
  run("tar", ["-xzf", "rebake.tgz"], { cwd: folder });
  return join(folder, name, program);
}

function kept(cache, checksum) {
  try {
    const archive = readFileSync(cache);
    return sha256(archive) === checksum ? archive : undefined;
  } catch {
    return undefined;
  }
}

// A cache that cannot be written is none.
function keep(cache, archive) {
  try {
    mkdirSync(dirname(cache), { recursive: true });
    writeFileSync(cache, archive);
  } catch (error) {
    console.log(`The tool cache is not written: ${error.message}`);
  }
}

async function downloaded(repository, file, token) {
  const url = `https://github.com/${repository}/releases/download/v${release.version}/${file}`;
  const answer = await get(url);
  if (answer.status === 200) return answer.body;
  // Releases of private repositories are handed out by the API alone.
  if (answer.status === 404 && token) return asset(repository, file, token);
  throw new Error(`${url}: ${answer.status}`);
}

async function asset(repository, file, token) {
  const api = `${process.env.GITHUB_API_URL || "https://api.github.com"}/repos/${repository}/releases`;
  const authorization = `Bearer ${token}`;
  const found = await get(`${api}/tags/v${release.version}`, { authorization, accept: "application/vnd.github+json" });
  const assets = found.status === 200 ? JSON.parse(String(found.body)).assets : [];
  const id = assets.find((asset) => asset.name === file)?.id;
  if (!id) throw new Error(`${repository} has no ${file} in the release v${release.version} that the input 'token' may read`);
  const answer = await get(`${api}/assets/${id}`, { authorization, accept: "application/octet-stream" });
  if (answer.status !== 200) throw new Error(`${api}/assets/${id}: ${answer.status}`);
  return answer.body;
}

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

export function verify(archive, checksum, name) {
  const found = sha256(archive);
  if (found !== checksum) throw new Error(`${name} has the SHA-256 ${found}, and ${checksum} was expected`);
}

function built(folder) {
  const target = join(folder, "target");
  console.log("This version of the action has no program for this machine: it is built from source.");
  if (spawnSync("cargo", ["--version"]).error) {
    throw new Error("this commit of the action is not that of a release, so it has no program for this machine, and cargo is not here to build one: use the commit of a release, or name a program with 'binary'");
  }
  run("cargo", ["build", "--release", "--locked", "--target-dir", target], { cwd: here });
  return join(target, "release", program);
}

function run(command, args, options) {
  const ended = spawnSync(command, args, { ...options, stdio: ["ignore", "inherit", "inherit"] });
  if (ended.error) throw ended.error;
  if (ended.status !== 0) throw new Error(`${command} failed`);
}
