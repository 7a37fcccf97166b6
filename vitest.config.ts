import { defineConfig } from "vitest/config";

const common = { pool: "forks" as const, testTimeout: 30_000, hookTimeout: 60_000 };

/**
 * Two projects: `unit` runs the sources in process; `cli` starts the built program as a user would.
 * Tests that need a worker thread or the program use dist/, which `npm test` builds first.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
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
