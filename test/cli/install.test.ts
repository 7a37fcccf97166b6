import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshFolder, root, writeIn } from "../support/cli.js";

const app = freshFolder();

function run(command: string, args: readonly string[], cwd: string, env = {}) {
  return spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
    timeout: 300_000,
  });
}

function succeeds({ status, stdout, stderr }: SpawnSyncReturns<string>): string {
  expect(status, stderr).toBe(0);
  return stdout;
}

/** Whether npm finds a registry: without one nothing can be installed, and these tests are skipped. */
const registry = run("npm", ["view", "commander", "version"], root).status === 0;

describe("the packed tarball in an empty folder (skipped without the npm registry)", () => {
  it.skipIf(!registry)("is installed without scripts and works", { timeout: 600_000 }, () => {
    const packed = succeeds(
      run("npm", ["pack", "--silent", "--pack-destination", app], root, {
        npm_config_ignore_scripts: "true",
      }),
    );
    writeIn(app, "package.json", '{ "private": true }');
    const tarball = join(app, packed.trim().split("\n").at(-1)!);
    const quiet = ["--no-audit", "--no-fund", "--prefer-offline"];
    succeeds(run("npm", ["install", "--ignore-scripts", ...quiet, tarball], app));
    const data = join("node_modules", "embtune", "data", "support", "dev.csv");
    const measured = run("npx", ["embtune", "evaluate", data, "--json"], app);
    expect(JSON.parse(succeeds(measured))).toBeTruthy();
  });

  it.skipIf(!registry)(
    "has dependencies whose install scripts pass with ONNXRUNTIME_NODE_INSTALL=skip, no host within reach",
    { timeout: 120_000 },
    () => {
      const nowhere = "http://127.0.0.1:9";
      const env = {
        ...{ https_proxy: nowhere, HTTPS_PROXY: nowhere, npm_config_ignore_scripts: "false" },
        ONNXRUNTIME_NODE_INSTALL: "skip",
      };
      succeeds(run("npm", ["rebuild", "onnxruntime-node"], app, env));
    },
  );
});
