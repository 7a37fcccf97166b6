import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { UserError } from "../errors/user-error.js";
import { fileError } from "../files/files.js";
import { requireReadable } from "../files/usable-path.js";
import { GraphBuilder } from "../graph/builder.js";
import { importModel } from "../graph/import.js";
import { emptyGraph, type Graph, type Value } from "../graph/ir.js";
import { lower } from "../graph/lower.js";
import { BFLOAT16, elementType } from "../onnx/element-type.js";
import { folderReader } from "../onnx/external-data.js";
import { decode, encode, type ModelProto } from "../onnx/model.js";
import { appendGraph } from "./append-graph.js";
import { FED_INPUTS, withComputedInputs } from "./computed-inputs.js";
import { buildModules, type ModuleStack } from "./modules/module-stack.js";
import { POOLING_MASK, poolTokens } from "./pooling.js";
import type { Pooling } from "./pooling-mode.js";
import { bagTable, isBag } from "./static/bag-model.js";
import { staticGraph } from "./static/static-graph.js";
import { isWeightsFile } from "./weights/stored-weights.js";
import { readWeightsGraph } from "./weights/weights-graph.js";

/** Outputs that hold token vectors, the first one found is taken. */
const TOKEN_OUTPUTS = ["last_hidden_state", "token_embeddings"];

/** Name of the pooled output: one that no exporter gives (PyTorch's dynamo calls its look-ups `embedding`). */
export const EMBEDDING = "embtune/embedding";

/** An encoder as it is run, an ONNX file: with pooling behind it and `embedding` [B, H] as its only output. */
interface InferenceModel {
  readonly bytes: Uint8Array;
  /** Names of its inputs, of input_ids, attention_mask and token_type_ids. */
  readonly inputs: readonly string[];
  /** Files beside it that the vectors depend on: weights, or the configuration that a graph is written from. */
  readonly dataFiles: readonly string[];
  /** Whether it has operators that ONNX Runtime has fused. */
  readonly fused: boolean;
}

/**
 * Reads an encoder and appends pooling, so that [B, H] numbers leave the runtime and not [B, T, H]. The encoder's own nodes
 * stay as they are: the runtime's optimisations recognise the patterns of exporters.
 */
export async function readInferenceModel(
  file: string,
  form: InferenceForm,
): Promise<InferenceModel> {
  const { model: own, hidden, inputs, dataFiles } = await readComputedModel(file);
  const model = form.plain ? lower(importModel(own, { file })) : own;
  const graph = embeddingGraph(hidden, form);
  const bytes = encode(appendGraph(withInputs(model, graph), graph, "pooling"));
  const fused = (model.graph?.node ?? []).some(({ domain }) => domain === "com.microsoft");
  const all = form.includePrompt === false ? [...inputs, POOLING_MASK] : inputs;
  return { bytes, inputs: all, dataFiles, fused };
}

/** What is put behind token vectors. */
export interface InferenceForm {
  readonly pooling: Pooling;
  /** Whether the tokens of a prompt are pooled; without them there is an input `pooling_mask`. Default true. */
  readonly includePrompt?: boolean | undefined;
  /** The model's own modules. */
  readonly stack?: ModuleStack | undefined;
  /** Whether fused operators are written as plain ones; default false. */
  readonly plain?: boolean | undefined;
}

/** The model as it is run: inputs besides ids, mask and types are computed inside. */
async function readComputedModel(file: string): Promise<TokenModel> {
  if (isWeightsFile(file)) return weightsModel(file);
  const decoded = decode(await read(file), file);
  if (isBag(decoded)) return bagModel(decoded, file);
  const model = withComputedInputs(decoded);
  return { ...tokenModel(model, file), inputs: inputNames(model, file) };
}

/** An encoder's model without pooling. */
export interface TokenModel {
  readonly model: ModelProto;
  /** Its output with token vectors [B, T, H]. */
  readonly hidden: string;
  /** Names of its inputs, of input_ids, attention_mask and token_type_ids. */
  readonly inputs: readonly string[];
  /** Files beside it that the vectors depend on: weights, or the configuration that a graph is written from. */
  readonly dataFiles: readonly string[];
}

/**
 * Reads an encoder with all weights inside and in float32, for adding to it. An ONNX file is as it was exported; half
 * precision and weights in other files go through the typed graph, which widens the one and takes in the others. For safetensors, or
 * their index, the graph is written from the config.json beside them.
 */
export async function readTokenModel(file: string): Promise<TokenModel> {
  if (isWeightsFile(file)) return weightsModel(file);
  const decoded = decode(await read(file), file);
  return isBag(decoded) ? bagModel(decoded, file) : tokenModel(decoded, file);
}

/** A bag of token vectors, written anew from its table with the inputs of any encoder. */
function bagModel(model: ModelProto, file: string): TokenModel {
  const { graph, hidden } = staticGraph(bagTable(model, file));
  const inputs = graph.inputs.map(({ name }) => name);
  return { model: lower(graph), hidden, inputs, dataFiles: externalFiles(model) };
}

function tokenModel(model: ModelProto, file: string): TokenModel {
  const hidden = tokenOutput(model, file);
  const inputs = inputNames(withComputedInputs(model), file);
  const dataFiles = externalFiles(model);
  const plain = dataFiles.length === 0 && !hasHalfPrecision(model);
  const external = folderReader(dirname(file), file);
  return {
    model: plain ? model : lower(importModel(model, { file, external })),
    hidden,
    inputs,
    dataFiles,
  };
}

async function weightsModel(file: string): Promise<TokenModel> {
  const { graph, hidden, files } = await readWeightsGraph(dirname(file));
  const others = files.filter((path) => path !== file).map((path) => basename(path));
  const inputs = graph.inputs.map(({ name }) => name);
  return { model: lower(graph), hidden, inputs, dataFiles: others };
}

async function read(file: string): Promise<Uint8Array> {
  requireReadable(file);
  try {
    return await readFile(file);
  } catch (error) {
    throw fileError(error, file);
  }
}

/** The name of the output with token vectors. */
function tokenOutput(model: ModelProto, file: string): string {
  const outputs = (model.graph?.output ?? []).map(({ name }) => name);
  const found = TOKEN_OUTPUTS.find((name) => outputs.includes(name));
  if (found !== undefined) return found;
  throw new UserError(
    "no-token-output",
    `has no output last_hidden_state or token_embeddings, only ${outputs.join(", ") || "none at all"}`,
    {
      at: { file },
      hint: "export the encoder with optimum-cli export onnx --task feature-extraction",
    },
  );
}

function inputNames(model: ModelProto, file: string): string[] {
  const weights = new Set(model.graph?.initializer.map(({ name }) => name));
  const names = (model.graph?.input ?? []).map(({ name }) => name).filter((n) => !weights.has(n));
  const known: readonly string[] = FED_INPUTS;
  const strange = names.filter((name) => !known.includes(name));
  const missing = known.slice(0, 2).filter((name) => !names.includes(name));
  if (strange.length === 0 && missing.length === 0) return names;
  const problem =
    missing.length > 0
      ? `has no input ${missing.join(" and no ")}, only ${names.join(", ")}`
      : `also takes ${strange.join(", ")}, which nothing is known of`;
  throw new UserError("unknown-inputs", problem, {
    at: { file },
    hint: `export the encoder with the inputs ${known.join(", ")}; position_ids, past_key_values and task_id may be there as well`,
  });
}

function externalFiles(model: ModelProto): string[] {
  const entries = (model.graph?.initializer ?? []).flatMap(({ externalData }) => externalData);
  const locations = entries.filter(({ key }) => key === "location").map(({ value }) => value);
  return [...new Set(locations)].sort();
}

function hasHalfPrecision(model: ModelProto): boolean {
  const half = [elementType("float16"), BFLOAT16];
  return (model.graph?.initializer ?? []).some(({ dataType }) => half.includes(dataType));
}

/** The nodes of pooling and modules alone, from the token vectors and the mask of a model. */
function embeddingGraph(hidden: string, { pooling, includePrompt, stack }: InferenceForm): Graph {
  const b = new GraphBuilder(emptyGraph("pooling"));
  const mask = b.input("attention_mask", "int64", ["B", "T"]);
  const pooled = includePrompt === false ? b.input(POOLING_MASK, "int64", ["B", "T"]) : undefined;
  const tokens = { hidden: b.input(hidden, "float32", ["B", "T", "H"]), mask, pooled };
  const vectors = poolTokens(b, pooling, tokens);
  b.output(b.named(stack === undefined ? vectors : withModules(b, stack, vectors), EMBEDDING));
  return b.graph;
}

function withModules(b: GraphBuilder, { specs, parameters }: ModuleStack, x: Value): Value {
  const [first] = [...parameters.values()];
  const known = { ...x, shape: [x.shape[0], first?.shape.at(-1) ?? x.shape[1]] };
  const values = [...parameters].map(
    ([name, tensor]) => [name, b.initializer(name, tensor)] as const,
  );
  return buildModules(b, specs, known, new Map(values));
}

/** The model with the inputs of what is appended that it has not itself. */
function withInputs(model: ModelProto, added: Graph): ModelProto {
  const { graph } = model;
  const mask = lower(added).graph?.input.filter(({ name }) => name === POOLING_MASK) ?? [];
  if (graph === undefined || mask.length === 0) return model;
  return { ...model, graph: { ...graph, input: [...graph.input, ...mask] } };
}
