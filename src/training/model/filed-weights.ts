import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { isWeightsFile } from "../../encoder/weights/stored-weights.js";
import { folderReader } from "../../onnx/external-data.js";
import { decode } from "../../onnx/model.js";
import { toTensor } from "../../onnx/tensor-proto.js";
import type { Parameters } from "./interpolate.js";

/**
 * Weights of these names as they lie in an ONNX file, without the graph, its rewrites and the sessions that importing takes. Undefined where
 * one is not in it as float32 under its own name: then the importer has made it.
 */
export async function filedWeights(
  file: string,
  names: readonly string[],
): Promise<Parameters | undefined> {
  if (isWeightsFile(file)) return undefined;
  const { graph } = decode(await readFile(file), file);
  const stored = new Map(graph?.initializer.map((proto) => [proto.name, proto]));
  const external = folderReader(dirname(file), file);
  const values = new Map<string, ReturnType<typeof toTensor>>();
  for (const name of names) {
    const proto = stored.get(name);
    const tensor = proto && toTensor(proto, external);
    if (tensor?.dtype !== "float32") return undefined;
    values.set(name, tensor);
  }
  return values;
}
