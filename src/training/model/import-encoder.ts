import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { withComputedInputs } from "../../encoder/computed-inputs.js";
import type { EncoderInfo } from "../../encoder/encoder.js";
import { bagTable, isBag } from "../../encoder/static/bag-model.js";
import { staticGraph } from "../../encoder/static/static-graph.js";
import { type PreparedEncoder, prepareEncoder } from "../../encoder/step/prepare.js";
import { isWeightsFile } from "../../encoder/weights/stored-weights.js";
import { readWeightsGraph } from "../../encoder/weights/weights-graph.js";
import { importProbed } from "../../graph/import.js";
import { folderReader } from "../../onnx/external-data.js";
import { decode } from "../../onnx/model.js";
import type { Runtime } from "../../runtime/runtime.js";

/** Reads the encoder's ONNX file or weights into a graph that training steps are built on. Errors as `importModel` and `readWeightsGraph`. */
export async function importEncoder(
  { modelFile: file }: EncoderInfo,
  runtime: Runtime,
): Promise<PreparedEncoder> {
  if (isWeightsFile(file)) {
    const { graph, hidden } = await readWeightsGraph(dirname(file));
    return prepareEncoder(graph, hidden);
  }
  const options = { file, external: folderReader(dirname(file), file) };
  const run: Parameters<typeof importProbed>[1] = async (bytes, feeds) => {
    const session = await runtime.createSession(bytes, { optimization: "disabled" });
    try {
      return await session.run(feeds);
    } finally {
      await session.release();
    }
  };
  const decoded = decode(await readFile(file), file);
  if (isBag(decoded)) {
    const { graph, hidden } = staticGraph(bagTable(decoded, file));
    return prepareEncoder(graph, hidden);
  }
  const model = withComputedInputs(decoded);
  return prepareEncoder(await importProbed(model, run, options));
}
