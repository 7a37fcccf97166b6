import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { UserError } from "../../errors/user-error.js";
import { widen } from "../../graph/import/source.js";
import type { Tensor } from "../../math/tensor.js";
import { folderReader } from "../../onnx/external-data.js";
import { decode, type ModelProto } from "../../onnx/model.js";
import { toTensor } from "../../onnx/tensor-proto.js";
import { type StaticGraph, staticGraph } from "./static-graph.js";

/** Names of a bag's inputs: the token ids of all texts one after the other [N], and where each text begins [B]. */
const BAG_INPUTS = ["input_ids", "offsets"] as const;

/** Whether a model takes the means of bags of tokens, as model2vec exports it: inputs input_ids [N] and offsets [B]. */
export function isBag({ graph }: ModelProto): boolean {
  const weights = new Set(graph?.initializer.map(({ name }) => name));
  const inputs = (graph?.input ?? []).map(({ name }) => name).filter((name) => !weights.has(name));
  return `${inputs.sort()}` === `${BAG_INPUTS}`;
}

/** The table [V, H] of a bag, in float32. UserError `no-table`. */
export function bagTable(model: ModelProto, file: string): Tensor {
  return tableIn(model, file).table;
}

/** The only matrix of floats that a static model's file holds, and its name there. */
function tableIn({ graph }: ModelProto, file: string): { name: string; table: Tensor } {
  const external = folderReader(dirname(file), file);
  const matrices = (graph?.initializer ?? []).filter(({ dims }) => dims.length === 2);
  const tables = matrices
    .map((proto) => ({ name: proto.name, table: widen(toTensor(proto, external)) }))
    .filter(({ table }) => table.dtype === "float32");
  if (tables.length === 1) return tables[0];
  throw new UserError(
    "no-table",
    `belongs to a static model and holds ${tables.length} tables of float numbers, expected 1`,
    { at: { file }, hint: "use the model's model.safetensors" },
  );
}

/** What a static model's ONNX file holds: the graph by its table's own name, which training knows it by. */
export async function readOnnxTable(file: string): Promise<OnnxTable> {
  const model = decode(await readFile(file), file);
  const { name, table } = tableIn(model, file);
  const bag = isBag(model);
  return { ...(bag ? staticGraph(table) : staticGraph(table, name)), table, isBag: bag };
}

interface OnnxTable extends StaticGraph {
  readonly table: Tensor;
  readonly isBag: boolean;
}
