import { readFileSync } from "node:fs";
import { modulesHead } from "../../src/encoder/head.js";
import type { ModuleStack } from "../../src/encoder/modules/module-stack.js";
import { type Pooling, poolingModes } from "../../src/encoder/pooling-mode.js";
import { buildEncoderStep } from "../../src/encoder/step/encoder-step.js";
import type { StepHead } from "../../src/encoder/step/head-part.js";
import type { PreparedEncoder } from "../../src/encoder/step/prepare.js";
import { textFeeds } from "../../src/encoder/step/text-feeds.js";
import type { Tuning } from "../../src/encoder/step/trained-weights.js";
import { float32, int64, type Tensor } from "../../src/math/tensor.js";
import { objectiveNamed } from "../../src/objectives/registry.js";
import { resolveOptions } from "../../src/objectives/resolve.js";
import { denseGradient } from "../encoder/step/tiny-encoder.js";
import { openModel } from "./run-graph.js";
import { SHARED_ENCODERS } from "./shared-encoders.js";

const ROWS = 8;
const RATE = 1e-3;
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/** Losses and gradient norms of five steps. */
export interface Steps {
  readonly losses: number[];
  readonly norms: number[];
}

/** What the steps are taken with. */
export interface StepsOptions {
  readonly encoder: PreparedEncoder;
  readonly pooling: Pooling;
  readonly tokenize: (text: string) => Int32Array;
  /** Id at padding. */
  readonly padId: number;
  readonly tuning?: Tuning;
  /** The model's own modules. */
  readonly stack?: ModuleStack | undefined;
  /** Tokens at the beginning of a text that are not pooled; absent: the prompt is pooled. */
  readonly promptTokens?: ((text: string) => number) | undefined;
  /** Before every text. */
  readonly prompt?: string;
  readonly packed?: boolean;
}

/** The pairs of train.csv. */
function pairs(): (readonly [string, string])[] {
  const [, ...lines] = readFileSync(`${SHARED_ENCODERS}/train.csv`, "utf8")
    .trimEnd()
    .split(/\r?\n/);
  return lines.map((line) => {
    const fields = [...line.matchAll(/"((?:[^"]|"")*)"|([^,]+)/g)].map(
      ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain,
    );
    return [fields[0], fields[1]] as const;
  });
}

/** The model's own modules as the head of a step. */
function headOf({ encoder, pooling, stack }: StepsOptions): StepHead | undefined {
  if (stack === undefined) return undefined;
  const width = Number(encoder.graph.types.get(encoder.hidden)?.shape[2]);
  const spec = modulesHead(width * poolingModes(pooling).length, stack.specs);
  return { spec, side: "both", start: stack.parameters };
}

/** The five steps that the shared references are of: InfoNCE, 8 rows each in file order, AdamW without decay, in float64. */
export async function fiveSteps(options: StepsOptions): Promise<Steps> {
  const { encoder, pooling, tokenize, padId, tuning = { kind: "full" }, packed = true } = options;
  const { promptTokens, prompt = "" } = options;
  const definition = objectiveNamed("infonce");
  const objective = { definition, options: resolveOptions(definition, { temperature: 0.05 }) };
  const step = buildEncoderStep({
    ...{ encoder, pooling, tuning, packed, objective },
    roles: ["anchors", "positives"],
    negatives: 0,
    includePrompt: promptTokens === undefined,
    head: headOf(options),
  });
  const model = await openModel(step.model);
  const states = step.parameters.map(({ data }) => ({
    x: Float64Array.from(data!),
    m: new Float64Array(data!.length),
    v: new Float64Array(data!.length),
  }));
  const rows = pairs();
  const result: Steps = { losses: [], norms: [] };
  for (let t = 1; t <= 5; t++) {
    const batch = rows.slice((t - 1) * ROWS, t * ROWS);
    const texts = batch.flat().map((text) => prompt + text);
    const values = step.parameters.map(
      ({ name, shape }, i) => [name, float32(shape, Float32Array.from(states[i].x))] as const,
    );
    const numbers = (offset: number): Tensor =>
      int64(
        [ROWS],
        Array.from({ length: ROWS }, (_, i) => 2 * i + offset),
      );
    const outputs = await model.run({
      ...textFeeds(texts.map(tokenize), {
        inputs: step.inputs,
        padId,
        skipped: promptTokens && texts.map(promptTokens),
      }),
      ...Object.fromEntries(values),
      anchors: numbers(0),
      positives: numbers(1),
    });
    result.losses.push(Number(outputs[step.loss].data[0]));
    const gradients = step.parameters.map((parameter) => denseGradient(parameter, outputs));
    result.norms.push(
      Math.sqrt(gradients.reduce((sum, g) => g.reduce((s, x) => s + x * x, sum), 0)),
    );
    gradients.forEach((g, i) => {
      const { x, m, v } = states[i];
      g.forEach((slope, k) => {
        m[k] = BETA1 * m[k] + (1 - BETA1) * slope;
        v[k] = BETA2 * v[k] + (1 - BETA2) * slope * slope;
        x[k] -= (RATE * m[k]) / (1 - BETA1 ** t) / (Math.sqrt(v[k] / (1 - BETA2 ** t)) + EPSILON);
      });
    });
  }
  await model.release();
  return result;
}
