// Answers of dorny/paths-filter v4.0.3 for filter files: reads lines `{"filters", "quantifier", "changes"}`, `filters`
// being the text of a file and `changes` a list of `[letter, path]`; writes for each one line `[four, two]`: what the
// action says with picomatch 4, and with picomatch 2.3.1, which it has. Each is a list of `[name, [path, …]]` in the
// action's order, or the message of its error. With the argument `two`, it is `[two]` alone.
//
// The rules are the action's, in our words: YAML as js-yaml reads it; filters in the order of an object's keys; lists
// flattened; each text, and each key of a mapping, is a rule; the quantifier says how rules come together.
// The packages come from $REBAKE_ORACLE/node_modules, or from the folder of this file.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.REBAKE_ORACLE ?? import.meta.dirname}/`);
const yaml = require("js-yaml");
const versions = [require("picomatch"), require("picomatch2")].slice(process.argv[2] === "two" ? 1 : 0);
const statuses = { A: "added", C: "copied", D: "deleted", M: "modified", R: "renamed", U: "unmerged" };

function rule(picomatch, patterns, status) {
  const matchers = [patterns].flat().map((pattern) => picomatch(pattern, { dot: true }, true));
  const [negated, plain] = [[], []];
  for (const matcher of matchers) (matcher.state.negated ? negated : plain).push(matcher);
  return {
    applies: (file) => status === undefined || status.includes(file.status),
    holds: (path) => matchers.some((matches) => matches(path)),
    includes: (path) => plain.some((matches) => matches(path)),
    excludes: (path) => negated.some((matches) => !matches(path)),
  };
}

function rules(picomatch, item) {
  if (Array.isArray(item)) return item.map((inner) => rules(picomatch, inner)).flat();
  if (typeof item === "string") return [rule(picomatch, item)];
  if (typeof item !== "object") throw new Error(`a ${typeof item} is no item`);
  return Object.entries(item).map(([key, patterns]) => {
    if (typeof patterns !== "string" && !Array.isArray(patterns)) throw new Error(`${key}: neither text nor list`);
    if (Array.isArray(patterns) && patterns.some(Array.isArray)) throw new Error("v4.0.3: a list in a list of a status");
    const words = key.split("|").map((word) => word.trim()).filter((word) => word !== "");
    return rule(picomatch, patterns, words.map((word) => word.toLowerCase()));
  });
}

const quantifiers = {
  some: (rules, file) => rules.some((rule) => rule.applies(file) && rule.holds(file.path)),
  every: (rules, file) => rules.every((rule) => rule.applies(file) && rule.holds(file.path)),
  "some-with-excludes": (rules, file) => {
    const applying = rules.filter((rule) => rule.applies(file));
    return !applying.some((rule) => rule.excludes(file.path)) && applying.some((rule) => rule.includes(file.path));
  },
};

function answer(picomatch, { filters, quantifier, changes }) {
  try {
    const document = filters === "" ? {} : yaml.load(filters);
    if (typeof document !== "object") throw new Error("the root is no object");
    // An object of the ordinary kind, as in the action: integer-like names come first, and `__proto__` gets lost.
    const byName = {};
    for (const [name, item] of Object.entries(document)) byName[name] = rules(picomatch, item);
    const files = changes.map(([letter, path]) => ({ path, status: statuses[letter] }));
    return Object.entries(byName).map(([name, rules]) => {
      return [name, files.filter((file) => quantifiers[quantifier](rules, file)).map((file) => file.path)];
    });
  } catch (error) {
    return String(error.message).split("\n")[0];
  }
}

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const asked = JSON.parse(line);
  console.log(JSON.stringify(versions.map((picomatch) => answer(picomatch, asked))));
}
