import { isObject, type JsonObject } from "../../files/json-file.js";
import type { GraphBuilder } from "../../graph/builder.js";
import type { Value } from "../../graph/ir.js";
import { add, cast, concat, mul, neg, slice, unsqueeze } from "../../graph/ops/index.js";
import { float32 } from "../../math/tensor.js";
import { badField, type ConfigFields, unsupported } from "./config-fields.js";
import type { TextInputs } from "./text-inputs.js";

/** Cosines and sines of the angles by which pairs of features are turned: [1, 1, T, d]. */
export interface Rotation {
  readonly cos: Value;
  readonly sin: Value;
}

/** Angles a position turns by, in radians: d/2 numbers. */
type Frequencies = Float32Array;

/** Where a configuration keeps its rotation. */
interface RotationFields {
  /** Key of `rope_parameters` where it is kept by kind of layer. */
  readonly layerType?: string | undefined;
  /** Names of the base where it is a field of its own, as older configurations have it. */
  readonly base: readonly string[];
  /** The base where no field gives it. */
  readonly fallback: number;
}

/**
 * The frequencies of rotary position embeddings (Su 2021, section 3.4), θ^(−2i/d) for i = 0 … d/2 − 1, in the variants of
 * transformers: default, dynamic (the default up to the model's own positions), linear, llama3. Others are UserErrors.
 */
export function frequencies(config: ConfigFields, size: number, at: RotationFields): Frequencies {
  const given = parametersOf(config, at);
  const field = config.raw("rope_parameters") === undefined ? "rope_scaling" : "rope_parameters";
  const theta = given.rope_theta ?? config.number(at.base, at.fallback);
  if (typeof theta !== "number")
    throw badField(config.file, field, "must give rope_theta as a number");
  const plain = Float32Array.from({ length: size / 2 }, (_, i) => 1 / theta ** ((2 * i) / size));
  const type = given.rope_type ?? given.type ?? "default";
  if ((given.partial_rotary_factor ?? 1) !== 1) throw unsupported(config.file, field, given);
  if (type === "default" || type === "dynamic") return plain;
  const factor = numberIn(config, field, given, "factor");
  if (type === "linear") return plain.map((x) => x / factor);
  if (type !== "llama3") throw unsupported(config.file, `${field}.rope_type`, type);
  const low = numberIn(config, field, given, "low_freq_factor");
  const high = numberIn(config, field, given, "high_freq_factor");
  const length = numberIn(config, field, given, "original_max_position_embeddings");
  return plain.map((x) => llama3(x, { factor, low, high, length }));
}

/** Long waves are stretched by the factor, short ones stay, and between them it is interpolated. */
function llama3(
  x: number,
  { factor, low, high, length }: { factor: number; low: number; high: number; length: number },
): number {
  const turns = (length * x) / (2 * Math.PI);
  if (turns < low) return x / factor;
  if (turns > high) return x;
  const smooth = (turns - low) / (high - low);
  return ((1 - smooth) * x) / factor + smooth * x;
}

/** The object that describes the rotation: of transformers 5, or of its forerunners. */
function parametersOf(config: ConfigFields, { layerType }: RotationFields): JsonObject {
  const all = config.raw("rope_parameters");
  const older = config.raw("rope_scaling");
  const own = isObject(all) && layerType !== undefined ? (all[layerType] ?? all) : all;
  if (isObject(own)) return own;
  return isObject(older) ? older : {};
}

function numberIn(config: ConfigFields, field: string, given: JsonObject, name: string): number {
  const value = given[name];
  if (typeof value === "number") return value;
  throw badField(config.file, field, `must give ${name} as a number`);
}

/** The angles of all positions. */
export function rotation(b: GraphBuilder, text: TextInputs, turns: Frequencies): Rotation {
  const position = unsqueeze(b, cast(b, text.positions, "float32"), [1]);
  // A matrix and no vector, so that nobody takes them for a weight.
  const half = mul(b, position, b.constant(float32([1, turns.length], turns)));
  const angles = unsqueeze(b, concat(b, [half, half], 1), [0, 1]);
  return { cos: b.op("Cos", [angles]), sin: b.op("Sin", [angles]) };
}

/** x [B, h, T, d] with feature i and feature i + d/2 turned as a pair. */
export function rotate(b: GraphBuilder, x: Value, { cos, sin }: Rotation): Value {
  const half = Number(x.shape[3]) / 2;
  const first = slice(b, x, { axis: 3, start: 0, end: half });
  const second = slice(b, x, { axis: 3, start: half });
  const turned = concat(b, [neg(b, second), first], 3);
  return add(b, mul(b, x, cos), mul(b, turned, sin));
}
