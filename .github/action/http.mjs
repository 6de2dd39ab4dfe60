// Requests: in three attempts, and through the proxy of the machine.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

const PAUSES = [1000, 3000];

// Returns `{status, body}` of whatever answer there is in the end.
export async function get(url, headers = {}) {
  for (const pause of [...PAUSES, undefined]) {
    try {
      const answer = isProxied() ? viaCurl(url, headers) : await direct(url, headers);
      const isPassing = answer.status === 429 || answer.status >= 500;
      if (!isPassing || pause === undefined) return answer;
      console.log(`${url}: ${answer.status}; once more`);
    } catch (error) {
      if (pause === undefined) throw error;
      console.log(`${url}: ${error.cause?.message ?? error.message}; once more`);
    }
    await setTimeout(pause);
  }
}

// node's fetch knows the proxy only where that was asked for when node started; curl always does.
function isProxied() {
  const names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
  return !process.env.NODE_USE_ENV_PROXY && names.some((name) => process.env[name]);
}

async function direct(url, headers) {
  const response = await fetch(url, { headers });
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
}

// Headers go through standard input, since everybody sees the arguments of a process.
function viaCurl(url, headers) {
  const folder = mkdtempSync(join(process.env.RUNNER_TEMP || tmpdir(), "rebake-"));
  const file = join(folder, "body");
  const input = Object.entries(headers).map(([name, value]) => `header = ${JSON.stringify(`${name}: ${value}`)}\n`).join("");
  const args = ["--silent", "--show-error", "--location", "--output", file, "--write-out", "%{http_code}", "--config", "-", url];
  try {
    const ended = spawnSync("curl", args, { input });
    if (ended.error) throw new Error(`a proxy is set, which needs curl: ${ended.error.message}`);
    if (ended.status !== 0) throw new Error(String(ended.stderr).trim());
    return { status: Number(ended.stdout), body: readFileSync(file) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
