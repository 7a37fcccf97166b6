import { dirname } from "node:path";
import { isWeightsFile } from "../../encoder/weights/stored-weights.js";
import { weightReaders } from "../../encoder/weights/weights-graph.js";
import { widen } from "../../graph/import/source.js";
import type { Tensor } from "../../math/tensor.js";
import { BFLOAT16, elementType } from "../../onnx/element-type.js";
import { filedInitializers } from "../../onnx/filed-initializers.js";
import type { StartValues } from "./interpolate.js";

/**
 * Weights of these names as they lie in an ONNX file or in safetensors, each read when it is asked for: without the graph, its rewrites and
 * the sessions that importing takes, and without the other weights. Undefined where one is not in an ONNX file as floats under its own
 * name: then the importer has made it.
 */
export async function filedWeights(
  file: string,
  names: readonly string[],
): Promise<StartValues | undefined> {
  const readers = isWeightsFile(file) ? await weightReaders(dirname(file)) : floatReaders(file);
  const wanted = new Map(names.map((name) => [name, readers.get(name)]));
  if ([...wanted.values()].includes(undefined)) return undefined;
  return { get: (name) => wanted.get(name)?.() };
}

/** Element types that importing gives as float32, exactly. */
const FLOATS = [elementType("float32"), elementType("float16"), BFLOAT16];

function floatReaders(file: string): Map<string, () => Tensor> {
  const floats = [...filedInitializers(file)].filter(([, own]) => FLOATS.includes(own.elementType));
  return new Map(floats.map(([name, { read }]) => [name, () => widen(read())]));
}
