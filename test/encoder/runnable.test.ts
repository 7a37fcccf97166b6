import { expect, it } from "vitest";
import { runnable } from "../../src/encoder/runnable.js";
import { UserError } from "../../src/errors/user-error.js";
import { userErrorOf } from "../dataset/temporary-files.js";

const file = "model.onnx";

it.each([
  ["cpu", "bad-onnx", /^export the encoder again/],
  ["cuda", "no-device", /^leave out --device, or install what ONNX Runtime needs for cuda/],
] as const)("what fails on %s is %s, with what helps", async (device, code, hint) => {
  const failed = Promise.reject(new Error("no libcublas"));
  const error = await userErrorOf(runnable({ file, device }, failed));
  expect(error).toMatchObject({ code, at: { file }, hint: expect.stringMatching(hint) });
  expect(error.message).toContain("no libcublas");
});

it("passes on what is the user's error already", async () => {
  const known = new UserError("no-device", "onnxruntime-node has no dml");
  expect(await userErrorOf(runnable({ file, device: "dml" }, Promise.reject(known)))).toBe(known);
});
