import { int64, type Tensor } from "../../math/tensor.js";
import { BFLOAT16, elementType } from "../../onnx/element-type.js";
import { intOf, intsOf, tensorOf } from "../attributes.js";
import { type Attributes, int, type Node } from "../ir.js";
import { unsupported } from "./source.js";

/** What a rule may ask about the graph so far. */
export interface Surroundings {
  readonly opset: number;
  /** Rank of a value that was computed before. */
  readonly rank: (name: string) => number;
  /** Whether a value that was computed before has no elements. */
  readonly isEmpty: (name: string) => boolean;
  /** Whether anything reads the value. */
  readonly isRead: (name: string) => boolean;
  /** A name that no value of the model has. */
  readonly fresh: (stem: string) => string;
}

/** What a node becomes in the engine's opset. */
export interface Normalized {
  readonly nodes: readonly Node[];
  readonly constants?: readonly (readonly [name: string, tensor: Tensor])[];
  /** The node's first output is another name of this value. */
  readonly alias?: string;
}

type Rule = (node: Node, around: Surroundings) => Normalized;

const unchanged = (node: Node): Normalized => ({ nodes: [node] });

function without(attributes: Attributes, ...names: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
}

/** A list attribute of older opsets becomes the input at this position. */
function attributeToInput(attribute: string, position: number): Rule {
  return (node, around) => {
    const values = intsOf(node, attribute);
    if (values === undefined) return unchanged(node);
    const name = around.fresh(`${node.outputs[0]}/${attribute}`);
    const inputs = [...node.inputs];
    inputs[position] = name;
    const rewritten = { ...node, inputs, attributes: without(node.attributes, attribute) };
    return { nodes: [rewritten], constants: [[name, int64([values.length], values)]] };
  };
}

/** Opset 18 wants to be told the number of equal parts. */
const split: Rule = (node, around) => {
  const result = attributeToInput("split", 1)(node, around);
  const rewritten = result.nodes[0];
  if (rewritten.inputs[1]) return result;
  const attributes = { ...node.attributes, num_outputs: int(node.outputs.length) };
  return { nodes: [{ ...node, attributes }] };
};

/** Before opset 13 softmax ran over all axes from `axis` on; exporters used it on the last one only. */
const softmax: Rule = (node, around) => {
  if (around.opset >= 13) return unchanged(node);
  const rank = around.rank(node.inputs[0]);
  const axis = intOf(node, "axis", 1);
  if (axis !== -1 && axis !== rank - 1) {
    throw unsupported(node, `opset ${around.opset} softmax over several axes is not supported`);
  }
  return { nodes: [{ ...node, attributes: { ...node.attributes, axis: int(-1) } }] };
};

const identity: Rule = (node) => ({ nodes: [], alias: node.inputs[0] });

/** In inference dropout passes its input through. */
const dropout: Rule = (node, around) => {
  const mask = node.outputs[1];
  if (mask && around.isRead(mask)) throw unsupported(node, "its mask is used");
  return identity(node, around);
};

/** Several operands become a chain of two at a time; one is only another name. */
function chain(op: string): Rule {
  return (node, around) => {
    const [first, ...rest] = node.inputs;
    if (rest.length === 0) return { nodes: [], alias: first };
    let sum = first;
    const nodes = rest.map((operand, i) => {
      const last = i === rest.length - 1;
      const output = last ? node.outputs[0] : around.fresh(`${node.outputs[0]}/${i}`);
      const step = {
        ...node,
        op,
        name: `${node.name}/${i}`,
        inputs: [sum, operand],
        outputs: [output],
      };
      sum = output;
      return step;
    });
    return { nodes };
  };
}

/** What has no elements (keys of no earlier tokens) adds nothing. */
const concat: Rule = (node, around) => {
  const inputs = node.inputs.filter((name) => !around.isEmpty(name));
  const [first] = inputs;
  if (inputs.length === node.inputs.length || first === undefined) return unchanged(node);
  return inputs.length === 1 ? { nodes: [], alias: first } : { nodes: [{ ...node, inputs }] };
};

function constantTensor(node: Node): Tensor {
  const tensor = tensorOf(node, "value");
  if (tensor !== undefined) return tensor;
  const { value_int, value_ints, value_float, value_floats } = node.attributes;
  if (value_int?.kind === "int") return int64([], [value_int.value]);
  if (value_ints?.kind === "ints") return int64([value_ints.value.length], value_ints.value);
  const floats = value_floats?.kind === "floats" ? value_floats.value : undefined;
  if (floats !== undefined) {
    return { dtype: "float32", shape: [floats.length], data: Float32Array.from(floats) };
  }
  if (value_float?.kind === "float") {
    return { dtype: "float32", shape: [], data: Float32Array.of(value_float.value) };
  }
  throw unsupported(node, "it holds no number");
}

const constant: Rule = (node) => ({
  nodes: [],
  constants: [[node.outputs[0], constantTensor(node)]],
});

/** Half precision is computed in float32. */
function widenType(attribute: string): Rule {
  return (node) => {
    const half = [elementType("float16"), BFLOAT16].includes(intOf(node, attribute, 0));
    const wide = int(elementType("float32"));
    if (!half) return unchanged(node);
    return { nodes: [{ ...node, attributes: { ...node.attributes, [attribute]: wide } }] };
  };
}

const axesToInput = attributeToInput("axes", 1);

const RULES: Readonly<Record<string, Rule>> = {
  Squeeze: axesToInput,
  Unsqueeze: axesToInput,
  ReduceSum: axesToInput,
  ReduceMean: axesToInput,
  ReduceMax: axesToInput,
  ReduceMin: axesToInput,
  ReduceProd: axesToInput,
  ReduceL2: axesToInput,
  ReduceSumSquare: axesToInput,
  Split: split,
  Softmax: softmax,
  LogSoftmax: softmax,
  Identity: identity,
  Dropout: dropout,
  Sum: chain("Add"),
  Min: chain("Min"),
  Max: chain("Max"),
  Concat: concat,
  Constant: constant,
  Cast: widenType("to"),
  EyeLike: widenType("dtype"),
};

/** The node in the engine's opset: the same values under the same names. */
export function normalize(node: Node, around: Surroundings): Normalized {
  return (node.domain === "" ? RULES[node.op] : undefined)?.(node, around) ?? unchanged(node);
}
