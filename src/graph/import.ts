import { InternalError } from "../errors/internal.js";
import { UserError } from "../errors/user-error.js";
import type { Tensor } from "../math/tensor.js";
import { decode, type ModelProto } from "../onnx/model.js";
import { GraphBuilder } from "./builder.js";
import { isUnknown } from "./dimension.js";
import { foldConstants } from "./import/fold.js";
import { isFused, raiseFused } from "./import/fused.js";
import { type Normalized, normalize, type Surroundings } from "./import/normalize.js";
import { probeTypes, type RunModel } from "./import/probe.js";
import { type ImportOptions, readSource, type Source, unsupported } from "./import/source.js";
import { contentsOf } from "./inference/call.js";
import { inferTypes, isOperator } from "./inference.js";
import { emptyGraph, type Graph, type Node, type TensorType } from "./ir.js";
import { mergeCommon, removeDead } from "./rewrite.js";

type Types = ReadonlyMap<string, TensorType>;

/** The state of one import: the graph so far and the names that stand for others. */
interface Importing {
  readonly source: Source;
  readonly graph: Graph;
  readonly aliases: Map<string, string>;
  readonly probed: Types;
  readonly around: Surroundings;
  /** Names of all values of the model. */
  readonly taken: ReadonlySet<string>;
}

/**
 * The model as a typed graph in the engine's opset: constants and weights as initializers under their own names,
 * Identity and Dropout resolved, half precision widened to float32, known shape arithmetic folded. Value names
 * of the model are kept. Dimensions that inference cannot name start with `?` (see `importProbed`).
 * Throws a UserError that names operator and node for what is not supported (quantised models, If, Loop, Scan).
 */
export function importModel(model: Uint8Array | ModelProto, options: ImportOptions = {}): Graph {
  return importTyped(model, options, new Map());
}

/**
 * As `importModel`; where inference leaves an unknown rank or dimension, the types are found by running the model
 * at two sizes.
 */
export async function importProbed(
  model: Uint8Array | ModelProto,
  run: RunModel,
  options: ImportOptions = {},
): Promise<Graph> {
  const decoded = decodeIfBytes(model, options);
  const graph = tryImport(decoded, options);
  if (graph !== undefined && !hasUnknown(graph)) return graph;
  return importTyped(decoded, options, await probeTypes(decoded, run, options));
}

function decodeIfBytes(model: Uint8Array | ModelProto, options: ImportOptions): ModelProto {
  return model instanceof Uint8Array ? decode(model, options.file) : model;
}

/** The graph, or undefined where inference gave up. */
function tryImport(model: ModelProto, options: ImportOptions): Graph | undefined {
  try {
    return importModel(model, options);
  } catch (error) {
    if (error instanceof UserError && error.code === "unknown-shape") return undefined;
    throw error;
  }
}

function hasUnknown(graph: Graph): boolean {
  return [...graph.types.values()].some((type) => type.shape.some(isUnknown));
}

function importTyped(model: Uint8Array | ModelProto, options: ImportOptions, probed: Types): Graph {
  try {
    return build(readSource(decodeIfBytes(model, options), options), probed);
  } catch (error) {
    if (!(error instanceof UserError) || error.at || options.file === undefined) throw error;
    const { code, message, hint, cause } = error;
    throw new UserError(code, message, {
      at: { file: options.file },
      hint,
      cause,
    });
  }
}

function build(source: Source, probed: Types): Graph {
  const stored = new Set(source.initializers.keys());
  const fused = source.nodes.filter(isFused);
  const raised = [...new Set(fused.map(({ op }) => op))];
  const graph: Graph = { ...emptyGraph(source.name), stored, raised };
  graph.inputs.push(...source.inputs);
  for (const { name, dtype, shape } of source.inputs) graph.types.set(name, { dtype, shape });
  for (const [name, tensor] of source.initializers) addInitializer(graph, name, tensor);
  const aliases = new Map<string, string>();
  const taken = new Set(source.nodes.flatMap((node) => [...node.outputs]));
  const around = surroundings(source, graph);
  const state = { source, graph, aliases, probed, around, taken };
  for (const node of source.nodes) importNode(state, node);
  graph.outputs.push(...source.outputs);
  foldConstants(graph);
  mergeCommon(graph);
  removeDead(graph);
  return graph;
}

function addInitializer(graph: Graph, name: string, tensor: Tensor): void {
  graph.initializers.set(name, tensor);
  graph.types.set(name, { dtype: tensor.dtype, shape: tensor.shape });
}

function surroundings(source: Source, graph: Graph): Surroundings {
  const taken = new Set(source.nodes.flatMap((node) => [...node.outputs]));
  for (const name of graph.types.keys()) taken.add(name);
  const read = new Set(source.nodes.flatMap((node) => [...node.inputs]));
  return {
    opset: source.opset,
    isEmpty: (name) => graph.types.get(name)?.shape.includes(0) ?? false,
    rank: (name) => graph.types.get(name)?.shape.length ?? 0,
    isRead: (name) => read.has(name) || source.outputs.includes(name),
    fresh: (stem) => {
      let name = stem;
      for (let i = 1; taken.has(name); i++) name = `${stem}_${i}`;
      taken.add(name);
      return name;
    },
  };
}

function importNode(state: Importing, original: Node): void {
  const { aliases, graph } = state;
  const inputs = original.inputs.map((name) => aliases.get(name) ?? name);
  if (isFused(original)) {
    raise(state, { ...original, inputs });
    return;
  }
  if (original.op === "If") {
    takeBranch(state, { ...original, inputs });
    return;
  }
  const normalized: Normalized = normalize({ ...original, inputs }, state.around);
  for (const [name, tensor] of normalized.constants ?? []) addInitializer(graph, name, tensor);
  for (const node of normalized.nodes) appendNode(state, node);
  if (normalized.alias !== undefined) rename(state, normalized.alias, original.outputs[0]);
}

/** Writes a fused node as plain operators. */
function raise(state: Importing, node: Node): void {
  const { graph, around } = state;
  const builder = new GraphBuilder(graph, state.taken);
  const values = raiseFused(node, { b: builder, isRead: around.isRead });
  for (const [i, output] of node.outputs.entries()) {
    const value = values[i];
    if (value !== undefined) rename(state, value.name, output);
    else if (output !== "" && around.isRead(output))
      throw unsupported(node, `its output ${i} is read`);
  }
}

/** Puts the branch of an If in its place, where shapes decide which one it is. */
function takeBranch(state: Importing, node: Node): void {
  const { graph } = state;
  const [name] = node.inputs;
  const type = graph.types.get(name);
  const [chosen] = (type && contentsOf(graph, { name, ...type })) ?? [];
  if (typeof chosen !== "number") {
    throw unsupported(node, "which of its branches is taken depends on the texts");
  }
  const branch = node.attributes[chosen === 0 ? "else_branch" : "then_branch"];
  if (branch?.kind !== "graph") throw unsupported(node, "it has no branches");
  for (const [own, tensor] of branch.value.initializers) addInitializer(graph, own, tensor);
  for (const inner of branch.value.nodes) importNode(state, inner);
  for (const [i, output] of branch.value.outputs.entries()) {
    rename(state, state.aliases.get(output) ?? output, node.outputs[i]);
  }
}

/** Gives a value a second name. A graph output keeps its own: it is a node of its own then. */
function rename(state: Importing, value: string, name: string): void {
  if (!state.source.outputs.includes(name)) {
    state.aliases.set(name, value);
    return;
  }
  const copy = { op: "Identity", domain: "", inputs: [value], outputs: [name] };
  appendNode(state, { ...copy, name, attributes: {} });
}

function appendNode(state: Importing, node: Node): void {
  const { graph, aliases } = state;
  if (!isOperator(node)) throw unsupported(node);
  const types = typesOf(state, node);
  const [x] = node.inputs;
  const noop = node.op === "Cast" && graph.types.get(x)?.dtype === types[0]?.dtype;
  if (noop && !state.source.outputs.includes(node.outputs[0])) {
    aliases.set(node.outputs[0], x);
    return;
  }
  graph.nodes.push(node);
  for (const [i, name] of node.outputs.entries()) if (name !== "") graph.types.set(name, types[i]);
}

/** Inferred types, completed by the probed ones. */
function typesOf({ graph, probed }: Importing, node: Node): TensorType[] {
  let inferred: TensorType[] | undefined;
  let cause: unknown;
  try {
    inferred = inferTypes(node, graph);
  } catch (error) {
    if (!(error instanceof InternalError)) throw error;
    cause = error;
  }
  return node.outputs.map((name, i) => {
    const type = complete(inferred?.[i], probed.get(name));
    if (type !== undefined || name === "") return type ?? { dtype: "float32", shape: [] };
    const problem = cause instanceof InternalError ? cause.message : `${node.op} "${node.name}"`;
    throw new UserError("unknown-shape", `the shapes of the model cannot be known: ${problem}`, {
      cause,
      hint: "export the encoder again with opset 14 or 17",
    });
  });
}

function complete(
  type: TensorType | undefined,
  probed: TensorType | undefined,
): TensorType | undefined {
  if (type === undefined || probed === undefined) return type ?? probed;
  const shape = type.shape.map((dim, i) => (isUnknown(dim) ? (probed.shape[i] ?? dim) : dim));
  return { dtype: type.dtype, shape };
}

export type { RunModel } from "./import/probe.js";
export type { ImportOptions } from "./import/source.js";
