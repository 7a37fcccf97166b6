import type { ValueInfoProto } from "onnx-buf";
import { GraphBuilder } from "../graph/builder.js";
import { emptyGraph, type Graph, type Value } from "../graph/ir.js";
import { lower } from "../graph/lower.js";
import { concat, expand, gather, range, scalar, shapeOf, vector } from "../graph/ops/index.js";
import type { Tensor } from "../math/tensor.js";
import { dtypeOf } from "../onnx/element-type.js";
import type { ModelProto } from "../onnx/model.js";

/** Inputs that are fed. Every encoder must have the first two. */
export const FED_INPUTS = ["input_ids", "attention_mask", "token_type_ids"] as const;

/** Where an input's values come from, by its name. */
const COMPUTED: readonly {
  readonly pattern: RegExp;
  readonly compute: (b: GraphBuilder, wanted: Wanted) => Value | undefined;
}[] = [
  { pattern: /^position_ids$/, compute: positionIds },
  { pattern: /^past(_key_values)?[._]/, compute: emptyPast },
  { pattern: /^task(_type)?(_id|_ids)?$/, compute: firstTask },
];

/** What a computation is told of an input. */
interface Wanted {
  readonly name: string;
  readonly dtype: NonNullable<ReturnType<typeof dtypeOf>>;
  /** Its dimensions; undefined where one is not fixed. */
  readonly dims: readonly (number | undefined)[];
  /** input_ids [B, T] */
  readonly ids: Value;
}

/** 0 … T−1 for each text. */
function positionIds(b: GraphBuilder, { ids, dims }: Wanted): Value | undefined {
  const places = range(b, gather(b, shapeOf(b, ids), scalar(b, 1, "int64")));
  return dims.length === 2 ? expand(b, places, shapeOf(b, ids), ids.shape) : undefined;
}

/** Keys or values [B, h, 0, d] of no earlier tokens. */
function emptyPast(b: GraphBuilder, { ids, dims, dtype }: Wanted): Value | undefined {
  const [, heads, , size] = dims;
  const fits = dims.length === 4 && heads !== undefined && size !== undefined;
  if (!fits || !dtype.startsWith("float")) return undefined;
  const batch = gather(b, shapeOf(b, ids), vector(b, [0]));
  const shape = concat(b, [batch, vector(b, [heads, 0, size])], 0);
  return filled(b, shape, { dtype, shape: [1], data: zero(dtype) });
}

/** 0: the first of the tasks that a model has adapters for. */
function firstTask(b: GraphBuilder, { ids, dims, dtype }: Wanted): Value | undefined {
  if (!dtype.startsWith("int") || dims.length > 1) return undefined;
  const value: Tensor = { dtype, shape: [1], data: zero(dtype) };
  if (dims.length === 0 || dims[0] === 1) {
    return filled(b, vector(b, dims.length === 0 ? [] : [1]), value);
  }
  return filled(b, gather(b, shapeOf(b, ids), vector(b, [0])), value);
}

function filled(b: GraphBuilder, shape: Value, value: Tensor): Value {
  return b.op("ConstantOfShape", [shape], { attributes: { value: { kind: "tensor", value } } });
}

function zero(dtype: Wanted["dtype"]): Tensor["data"] {
  if (dtype === "int64") return new BigInt64Array(1);
  if (dtype === "int32") return new Int32Array(1);
  return dtype === "float16" ? new Uint16Array(1) : new Float32Array(1);
}

/**
 * A model that computes what can be said of its inputs by itself: position_ids (0, 1, … in each text), keys and values of a past (none), and
 * the number of a task (0, the first). Other inputs stay. The model is not changed; weights are shared.
 */
export function withComputedInputs(model: ModelProto): ModelProto {
  const { graph } = model;
  if (graph === undefined) return model;
  const weights = new Set(graph.initializer.map(({ name }) => name));
  const open = graph.input.filter(({ name }) => !weights.has(name));
  const made = open.filter((info) => COMPUTED.some(({ pattern }) => pattern.test(info.name)));
  if (made.length === 0) return model;
  const { added, names } = computation(made);
  if (names.size === 0) return model;
  const own = lower(added).graph;
  const prefix = "computed-inputs";
  const rename = (name: string): string =>
    name === "" || name === "input_ids" || names.has(name) ? name : `${prefix}/${name}`;
  const nodes = (own?.node ?? []).map((node) => ({
    ...node,
    name: rename(node.name),
    input: node.input.map(rename),
    output: node.output.map(rename),
  }));
  const constants = (own?.initializer ?? []).map((tensor) => ({
    ...tensor,
    name: rename(tensor.name),
  }));
  return {
    ...model,
    graph: {
      ...graph,
      input: graph.input.filter(({ name }) => !names.has(name)),
      initializer: [...graph.initializer, ...constants],
      node: [...nodes, ...graph.node],
    },
  };
}

/** The graph that computes these inputs from input_ids, and which of them it does compute. */
function computation(inputs: readonly ValueInfoProto[]): { added: Graph; names: Set<string> } {
  const b = new GraphBuilder(emptyGraph("computed inputs"));
  const ids = b.input("input_ids", "int64", ["B", "T"]);
  const names = new Set<string>();
  for (const info of inputs) {
    const rule = COMPUTED.find(({ pattern }) => pattern.test(info.name));
    const type = info.type?.value.case === "tensorType" ? info.type.value.value : undefined;
    const dtype = dtypeOf(type?.elemType ?? 0);
    if (rule === undefined || type?.shape === undefined || dtype === undefined) continue;
    const dims = type.shape.dim.map(({ value }) =>
      value.case === "dimValue" ? Number(value.value) : fixed(value.value),
    );
    const value = rule.compute(b, { name: info.name, dtype, dims, ids });
    if (value === undefined) continue;
    b.named(value, info.name);
    names.add(info.name);
  }
  return { added: b.graph, names };
}

/** The number that some exporters write as a dimension's name. */
function fixed(name: bigint | string | undefined): number | undefined {
  return typeof name === "string" && /^\d+$/.test(name) ? Number(name) : undefined;
}
