// Makes a repository of many services with a history and release tags, the same one at every run: directories under
// `services`, each with a package.json, a Dockerfile, a README.md and sources; package.json names what a service needs.
// Turborepo and moon can read it, and so can rebake, by `filters.yaml` and by what `configurations` adds.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

// Numbers that look random and are the same at every run (mulberry32).
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const name = (service) => `svc-${String(service).padStart(5, "0")}`;
const place = (service) => `services/${name(service)}`;

// The files of a service, by their places below it.
function files(count) {
  const own = ["package.json", "Dockerfile", "README.md", "tsconfig.json", "moon.yml"].slice(0, count);
  const directories = ["src", "src/api", "src/core", "src/core/util", "test", "test/unit"];
  for (let at = 0; own.length < count; at++) {
    own.push(`${directories[at % 6]}/part-${at}.${at % 12 === 11 ? "md" : "ts"}`);
  }
  return own;
}

// What each service is built from: up to three of the two hundred before it.
function needs(services, random) {
  return Array.from({ length: services }, (_, service) => {
    const first = Math.max(0, service - 200);
    const some = Array.from({ length: Math.floor(random() * 4) }, () => first + Math.floor(random() * (service - first)));
    return service === 0 ? [] : [...new Set(some)].sort((a, b) => a - b);
  });
}

// How many services a change of each affects: itself, and all that are built from it.
function affected(needs) {
  const from = needs.map(() => []);
  needs.forEach((list, service) => list.forEach((needed) => from[needed].push(service)));
  return needs.map((_, service) => {
    const seen = new Set([service]);
    for (const one of seen) from[one].forEach((next) => seen.add(next));
    return seen.size;
  });
}

function content(service, path, time, needed) {
  if (path === "package.json") {
    const dependencies = Object.fromEntries(needed.map((other) => [`@acme/${name(other)}`, "*"]));
    return `${JSON.stringify({ name: `@acme/${name(service)}`, version: `1.${time}.0`, scripts: { build: "true" }, dependencies })}\n`;
  }
  if (path === "moon.yml") {
    return `dependsOn: [${needed.map((other) => `"${name(other)}"`).join(", ")}]\ntasks:\n  build:\n    command: "echo ${time}"\n`;
  }
  if (path === "tsconfig.json") return `{"compilerOptions": {"strict": true}, "revision": ${time}}\n`;
  return `// ${name(service)} ${path}\nexport const revision = ${time};\nexport const id = "${Math.imul(service + 1, 0x9e3779b1) >>> 0}-${path}";\n`;
}

// filters.yaml with a service for each directory; `more` is what each has besides its path and what it needs.
export function filters(needs, more = () => "", head = "") {
  const service = (list, at) => {
    const needed = list.length > 0 ? `    depends_on: [${list.map(name).join(", ")}]\n` : "";
    return `  ${name(at)}:\n    path: ${place(at)}\n${needed}${more(at, place(at))}`;
  };
  return `${head}services:\n${needs.map(service).join("")}`;
}

// A stream for `git fast-import`. The last commit touches a service that about a quarter of all are built from, the one
// before it a service that none is built from.
function* history({ services, count, commits, tags }, needed, random) {
  const own = files(count);
  let seconds = 1_600_000_000;
  let mark = 0;
  const file = (service, path, time) => {
    const text = content(service, path, time, needed[service]);
    return `M 100644 inline ${place(service)}/${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`;
  };
  const root = (path, text) => `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`;
  const commit = (branch, parents) => {
    mark += 1;
    seconds += 60 + Math.floor(random() * 1700);
    const [from, merged] = parents;
    const lines = [`commit refs/heads/${branch}\nmark :${mark}\ncommitter a <a@example.com> ${seconds} +0000\ndata 1\nx\n`];
    if (from) lines.push(`from :${from}\n`);
    if (merged) lines.push(`merge :${merged}\n`);
    return lines.join("");
  };

  yield commit("main", []);
  const packages = { name: "acme", private: true, packageManager: "npm@10.8.2", workspaces: ["services/*"] };
  yield root("package.json", `${JSON.stringify(packages)}\n`);
  yield root("package-lock.json", '{"name": "acme", "lockfileVersion": 3, "packages": {}}\n');
  yield root("turbo.json", '{"tasks": {"build": {"dependsOn": ["^build"]}}}\n');
  yield root(".moon/workspace.yml", 'projects:\n  - "services/*"\nvcs:\n  defaultBranch: main\n');
  yield root(".gitignore", "node_modules\n.turbo\n.moon/cache\n");
  yield root("filters.yaml", filters(needed));
  yield root("excluded.yaml", filters(needed, undefined, 'defaults: {exclude: ["**/*.md"]}\n'));
  const shown = (at, path) => `    filters: ["${path}/src/**", "${path}/*.json", "${path}/Dockerfile", "!**/*.md"]\n`;
  yield root("patterns.yaml", filters(needed, shown));
  yield root("copied.yaml", filters(needed, (at) => (at === 0 ? '    filters: ["**"]\n' : "")));
  for (let service = 0; service < services; service++) {
    for (const path of own) yield file(service, path, 0);
  }
  const reach = affected(needed);
  const nearest = (wanted) => reach.reduce((best, _, at) => (Math.abs(reach[at] - wanted) < Math.abs(reach[best] - wanted) ? at : best), 0);
  const line = [mark];
  while (mark < commits) {
    const touch = (time) => {
      const changes = new Map();
      for (let at = random() < 0.8 ? 1 : 2; at > 0; at--) {
        const service = Math.floor(services * random() ** 2);
        for (let more = 1 + Math.floor(random() * 5); more > 0; more--) {
          const path = own[Math.floor(random() * own.length)];
          changes.set(`${service}/${path}`, file(service, path, time));
        }
      }
      return [...changes.values()].join("");
    };
    if (random() < 0.2 && mark + 6 < commits) {
      const below = line[line.length - 1 - Math.floor(random() * Math.min(line.length, 60))];
      const changes = touch(mark + 1);
      yield commit("topic", [below]) + changes;
      const topic = mark;
      yield commit("main", [line.at(-1), topic]) + changes;
    } else {
      yield commit("main", [line.at(-1)]) + touch(mark + 1);
    }
    line.push(mark);
  }
  yield commit("main", [line.at(-1)]) + file(nearest(1), own.at(-1), mark);
  yield commit("main", [mark]) + file(nearest(255), own.at(-1), mark);
  for (let service = 0; service < services; service++) {
    const at = Array.from({ length: tags }, () => line[Math.floor(random() * line.length)]).sort((a, b) => a - b);
    for (const [number, tagged] of at.entries()) {
      const tag = `${place(service)}@1.${number}.${service % 10}`;
      if (random() < 0.5) yield `reset refs/tags/${tag}\nfrom :${tagged}\n\n`;
      else yield `tag ${tag}\nfrom :${tagged}\ntagger a <a@example.com> ${seconds} +0000\ndata 1\nx\n`;
    }
  }
}

export const git = (directory, args, input) =>
  execFileSync("git", args, { cwd: directory, input, maxBuffer: 1 << 30, encoding: "utf8" });

// Makes the repository in an empty directory. Without `checkout` it has no work tree.
export async function make(directory, { services, count, commits, tags, checkout = false }) {
  const random = numbers(services * 31 + count);
  const needed = needs(services, random);
  git(directory, ["init", "--quiet", "--initial-branch=main", ...(checkout ? [] : ["--bare"])]);
  git(directory, ["config", "gc.auto", "0"]);
  const importing = spawn("git", ["fast-import", "--quiet"], { cwd: directory, stdio: ["pipe", "ignore", "inherit"] });
  let text = "";
  for (const part of history({ services, count, commits, tags }, needed, random)) {
    text += part;
    if (text.length > 1 << 20) {
      if (!importing.stdin.write(text)) await once(importing.stdin, "drain");
      text = "";
    }
  }
  importing.stdin.end(text);
  const [status] = await once(importing, "exit");
  if (status !== 0) throw new Error(`git fast-import: status ${status}`);
  // fast-import stores the newest files as changes of older ones, one on top of another; a server sends the newest whole.
  git(directory, ["repack", "-a", "-d", "-f", "--quiet"]);
  git(directory, ["pack-refs", "--all"]);
  git(directory, ["commit-graph", "write", "--reachable"]);
  if (checkout) git(directory, ["reset", "--quiet", "--hard"]);
  return needed;
}
