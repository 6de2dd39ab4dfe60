// What ci-info says of runs: a line `{"env": {…}, "vendor": NAME or null}` for each way to set the variables of each
// vendor, and for ways that fall short of it. The package comes from $REBAKE_ORACLE/node_modules, or from the folder of
// this file.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.REBAKE_ORACLE ?? import.meta.dirname}/`);

// The sets of variables that a rule takes, and some that it does not.
function* sets(rule) {
  if (typeof rule === "string") yield* [{ [rule]: "1" }, { [rule]: "false" }, { [rule]: "" }];
  else if (Array.isArray(rule)) {
    const all = Object.fromEntries(rule.map((name) => [name, "1"]));
    yield all;
    for (const name of rule) yield { ...all, [name]: "" };
  } else if (rule.any) for (const name of rule.any) yield* sets(name);
  else if (rule.includes) yield* [{ [rule.env]: `x${rule.includes}x` }, { [rule.env]: "else" }];
  else for (const [name, value] of Object.entries(rule)) yield* [{ [name]: value }, { [name]: `${value}x` }];
}

function vendor(env) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  delete require.cache[require.resolve("ci-info")];
  return require("ci-info").name;
}

for (const { env: rule } of require("ci-info/vendors.json")) {
  for (const env of sets(rule)) console.log(JSON.stringify({ env, vendor: vendor(env) }));
}
