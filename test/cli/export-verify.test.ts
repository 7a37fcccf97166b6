import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { UserError } from "../../dist/errors/user-error.js";
import { embtune } from "../support/in-process.js";

/** What transformers.js makes of a folder: the one thing that is not ours here. */
const { openPipeline } = vi.hoisted(() => ({ openPipeline: vi.fn() }));
vi.mock("../../dist/encoder/transformers-js.js", async (original) => ({
  ...(await original<object>()),
  openPipeline,
}));
afterEach(() => openPipeline.mockReset());

const exported = async (to: string) =>
  embtune(["export", "test/fixtures/static/model2vec", "--to", to, "--verify"]);
const target = (): string => join(mkdtempSync(join(tmpdir(), "embtune export ")), "model");

it("leaves a folder whose vectors differ for a look at it, and ends with 1", async () => {
  openPipeline.mockResolvedValue({
    embed: async (texts: string[]) => {
      const data = new Float32Array(texts.length * 20).fill(1);
      return { rows: texts.length, cols: 20, data };
    },
    release: async () => undefined,
  });
  const to = target();
  const { code, stdout, stderr } = await exported(to);
  expect(code).toBe(1);
  expect(stdout).toMatch(/largest difference \d.*, above 0\.00001/);
  expect(stderr).toContain("vectors of the folder differ by");
  expect(existsSync(join(to, "onnx/model.onnx"))).toBe(true);
});

it("takes away a folder that transformers.js cannot load", async () => {
  openPipeline.mockRejectedValue(new UserError("not-loadable", "transformers.js cannot load it"));
  const to = target();
  const { code, stderr } = await exported(to);
  expect(code).toBe(1);
  expect(stderr).toContain("transformers.js cannot load it");
  expect(existsSync(to)).toBe(false);
});
