import { basename, join } from "node:path";
import { UserError } from "../../errors/user-error.js";
import { type JsonObject, objectIn } from "../../files/json-file.js";
import type { StoredTensor } from "../../files/safetensors-file.js";
import type { Graph } from "../../graph/ir.js";
import type { Tensor } from "../../math/tensor.js";
import { type Piece, parameterShapes } from "../architectures/declare.js";
import { type ArchitectureGraph, architectureGraph } from "../architectures/registry.js";
import { staticGraph } from "../static/static-graph.js";
import { isStaticTable, readStaticTable } from "../static/static-table.js";
import { readPiece, requireFloats } from "./read-piece.js";
import { type StoredWeights, storedWeights } from "./stored-weights.js";

/** An encoder as a typed graph, written from config.json and filled with the weights of safetensors files. */
interface WeightsGraph {
  readonly graph: Graph;
  /** Name of the token vectors. */
  readonly hidden: string;
  readonly pieces: readonly Piece[];
  /** Files that it was read from. */
  readonly files: readonly string[];
}

/** Parameters that belong to heads of other tasks or are computed anew: no part of an encoder. */
const OTHERS =
  /^(pooler|cls|lm_head|score|classifier|pre_classifier|qa_outputs|predictions|vocab_(transform|layer_norm|projector)|head|decoder)\.|(position_ids|inv_freq)$|^logit_scale$/;

/**
 * Reads the encoder of a folder, or the table of a static model. Everything is checked by config.json and the headers of the files before any weight is read. UserErrors:
 * those of `architectureGraph` and `storedWeights`, `missing-tensor`, `wrong-shape`, `weight-type`, and `unknown-tensor` for a
 * parameter that the architecture does not have.
 */
export async function readWeightsGraph(folder: string): Promise<WeightsGraph> {
  const configFile = join(folder, "config.json");
  const json: JsonObject = await objectIn(configFile);
  const table = await staticWeights(folder, json);
  if (table !== undefined) {
    const { tensors, files } = table;
    return { ...staticGraph(readStaticTable(tensors, files[0])), files };
  }
  const built = architectureGraph(json, configFile);
  const stored = await storedWeights(folder);
  const readers = pieceReaders(built, stored);
  const { graph, hidden, pieces } = built;
  const inputs = graph.inputs.filter(({ name }) => !readers.has(name));
  graph.inputs.splice(0, graph.inputs.length, ...inputs);
  for (const [name, read] of readers) graph.initializers.set(name, read());
  return { graph, hidden, pieces, files: [configFile, ...stored.files] };
}

/** How each weight of the encoder of a folder is read by itself; none of a static model's, which is one table. Errors as `readWeightsGraph`. */
export async function weightReaders(folder: string): Promise<Map<string, () => Tensor>> {
  const configFile = join(folder, "config.json");
  const json: JsonObject = await objectIn(configFile);
  if ((await staticWeights(folder, json)) !== undefined) return new Map();
  return pieceReaders(architectureGraph(json, configFile), await storedWeights(folder));
}

/** The weights of a static model; undefined where the folder is of another. */
async function staticWeights(
  folder: string,
  { model_type: type }: JsonObject,
): Promise<StoredWeights | undefined> {
  if (type !== undefined && type !== "model2vec") return undefined;
  const stored = await storedWeights(folder);
  return isStaticTable(stored.tensors) ? stored : undefined;
}

function pieceReaders(built: ArchitectureGraph, stored: StoredWeights): Map<string, () => Tensor> {
  const found = matchParameters(built, stored);
  return new Map(
    built.pieces.map((piece) => [piece.name, () => readPiece(found.get(piece.parameter)!, piece)]),
  );
}

/** The stored tensor of each parameter, checked by name, shape and type. */
function matchParameters(
  built: ArchitectureGraph,
  stored: StoredWeights,
): Map<string, StoredTensor> {
  const shapes = parameterShapes(built.pieces);
  const named = newNames(stored.tensors, shapes);
  const file = stored.files[0];
  const found = new Map<string, StoredTensor>();
  for (const [name, shape] of shapes) {
    const tensor = named.get(name);
    if (tensor === undefined) throw missing(name, file, named);
    if (`${tensor.shape}` !== `${shape}`) throw wrongShape(name, tensor, { shape, built });
    requireFloats(name, tensor);
    found.set(name, tensor);
  }
  const unknown = [...named.keys()].filter((name) => !shapes.has(name) && !OTHERS.test(name));
  if (unknown.length === 0) return found;
  const more = unknown.length > 3 ? ` and ${unknown.length - 3} more` : "";
  throw new UserError(
    "unknown-tensor",
    `holds ${unknown.slice(0, 3).join(", ")}${more}, which the encoder of config.json does not have`,
    {
      at: { file },
      hint: "config.json and weights belong to different models, or the model is a variant that is not known here",
    },
  );
}

/**
 * Stored tensors by their names in the encoder's own class: without what a class around it puts before them (`bert.`, `model.`), and with
 * weight and bias for the gamma and beta of early files.
 */
function newNames(
  tensors: ReadonlyMap<string, StoredTensor>,
  shapes: ReadonlyMap<string, unknown>,
): Map<string, StoredTensor> {
  const [anchor] = shapes.keys();
  const full = [...tensors.keys()].find((name) => name === anchor || name.endsWith(`.${anchor}`));
  const prefix = full === undefined ? "" : full.slice(0, -anchor.length);
  const named = [...tensors].map(([name, tensor]) => {
    const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    return [bare.replace(/\.gamma$/, ".weight").replace(/\.beta$/, ".bias"), tensor] as const;
  });
  return new Map(named);
}

function missing(name: string, file: string, named: ReadonlyMap<string, unknown>): UserError {
  return new UserError("missing-tensor", `holds no tensor "${name}"`, {
    at: { file },
    hint: `the file is incomplete or of another model than config.json says: it has ${named.size} tensors, the first ${[...named.keys()][0]}`,
  });
}

function wrongShape(
  name: string,
  { shape: got, file }: StoredTensor,
  { shape, built }: { readonly shape: readonly number[]; readonly built: ArchitectureGraph },
): UserError {
  const axis = shape.findIndex((size, i) => size !== got[i]);
  const fields = built.namesOf(shape[axis] ?? 0);
  const said =
    fields.length === 0 ? "" : ` (${fields.join(" or ")} of config.json is ${shape[axis]})`;
  return new UserError(
    "wrong-shape",
    `tensor "${name}" has the shape [${got}], expected [${shape}]${said}`,
    { at: { file }, hint: `config.json and ${basename(file)} belong to different models` },
  );
}
