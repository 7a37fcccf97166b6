import type { LinearSite, TransformerLayers } from "../../graph/rewrites/transformer-layers.js";
import type { Weight } from "../../graph/rewrites/weights.js";

/**
 * What a weight does: the roles of its linear map (`query`, `query+key+value`, `output`, …), `embedding`, `normalization`, or `other`. A bias has the
 * role of its map.
 */
export function weightRole({ name, use, readers }: Weight, { linears }: TransformerLayers): string {
  const map = linears.find(({ weight }) => weight === name) ?? biasedMap(name, readers, linears);
  if (map !== undefined) return map.roles.join("+");
  if (use === "table") return "embedding";
  const scales = readers.some(({ op }) => op === "LayerNormalization" || op === "Mul");
  return use === "vector" && scales ? "normalization" : "other";
}

/** The linear map that a vector is the bias of. */
function biasedMap(
  name: string,
  readers: Weight["readers"],
  linears: readonly LinearSite[],
): LinearSite | undefined {
  const outputs = new Set(readers.filter(({ op }) => op === "Add").flatMap((node) => node.outputs));
  return linears.find(
    ({ node, result, product }) =>
      (result !== product && outputs.has(result)) ||
      (node.op === "Gemm" && node.inputs[2] === name),
  );
}
