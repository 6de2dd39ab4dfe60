// Answers for pattern-path pairs: reads lines `["pattern","path"]`, writes one line of two signs for each.
// The first sign is picomatch 4's, the second picomatch 2.3.1's:
//   1  it matches            i  it does not, and never will: the expression is one that JavaScript cannot read
//   0  it does not           t  the pattern throws
//   x  it takes too long, as `*(!(f))` does
// The packages come from $REBAKE_ORACLE/node_modules, or from the folder of this file.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createContext, runInContext } from "node:vm";

const require = createRequire(`${process.env.REBAKE_ORACLE ?? import.meta.dirname}/`);
const versions = [require("picomatch"), require("picomatch2")];

function answer(picomatch, [pattern, path]) {
  try {
    if (picomatch(pattern, { dot: true })(path)) return "1";
  } catch {
    // What stops a script at its time limit cannot be caught here.
    return "t";
  }
  try {
    picomatch(pattern, { dot: true, debug: true });
    return "0";
  } catch {
    return "i";
  }
}

const context = createContext({ run: null });

// Runs this within so many milliseconds, or throws. Only a script of its own can be stopped.
function within(timeout, run) {
  context.run = run;
  return runInContext("run()", context, { timeout });
}

// Starting a script is dear: many pairs share one, unless that takes too long.
function answers(pairs) {
  try {
    return within(500, () => pairs.map((pair) => versions.map((picomatch) => answer(picomatch, pair)).join("")));
  } catch {
    return pairs.map((pair) => versions.map((picomatch) => alone(picomatch, pair)).join(""));
  }
}

function alone(picomatch, pair) {
  try {
    return within(400, () => answer(picomatch, pair));
  } catch {
    return "x";
  }
}

const pairs = readFileSync(0, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
for (let start = 0; start < pairs.length; start += 250) {
  console.log(answers(pairs.slice(start, start + 250)).join("\n"));
}
