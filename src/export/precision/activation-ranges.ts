import { create } from "@bufbuild/protobuf";
import { type ValueInfoProto, ValueInfoProtoSchema } from "onnx-buf";
import type { EncoderRun } from "../../encoder/encoder.js";
import { internal } from "../../errors/internal.js";
import { UserError } from "../../errors/user-error.js";
import { reportWait } from "../../files/progress.js";
import { float32 } from "../../math/tensor.js";
import { elementType } from "../../onnx/element-type.js";
import { encode, type ModelProto } from "../../onnx/model.js";
import type { Runtime } from "../../runtime/runtime.js";
import { mixedTexts } from "../sample-texts.js";
import { weightProducts } from "./weight-products.js";

/** Smallest, largest and mean number of each of the last dimension's K places, [K] each, over so many tokens. */
export interface ChannelRange {
  readonly least: Float32Array;
  readonly most: Float32Array;
  readonly mean: Float32Array;
  readonly tokens: number;
}

/** Ranges of what goes into products by weights, by the value's name. */
export type ActivationRanges = ReadonlyMap<string, ChannelRange>;

/** Encodes texts with another graph in the place of the encoder's own. */
type EncodeWith = (
  run: EncoderRun,
  texts: readonly string[],
  options: { readonly batchSize: number },
) => Promise<unknown>;

/** Texts that are run: some at the edges, most of them English sentences, each tenth a long one. */
const TEXTS = 128;

/**
 * Runs the model on fixed texts, one at a time, so that nothing is padded, and notes the range of each channel that goes into a
 * product by a weight. UserError not-finite.
 */
export async function activationRanges(
  model: ModelProto,
  runtime: Runtime,
  encodeWith: EncodeWith,
): Promise<ActivationRanges> {
  const graph = model.graph ?? internal("a model without a graph");
  const inputs = [...new Set(weightProducts(graph).map(({ input }) => input))];
  if (inputs.length === 0) return new Map();
  const known = graph.output.map(({ name }) => name);
  const added = inputs.filter((name) => !known.includes(name)).map(floatOutput);
  const open = { ...model, graph: { ...graph, output: [...graph.output, ...added] } };
  const session = await runtime.createSession(encode(open), { memoryPattern: false });
  const report = reportWait("ranges of what is quantised", "texts", TEXTS);
  const seen = new Map<string, Seen>();
  const run = async (feeds: Parameters<EncoderRun["run"]>[0]) => {
    const values = await session.run(feeds, inputs);
    for (const name of inputs) {
      const { data, shape } = values[name];
      widen(seen, name, { data: data as Float32Array, width: shape.at(-1) ?? 1 });
    }
    report.add(1);
    return float32([1, 1], [0]);
  };
  try {
    const names = graph.input.map(({ name }) => name);
    const texts = mixedTexts(TEXTS);
    await encodeWith({ run, inputs: names, width: 1, normalize: false }, texts, { batchSize: 1 });
  } finally {
    report.end();
    await session.release();
  }
  return new Map(
    [...seen].map(([name, { range, sum, tokens }]) => {
      const mean = Float32Array.from(sum, (total) => total / tokens);
      requireFinite(name, [range.least, range.most, mean]);
      return [name, { ...range, mean, tokens }];
    }),
  );
}

/** A sum with NaN in it is NaN, and one beyond float32 has an infinite end. */
function requireFinite(name: string, numbers: readonly Float32Array[]): void {
  if (numbers.every((some) => some.every(Number.isFinite))) return;
  throw new UserError(
    "not-finite",
    `the model computes infinite or undefined numbers on plain texts (in "${name}"), expected finite ones to quantise`,
    { hint: "look whether its weights are whole: embtune doctor --model MODEL" },
  );
}

/** A range under way. */
interface Seen {
  readonly range: Pick<ChannelRange, "least" | "most">;
  readonly sum: Float64Array;
  tokens: number;
}

function floatOutput(name: string): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: "tensorType", value: { elemType: elementType("float32") } } },
  });
}

function widen(
  ranges: Map<string, Seen>,
  name: string,
  { data, width }: { readonly data: Float32Array; readonly width: number },
): void {
  const seen = ranges.get(name) ?? nothingSeen(width);
  ranges.set(name, seen);
  const { least, most } = seen.range;
  for (let start = 0; start < data.length; start += width) {
    for (let k = 0; k < width; k++) {
      const x = data[start + k];
      if (x < least[k]) least[k] = x;
      if (x > most[k]) most[k] = x;
      seen.sum[k] += x;
    }
    seen.tokens += 1;
  }
}

function nothingSeen(width: number): Seen {
  const least = new Float32Array(width).fill(Number.POSITIVE_INFINITY);
  const most = new Float32Array(width).fill(Number.NEGATIVE_INFINITY);
  return { range: { least, most }, sum: new Float64Array(width), tokens: 0 };
}
