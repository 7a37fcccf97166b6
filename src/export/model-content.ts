import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EncoderInfo } from "../encoder/encoder.js";
import { type HeadSpec, modulesHead } from "../encoder/head.js";
import { readTokenModel, type TokenModel } from "../encoder/inference-model.js";
import type { Tensor } from "../math/tensor.js";
import { replaceInitializers } from "../onnx/model.js";
import type { OptionValue } from "../options/option.js";
import type { RunRecord } from "../training/run-folder/run-folder.js";

/** A head and the values of its parameters. */
export interface HeadContent {
  readonly spec: HeadSpec;
  readonly parameters: ReadonlyMap<string, Tensor>;
}

/** A low-rank adapter beside a weight W [in, out]: W + α/r·(B·A)ᵀ. */
interface AdapterContent {
  /** The initializer W. */
  readonly weight: string;
  /** A [r, in] */
  readonly a: Tensor;
  /** B [out, r] */
  readonly b: Tensor;
}

/** What goes into a model folder, whatever its form. */
export interface ModelContent {
  /** The encoder that was trained on, loaded with its modules left: `dimension` is the width of what is pooled. */
  readonly encoder: EncoderInfo;
  /** Tuned weights of the encoder by the names of its initializers; absent: as they are in its file. */
  readonly weights?: ReadonlyMap<string, Tensor> | undefined;
  /** Adapters that are merged into `weights`. */
  readonly adapters?: readonly AdapterContent[] | undefined;
  /** The trained head; absent: the encoder as it is. */
  readonly head?: HeadContent | undefined;
  /** α of the point (1−α)·start + α·tuned of the run; absent: 1. */
  readonly interpolated?: number | undefined;
  /** The run that it comes from, for the model card. */
  readonly run?: RunRecord | undefined;
  /** Drawings of the run, for the model card. */
  readonly figures?: readonly CardFigure[] | undefined;
}

/** A drawing that stands in a model card, and what there is to see in it. */
export interface CardFigure {
  readonly title: string;
  readonly caption: string;
  readonly drawings: readonly {
    /** `figures/loss.svg`, beside the card. */
    readonly path: string;
    /** A whole SVG file. */
    readonly svg: string;
  }[];
}

/** The encoder's model with its tuned weights, all inside and in float32, without pooling and head. */
export async function tunedTokenModel(content: ModelContent): Promise<TokenModel> {
  const source = await readTokenModel(content.encoder.modelFile);
  const { weights } = content;
  if (weights === undefined || weights.size === 0) return source;
  return { ...source, model: replaceInitializers(source.model, weights) };
}

/** What comes between pooling and a last normalisation: the trained head, or the modules that the encoder has itself. */
export function contentHead({ encoder, head }: ModelContent): HeadContent | undefined {
  const { dimension, modules } = encoder;
  if (head !== undefined || modules === undefined) return head;
  return { spec: modulesHead(dimension, modules.specs), parameters: modules.parameters };
}

/** Whether what is behind token vectors is put into the exported graph, so that it is not told apart any more. */
export function isFolded(content: ModelContent): boolean {
  return contentHead(content) !== undefined || !isPlainPooling(content.encoder);
}

/** Whether transformers.js pools so itself; for the last token it takes the last place, which is a token's where padding is on the left. */
export function isPlainPooling({ pooling, padsLeft }: EncoderInfo): boolean {
  return pooling === "mean" || pooling === "cls" || (pooling === "last" && padsLeft);
}

/** Numbers in an embedding of the exported model. */
export function outputDimension(content: ModelContent): number {
  return contentHead(content)?.spec.outputDim ?? content.encoder.dimension;
}

/** One objective of a run, and the files that were trained with it. */
export interface TrainedObjective {
  readonly objective: string;
  readonly objectiveOptions: Readonly<Record<string, OptionValue>>;
  readonly files: readonly string[];
}

/** The objectives of a run: one, unless files had objectives of their own. */
export function trainedObjectives({ options, files, data }: RunRecord): TrainedObjective[] {
  const own = (files ?? []).filter(({ objective }) => objective !== undefined);
  if (own.length === 0) {
    const { objective, objectiveOptions } = options;
    return [{ objective, objectiveOptions, files: [data.path] }];
  }
  const groups = new Map<string, TrainedObjective>();
  for (const { path, objective, objectiveOptions } of own) {
    const key = JSON.stringify([objective, objectiveOptions]);
    const known = groups.get(key)?.files ?? [];
    groups.set(key, { objective, objectiveOptions, files: [...known, path] });
  }
  return [...groups.values()];
}

/** Sizes to which embeddings may be cut (matryoshka), the largest first; none where an objective of the run was not trained for it. */
export function matryoshkaDimensions({ run }: ModelContent): readonly number[] {
  const [first, ...others] = (run === undefined ? [] : trainedObjectives(run)).map(
    ({ objectiveOptions: { dims } }) => (Array.isArray(dims) ? dims.map(Number) : []),
  );
  const common = (first ?? []).filter((size) => others.every((sizes) => sizes.includes(size)));
  return common.sort((a, b) => b - a);
}

/** The path of a file of the encoder's folder, or of its first module's where that has it. */
export function sourceFile({ encoder }: ModelContent, name: string): string {
  const inner = join(encoder.tokenizerPath ?? encoder.path, name);
  return existsSync(inner) ? inner : join(encoder.path, name);
}
