import { UserError } from "../../errors/user-error.js";
import { type JsonObject, stringOf } from "../../files/json-file.js";
import type { Graph, Value } from "../../graph/ir.js";
import { albert } from "./albert.js";
import { bert, roberta } from "./bert.js";
import { configFields } from "./config-fields.js";
import { type Blueprint, blueprint, type Piece, parameterShapes } from "./declare.js";
import { decoder } from "./decoder.js";
import { distilbert } from "./distilbert.js";
import { gemma } from "./gemma.js";
import { modernbert } from "./modernbert.js";
import { mpnet } from "./mpnet.js";
import { nomic } from "./nomic.js";
import { requireWholeHeads } from "./whole-heads.js";

/** Writes an encoder's graph and returns its token vectors [B, T, H]. */
type Architecture = (print: Blueprint) => Value;

/** By model_type of config.json. */
const architectures: Readonly<Record<string, Architecture>> = {
  bert,
  electra: bert,
  roberta,
  "xlm-roberta": roberta,
  camembert: roberta,
  distilbert,
  mpnet,
  albert,
  modernbert,
  nomic_bert: nomic,
  llama: decoder({ bias: "by-config" }),
  mistral: decoder({ bias: "by-config", window: "always" }),
  qwen2: decoder({ bias: "qkv" }),
  qwen3: decoder({ bias: "by-config", normalizedHeads: true }),
  gemma3_text: gemma,
};

/** The values of model_type that a graph can be written for. */
export const modelTypes: readonly string[] = Object.keys(architectures);

/** An encoder's graph before its weights are read: they are inputs, and `pieces` says what they are. */
export interface ArchitectureGraph {
  readonly graph: Graph;
  /** Name of the token vectors, the graph's only output. */
  readonly hidden: string;
  readonly pieces: readonly Piece[];
  /** Fields of config.json that give this size. */
  readonly namesOf: (size: number) => readonly string[];
}

/** Name of the output with token vectors, as exporters give it. */
const HIDDEN = "last_hidden_state";

/**
 * The parameters of the encoder's class that a config.json describes, by name and shape, its pooler left out. A field that is not known is
 * no hindrance: names do not depend on it. UserErrors: `unknown-architecture`, `bad-config`.
 */
export function architectureParameters(
  json: JsonObject,
  file: string,
): Map<string, readonly number[]> {
  const print = blueprint(configFields(json, file));
  const hint = `use --format transformersjs; sentence-transformers works for ${modelTypes.join(", ")}`;
  architectureOf(json, file, hint)(print);
  return parameterShapes(print.pieces);
}

/**
 * The graph of the encoder that a config.json describes. UserErrors: `unknown-architecture`, `bad-config`,
 * `unknown-config-field` for a field that may change vectors and is not known.
 */
export function architectureGraph(json: JsonObject, file: string): ArchitectureGraph {
  const hint = `known are ${modelTypes.join(", ")}; others need an export: optimum-cli export onnx --task feature-extraction`;
  const build = architectureOf(json, file, hint);
  const config = configFields(json, file);
  config.only("quantization_config");
  const print = blueprint(config);
  const hidden = build(print);
  config.refuseUnknown();
  const { b } = print;
  // The node's name is free for others: what is put behind may take over the output's.
  const node = { op: "Identity", domain: "", name: "token_vectors", attributes: {} };
  const [output] = b.append({ ...node, inputs: [hidden.name], outputs: [HIDDEN] });
  b.output(output);
  return { graph: b.graph, hidden: HIDDEN, pieces: print.pieces, namesOf: config.namesOf };
}

function architectureOf(json: JsonObject, file: string, hint: string): Architecture {
  const type = stringOf(json.model_type);
  if (type !== undefined && Object.hasOwn(architectures, type)) {
    requireWholeHeads(json, file);
    return architectures[type];
  }
  const custom = json.auto_map === undefined ? "" : " and comes with code of its own (auto_map)";
  throw new UserError(
    "unknown-architecture",
    `has model_type ${JSON.stringify(json.model_type) ?? "nowhere"}${custom}, which no graph can be written for`,
    { at: { file }, hint },
  );
}
