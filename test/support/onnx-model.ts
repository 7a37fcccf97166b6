import { type Attributes, emptyGraph, type TensorType } from "../../src/graph/ir.js";
import { lower } from "../../src/graph/lower.js";
import type { Tensor } from "../../src/math/tensor.js";
import type { ModelProto } from "../../src/onnx/model.js";

/** A node as an exporter would write it. */
export interface WrittenNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Attributes;
  readonly name?: string;
  readonly domain?: string;
}

/** A small model in any opset, written node by node without inference. */
export interface WrittenModel {
  readonly opset: number;
  readonly inputs: Readonly<Record<string, TensorType>>;
  readonly initializers?: Readonly<Record<string, Tensor>>;
  readonly nodes: readonly WrittenNode[];
  readonly outputs: readonly string[];
}

/** The model as an exporter would have left it. */
export function writeModel(written: WrittenModel): ModelProto {
  return lower({
    ...emptyGraph("written"),
    opset: written.opset,
    inputs: Object.entries(written.inputs).map(([name, type]) => ({ name, ...type })),
    initializers: new Map(Object.entries(written.initializers ?? {})),
    nodes: written.nodes.map((node) => ({ domain: "", name: "", attributes: {}, ...node })),
    outputs: [...written.outputs],
  });
}
