// The program: that of the release which this version of the action pins, its checksum being here; without one, built
// from the source that lies beside.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const here = join(import.meta.dirname, "../..");
const release = JSON.parse(readFileSync(join(import.meta.dirname, "release.json"), "utf8"));

const targets = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
  "win32-x64": "x86_64-pc-windows-msvc",
};
const program = process.platform === "win32" ? "rebake.exe" : "rebake";

export async function binary(folder) {
  const target = targets[`${process.platform}-${process.arch}`];
  const checksum = release.sha256[target];
  // An action of the workflow's own repository has no releases of its own.
  const repository = process.env.GITHUB_ACTION_REPOSITORY;
  return checksum && repository ? downloaded(folder, repository, target, checksum) : built(folder);
}

async function downloaded(folder, repository, target, checksum) {
  const name = `rebake-${target}-v${release.version}`;
  const url = `https://github.com/${repository}/releases/download/v${release.version}/${name}.tgz`;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const archive = Buffer.from(await response.arrayBuffer());
  verify(archive, checksum, url);
  writeFileSync(join(folder, "rebake.tgz"), archive);
  run("tar", ["-xzf", "rebake.tgz"], { cwd: folder });
  return join(folder, name, program);
}

export function verify(archive, checksum, name) {
  const found = createHash("sha256").update(archive).digest("hex");
  if (found !== checksum) throw new Error(`${name} has the SHA-256 ${found}, and ${checksum} was expected`);
}

function built(folder) {
  const target = join(folder, "target");
  console.log("This version of the action has no program for this machine: it is built from source.");
  run("cargo", ["build", "--release", "--locked", "--target-dir", target], { cwd: here });
  return join(target, "release", program);
}

function run(command, args, options) {
  const ended = spawnSync(command, args, { ...options, stdio: ["ignore", "inherit", "inherit"] });
  if (ended.error) throw ended.error;
  if (ended.status !== 0) throw new Error(`${command} failed`);
}
