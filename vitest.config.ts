import { defineConfig } from "vitest/config";

const common = {
  pool: "forks" as const,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  setupFiles: ["test/setup/fast-check-seed.ts"],
};

/** Folders of src/ whose functions keep nothing between calls and start no thread. */
const pure = [
  ...["autodiff", "dataset", "errors", "evaluation", "files", "graph", "math", "mining"],
  ...["objectives", "onnx", "optim", "report", "search"],
].map((folder) => `test/${folder}/**/*.test.ts`);

/** Tests of what a whole process does: threads that end, memory that it holds. */
const alone = ["test/runtime/**/*.test.ts", "test/training/model-memory.test.ts"];

/**
 * Four projects: `pure` and `unit` run the sources in process; their files share one process a worker, which loads the sources once
 * and not once a file. A file of `alone`, and of `cli`, which runs the built program as a user would, has a process of its own.
 * Tests that need a worker thread or the program use dist/, which `npm test` builds first.
 */
const report = process.env.EMBTUNE_TEST_REPORT;

export default defineConfig({
  test: {
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    maxWorkers: 2,
    globalSetup: ["test/setup/temporary-folder.ts"],
    projects: [
      { test: { ...common, name: "pure", include: pure, isolate: false } },
      {
        test: {
          ...common,
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/cli/**", ...pure, ...alone],
          isolate: false,
        },
      },
      { test: { ...common, name: "alone", include: alone } },
      {
        test: { ...common, name: "cli", include: ["test/cli/**/*.test.ts"], testTimeout: 120_000 },
      },
    ],
  },
});
