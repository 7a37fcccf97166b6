import { internal } from "../../errors/internal.js";
import { createRandom } from "../../math/random.js";
import { float32, type Tensor } from "../../math/tensor.js";
import { GraphBuilder } from "../builder.js";
import type { Graph } from "../ir.js";
import { add, matmul, mul, scalarLike, transpose } from "../ops/index.js";
import { producers } from "../readers-writers.js";
import { sortNodes } from "../rewrite.js";
import type { LinearRole, LinearSite, TransformerLayers } from "./transformer-layers.js";

/** Linear maps that get an adapter. `all-linear`: every one in the layers. */
type LowRankTarget = Exclude<LinearRole, "other"> | "all-linear";

/** The names of targets, as options take them. */
export const LOW_RANK_TARGETS: readonly LowRankTarget[] = [
  "query",
  "key",
  "value",
  "attention-output",
  "intermediate",
  "output",
  "all-linear",
];

export interface LowRankOptions {
  /** r, at least 1. */
  readonly rank: number;
  /** α: adapters are scaled by α/r. */
  readonly alpha: number;
  readonly targets: readonly LowRankTarget[];
  readonly seed: number;
}

/** The adapter of one weight: W + scale · (B·A)ᵀ for W [in, out], W + scale · B·A for W [out, in]. */
export interface LowRankAdapter {
  /** The initializer W that it belongs to; it stays frozen. */
  readonly weight: string;
  readonly layer: number;
  readonly roles: readonly LinearRole[];
  /** Whether the initializer is stored as [out, in]. */
  readonly transposed: boolean;
  /** Name of A [r, in], uniform in ±1/√in (PEFT's Kaiming-uniform with a = √5). */
  readonly a: string;
  /** Name of B [out, r], zero at first. */
  readonly b: string;
  /** α/r */
  readonly scale: number;
}

/**
 * Low-rank adaptation (Hu 2022, section 4.1): y = x·W + b becomes y + α/r · (x·Aᵀ)·Bᵀ for the linear maps chosen. A and B are
 * added as initializers. A weight that several layers share gets one adapter.
 */
export function addLowRank(
  graph: Graph,
  layers: TransformerLayers,
  options: LowRankOptions,
): LowRankAdapter[] {
  const adapters = new Map<string, LowRankAdapter>();
  const chosen = layers.linears.filter(
    (site) => isTarget(site, options.targets) && graph.stored?.has(site.weight) !== false,
  );
  const results = new Map<string, string>();
  for (const site of chosen) {
    const adapter = adapters.get(site.weight) ?? createAdapter(graph, site, options);
    adapters.set(site.weight, adapter);
    results.set(site.result, adapted(graph, site, adapter));
  }
  readAdapted(graph, results);
  return [...adapters.values()];
}

function isTarget({ roles }: LinearSite, targets: readonly LowRankTarget[]): boolean {
  const inLayer = roles.some((role) => role !== "other");
  return inLayer && targets.some((target) => target === "all-linear" || roles.includes(target));
}

function createAdapter(graph: Graph, site: LinearSite, options: LowRankOptions): LowRankAdapter {
  const { weight, layer, roles, transposed } = site;
  const { rank, alpha } = options;
  const { shape } = graph.initializers.get(weight) ?? internal(`no weight "${weight}"`);
  const [inputs, outputs] = transposed ? shape.toReversed() : shape;
  const random = createRandom(options.seed, `lora/${weight}`);
  const bound = 1 / Math.sqrt(inputs);
  const start = Float32Array.from(
    { length: rank * inputs },
    () => bound * (2 * random.uniform() - 1),
  );
  const b = new GraphBuilder(graph);
  const [a, second] = [`lora.${weight}.A`, `lora.${weight}.B`];
  b.initializer(a, float32([rank, inputs], start));
  b.initializer(second, float32([outputs, rank], new Float32Array(outputs * rank)));
  return { weight, layer, roles, transposed, a, b: second, scale: alpha / rank };
}

/** result + scale · (x·Aᵀ)·Bᵀ. */
function adapted(graph: Graph, site: LinearSite, adapter: LowRankAdapter): string {
  const b = new GraphBuilder(graph);
  // The input as it is now: a mark of dropout may stand before it.
  const x = b.value(producers(graph).get(site.product)!.inputs[0]);
  const inner = matmul(b, x, transpose(b, b.value(adapter.a)));
  const scaled = adapter.scale === 1 ? inner : mul(b, inner, scalarLike(b, adapter.scale, inner));
  const delta = matmul(b, scaled, transpose(b, b.value(adapter.b)));
  return add(b, delta, b.value(site.result)).name;
}

/** Lets all nodes but the sums themselves read the sums. */
function readAdapted(graph: Graph, results: ReadonlyMap<string, string>): void {
  const sums = new Set(results.values());
  const nodes = graph.nodes.map((node) =>
    sums.has(node.outputs[0])
      ? node
      : { ...node, inputs: node.inputs.map((name) => results.get(name) ?? name) },
  );
  graph.nodes.splice(0, graph.nodes.length, ...nodes);
  sortNodes(graph);
}

/** W + scale · (B·A)ᵀ, or W + scale · B·A where W is stored as [out, in]: the weight with its adapter merged, for export. */
export function mergeLowRank(
  weight: Tensor,
  adapter: {
    readonly a: Tensor;
    readonly b: Tensor;
    readonly scale: number;
    readonly transposed?: boolean | undefined;
  },
): Tensor {
  const { transposed = false } = adapter;
  const [inputs, outputs] = transposed ? weight.shape.toReversed() : weight.shape;
  const rank = adapter.a.shape[0];
  const [a, b] = [adapter.a.data as Float32Array, adapter.b.data as Float32Array];
  const merged = Float32Array.from(weight.data as Float32Array);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) {
      let sum = 0;
      for (let r = 0; r < rank; r++) sum += a[r * inputs + i] * b[o * rank + r];
      // A zero that is added would turn a weight of −0 into +0.
      if (sum !== 0) merged[transposed ? o * inputs + i : i * outputs + o] += adapter.scale * sum;
    }
  }
  return float32(weight.shape, merged);
}
