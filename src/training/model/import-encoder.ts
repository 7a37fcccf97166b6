import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { EncoderInfo } from "../../encoder/encoder.js";
import { type PreparedEncoder, prepareEncoder } from "../../encoder/step/prepare.js";
import { importProbed } from "../../graph/import.js";
import { folderReader } from "../../onnx/external-data.js";
import type { Runtime } from "../../runtime/runtime.js";
import { withComputedInputs } from "../../encoder/computed-inputs.js";
import { decode } from "../../onnx/model.js";

/** Reads the encoder's ONNX file into a graph that training steps are built on. Errors as `importModel`. */
export async function importEncoder(
  { onnx }: EncoderInfo,
  runtime: Runtime,
): Promise<PreparedEncoder> {
  const options = { file: onnx, external: folderReader(dirname(onnx), onnx) };
  const run: Parameters<typeof importProbed>[1] = async (bytes, feeds) => {
    const session = await runtime.createSession(bytes, { optimization: "disabled" });
    try {
      return await session.run(feeds);
    } finally {
      await session.release();
    }
  };
  const model = withComputedInputs(decode(await readFile(onnx), onnx));
  return prepareEncoder(await importProbed(model, run, options));
}
