// Times whole processes from start to end, one after the other in each of several rounds, so that all of them meet the
// same machine.
import { spawnSync } from "node:child_process";

// Runs a program, and returns how many milliseconds it takes of the clock's and of processors' time, and what it prints.
export function run({ program, args, cwd, env = {}, input = "" }) {
  const timed = ["-c", 'TIMEFORMAT="%3R %3U %3S"; time "$@"', "bash", program, ...args];
  const options = { cwd, input, env: { ...process.env, ...env }, maxBuffer: 1 << 30, encoding: "utf8" };
  const done = spawnSync("bash", timed, options);
  if (done.status !== 0) throw new Error(`${program} ${args.join(" ")}: ${done.error ?? done.stderr}`);
  const [real, user, system] = done.stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return { took: real * 1000, busy: (user + system) * 1000, stdout: done.stdout };
}

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

// Runs each command once in each round, after a first run that does not count, and returns the medians of each.
export function race(commands, rounds) {
  const runs = commands.map((command) => [run(command)]);
  for (let round = 0; round < rounds; round++) {
    commands.forEach((command, at) => runs[at].push(run(command)));
  }
  return runs.map(([first, ...counted]) => ({
    took: median(counted.map((one) => one.took)),
    busy: median(counted.map((one) => one.busy)),
    stdout: first.stdout,
  }));
}

// Returns the most memory that a command has at a time, in MB; none without GNU time.
export function memory({ program, args, cwd, env = {} }) {
  const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 1 << 30, encoding: "utf8" };
  const done = spawnSync("/usr/bin/time", ["--format", "%M", program, ...args], options);
  return done.status === 0 ? Number(done.stderr.trim().split("\n").at(-1)) / 1024 : undefined;
}

export const shown = (number) => (number < 10 ? number.toFixed(1) : Math.round(number).toLocaleString("en"));
