import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { architectureParameters } from "../../encoder/architectures/registry.js";
import type { EncoderInfo } from "../../encoder/encoder.js";
import { poolingModes } from "../../encoder/pooling-mode.js";
import { readOnnxTable } from "../../encoder/static/bag-model.js";
import { isWeightsFile } from "../../encoder/weights/stored-weights.js";
import { toParameters } from "../../encoder/weights/to-parameters.js";
import { readWeightsGraph } from "../../encoder/weights/weights-graph.js";
import { internal } from "../../errors/internal.js";
import { usageError } from "../../errors/user-error.js";
import { writeFolderAtomic } from "../../files/files.js";
import { type JsonObject, objectIn } from "../../files/json-file.js";
import { writeTensors } from "../../files/tensor-file.js";
import { widen } from "../../graph/import/source.js";
import type { Tensor } from "../../math/tensor.js";
import { folderReader } from "../../onnx/external-data.js";
import { decode } from "../../onnx/model.js";
import { toTensor } from "../../onnx/tensor-proto.js";
import {
  copyTokenizer,
  float32Config,
  poolingModule,
  type SentenceModule,
  writeConfig,
  writeSentenceModules,
} from "../folder-files.js";
import { contentHead, type ModelContent, sourceFile } from "../model-content.js";
import { staticConfig } from "../static-files.js";
import { denseModule, denseStack, ownModules } from "./dense-modules.js";
import { modelCard } from "./model-card.js";
import { huggingFaceWeights } from "./weight-names.js";

/**
 * Writes a folder that `SentenceTransformer(folder)` loads, whole or not at all: model.safetensors under Hugging Face names, the
 * pooling, the head as Dense modules, prompts and a model card. Vectors equal those of the transformers.js form to 1e-5. Throws
 * UserErrors for encoders whose weights cannot be named (unknown-architecture, unmapped-weights, head-folded).
 */
export async function writeSentenceTransformersFolder(
  target: string,
  content: ModelContent,
): Promise<void> {
  if (content.encoder.headFolded) throw folded(content);
  const config = await bareConfig(content);
  const weights = await encoderWeights(content, config);
  await writeFolderAtomic(target, async (folder) => {
    await writeTensors(join(folder, "model.safetensors"), weights);
    await writeConfig(folder, content, config);
    await copyTokenizer(folder, content);
    await writeSentenceModules(folder, content, modulesOf(content));
    await writeFile(join(folder, "README.md"), await modelCard(content));
    for (const { path, svg } of content.figures?.flatMap(({ drawings }) => drawings) ?? []) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), svg);
    }
  });
}

/**
 * Transformer and Pooling, or StaticEmbedding; Dense…, Normalize. A linear head needs no normalisation before it, since the one behind takes out every
 * scale; an MLP gets what it was trained on.
 */
function modulesOf(content: ModelContent): SentenceModule[] {
  const { encoder } = content;
  const head = contentHead(content);
  const unit: SentenceModule[] = encoder.normalize ? [{ kind: "Normalize" }] : [];
  const dense =
    head === undefined ? [] : [...denseStack(head).map(denseModule), ...ownModules(head)];
  return [...first(encoder), ...(head?.spec.kind === "mlp" ? unit : []), ...dense, ...unit];
}

function first(encoder: EncoderInfo): SentenceModule[] {
  if (encoder.isStatic) return [{ kind: "StaticEmbedding" }];
  const width = encoder.dimension / poolingModes(encoder.pooling).length;
  return [{ kind: "Transformer" }, poolingModule(encoder, width)];
}

async function bareConfig(content: ModelContent): Promise<JsonObject> {
  if (content.encoder.isStatic) return staticConfig(content.encoder);
  return float32Config(await objectIn(sourceFile(content, "config.json")));
}

/** The file as it was exported is read, not a rewritten graph: its nodes tell the names. Where the graph was written here, its list does. */
async function encoderWeights(
  { encoder, weights }: ModelContent,
  config: JsonObject,
): Promise<Map<string, Tensor>> {
  const written = await writtenGraph(encoder);
  if (written !== undefined) {
    const { graph, pieces } = written;
    const own = (name: string) => graph.initializers.get(name) ?? internal(`no weight "${name}"`);
    return toParameters(pieces, (name) => weights?.get(name) ?? own(name));
  }
  const model = decode(await readFile(encoder.modelFile), encoder.modelFile);
  const protos = new Map(model.graph?.initializer.map((proto) => [proto.name, proto]));
  const external = folderReader(dirname(encoder.modelFile), encoder.modelFile);
  const shapes = architectureParameters(config, sourceFile({ encoder }, "config.json"));
  return huggingFaceWeights(model, shapes, (name) => {
    const proto = protos.get(name) ?? internal(`the model has no initializer "${name}"`);
    return weights?.get(name) ?? widen(toTensor(proto, external));
  });
}

/** The graph that was written here for the encoder; undefined for an ONNX file with a graph of its own. */
async function writtenGraph({ modelFile, isStatic }: EncoderInfo) {
  if (isWeightsFile(modelFile)) return readWeightsGraph(dirname(modelFile));
  return isStatic ? readOnnxTable(modelFile) : undefined;
}

function folded({ encoder }: ModelContent) {
  return usageError(
    "head-folded",
    `the model "${encoder.name}" has its head folded into onnx/model.onnx, so encoder and head cannot be told apart`,
    "export the run that it came from: embtune export RUN --format sentence-transformers",
  );
}
