import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const rounded = (x) => Number(x.toFixed(1));

/**
 * One embtune command in a process of its own: seconds from start to end, processor seconds, largest resident set, what it wrote.
 * `tree`: the built repository that runs it.
 */
export function measureCommand(args, tree = root) {
  const script = `
    import { run } from "./dist/cli/main.js";
    process.on("exit", () => {
      const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
      process.stderr.write("\\n" + JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, megabytes: maxRSS / 1024 }));
    });
    await run(["node", "embtune", ...${JSON.stringify(args)}]);`;
  const start = performance.now();
  const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: tree,
    encoding: "utf8",
  });
  const seconds = (performance.now() - start) / 1000;
  if (child.status !== 0) throw new Error(child.stderr);
  const { cpuSeconds, megabytes } = JSON.parse(child.stderr.trim().split("\n").at(-1));
  return {
    seconds: rounded(seconds),
    cpuSeconds: rounded(cpuSeconds),
    peakMegabytes: Math.round(megabytes),
    stdout: child.stdout,
  };
}
