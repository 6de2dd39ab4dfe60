// How long one process of `rebake plan --changed` takes, and one of node that does the same filters and files by the
// rules of dorny/paths-filter, both from start to end. Prints a Markdown table of milliseconds from start to end, and in
// parentheses those that processors were busy with (user and system): the median of several runs. What node would need
// more than 500 million matches for is left out. At every size, both must give the same answer.
//
//   cargo build --release
//   npm ci --prefix tests/oracle
//   node tests/benches/paths_filter.mjs [target/release/rebake]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { race, run, shown } from "./timing.mjs";

const rebake = resolve(process.argv[2] ?? "target/release/rebake");
const oracle = resolve(import.meta.dirname, "../oracle/paths_filter.mjs");
const MOST_MATCHES = 500e6;
const directory = mkdtempSync(join(tmpdir(), "rebake-bench-"));

// Five patterns a service, as people write them; four services share a library.
function filters(services) {
  const service = (n) => `svc-${n}:
  - services/team-${n % 20}/svc-${n}/**
  - libs/lib-${n % Math.ceil(services / 4)}/src/**/*.{ts,tsx}
  - .github/workflows/svc-${n}.y?(a)ml
  - charts/svc-${n}/{Chart,values}.yaml
  - go.work
`;
  return Array.from({ length: services }, (_, n) => service(n)).join("");
}

// Most are in services, some in libraries; some match nothing.
function changed(paths, services) {
  const path = (index) => {
    const n = (index * 7919) % services;
    switch (index % 10) {
      case 0: return `libs/lib-${(index * 31) % services}/src/deep/er/file-${index}.ts`;
      case 1: return `docs/chapter-${index % 31}/page-${index}.md`;
      case 2: return `charts/svc-${n}/templates/item-${index}.yaml`;
      case 3: return `tools/generator/templates/item-${index}.hbs`;
      default: return `services/team-${n % 20}/svc-${n}/src/module/file-${index}.rs`;
    }
  };
  return Array.from({ length: paths }, (_, index) => path(index));
}

function timed(program, args, input) {
  const command = { program, args, input, cwd: directory };
  const first = run(command);
  const rounds = first.took < 1000 ? 8 : first.took < 10_000 ? 2 : 0;
  return rounds === 0 ? first : race([command], rounds)[0];
}

const git = (...args) => run({ program: "git", args, cwd: directory });

git("init", "--quiet");
console.log("| services | changed paths | node, picomatch 2.3.1 | rebake plan | times faster |");
console.log("| ---: | ---: | ---: | ---: | ---: |");
for (const services of [10, 1000, 5000]) {
  const text = filters(services);
  writeFileSync(join(directory, "filters.yaml"), text);
  git("add", "filters.yaml");
  git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "filters");
  for (const paths of [254, 2700, 100_000]) {
    const list = changed(paths, services);
    writeFileSync(join(directory, "changed"), list.map((path) => `M\t${path}\n`).join(""));
    const ours = timed(rebake, ["plan", "--changed", "changed", "--format", "names", "--quiet", "--unmatched", "ignore", "--dead", "allow"]);
    let theirs = { took: NaN };
    if (services * 5 * paths <= MOST_MATCHES) {
      const asked = JSON.stringify({ filters: text, quantifier: "some", changes: list.map((path) => ["M", path]) });
      theirs = timed(process.execPath, [oracle, "two"], asked);
      const names = JSON.parse(theirs.stdout)[0].filter(([, files]) => files.length > 0).map(([name]) => name);
      if (names.join("\n") !== ours.stdout.trimEnd()) throw new Error("the answers differ");
    }
    const both = ({ took, busy }) => `${shown(took)} (${shown(busy)})`;
    const [node, times] = isNaN(theirs.took) ? ["–", "–"] : [both(theirs), shown(theirs.took / ours.took)];
    const count = (number) => number.toLocaleString("en");
    console.log(`| ${count(services)} | ${count(paths)} | ${node} | ${both(ours)} | ${times} |`);
  }
}
rmSync(directory, { recursive: true });
