import { defineConfig } from "vitest/config";

const common = {
  pool: "forks" as const,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  setupFiles: ["test/setup/fast-check-seed.ts"],
};

/**
 * Two projects: `unit` runs the sources in process; `cli` starts the built program as a user would.
 * Tests that need a worker thread or the program use dist/, which `npm test` builds first.
 */
const report = process.env.EMBTUNE_TEST_REPORT;

export default defineConfig({
  test: {
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    maxWorkers: 2,
    globalSetup: ["test/setup/temporary-folder.ts"],
    projects: [
      {
        test: { ...common, name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/cli/**"] },
      },
      {
        test: { ...common, name: "cli", include: ["test/cli/**/*.test.ts"], testTimeout: 120_000 },
      },
    ],
  },
});
