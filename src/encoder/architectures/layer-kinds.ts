import { badField, type ConfigFields, unsupported } from "./config-fields.js";

/** Whether a layer attends to everything or only nearby. */
export type LayerKind = "full_attention" | "sliding_attention";

/** The kind of each layer: layer_types of config.json, or by the rule of older configurations, which lack the list. */
export function layerKinds(
  config: ConfigFields,
  depth: number,
  isFull: (layer: number) => boolean,
): LayerKind[] {
  const listed = config.raw("layer_types");
  if (listed === undefined)
    return Array.from({ length: depth }, (_, i) =>
      isFull(i) ? "full_attention" : "sliding_attention",
    );
  if (!Array.isArray(listed) || listed.length !== depth)
    throw badField(config.file, "layer_types", `must list the ${depth} layers`);
  return listed.map((kind) => {
    if (kind === "full_attention" || kind === "sliding_attention") return kind;
    throw unsupported(config.file, "layer_types", kind);
  });
}
