import { isObject, type JsonObject } from "../../files/json-file.js";
import { badField, type ConfigFields, unsupported } from "./config-fields.js";
import { yarn } from "./yarn.js";

/** By how much rotary position embeddings turn pairs of features. */
export interface Turns {
  /** Angles a position turns by, in radians: d/2 numbers. */
  readonly frequencies: Float32Array;
  /** Factor on cosines and sines. */
  readonly scale: number;
}

/** Where a configuration keeps its rotation. */
interface RotationFields {
  /** Key of `rope_parameters` where it is kept by kind of layer. */
  readonly layerType?: string | undefined;
  /** Whether `rope_scaling` of older configurations is not meant for this kind of layer. */
  readonly unscaled?: boolean | undefined;
  /** Names of the base where it is a field of its own, as older configurations have it. */
  readonly base: readonly string[];
  /** The base where no field gives it. */
  readonly fallback: number;
}

/** The variants of transformers that are known. */
const TYPES: readonly unknown[] = ["default", "dynamic", "linear", "llama3", "yarn"];

/**
 * The turns of rotary position embeddings (Su 2021, section 3.4), θ^(−2i/d) for i = 0 … d/2 − 1, in the variants of
 * transformers: default, dynamic (the default up to the model's own positions), linear, llama3, yarn. Others are UserErrors.
 */
export function turnsOf(config: ConfigFields, size: number, at: RotationFields): Turns {
  const [field, given] = parametersOf(config, at);
  const type = given.rope_type ?? given.type ?? "default";
  if (!TYPES.includes(type)) throw unsupported(config.file, `${field}.rope_type`, type);
  config.only("partial_rotary_factor", 1);
  if ((given.partial_rotary_factor ?? 1) !== 1) throw unsupported(config.file, field, given);
  const number = (name: string, value: unknown = given[name]): number => {
    if (typeof value === "number") return value;
    throw badField(config.file, field, `must give ${name} as a number`);
  };
  const theta = number("rope_theta", given.rope_theta ?? config.number(at.base, at.fallback));
  const plain = Float32Array.from({ length: size / 2 }, (_, i) => 1 / theta ** ((2 * i) / size));
  const most = config.optional("max_position_embeddings");
  const outer = config.optional("original_max_position_embeddings");
  if (type === "default" || type === "dynamic") return { frequencies: plain, scale: 1 };
  if (type === "linear") return { frequencies: plain.map((x) => x / number("factor")), scale: 1 };
  const name = "original_max_position_embeddings";
  const original = number(name, outer ?? given[name] ?? most);
  if (type === "llama3") {
    const [factor, low, high] = ["factor", "low_freq_factor", "high_freq_factor"].map((one) =>
      number(one),
    );
    const form = { factor, low, high, length: original };
    return { frequencies: plain.map((x) => llama3(x, form)), scale: 1 };
  }
  const factor = number("factor", given.factor ?? (most && most / original));
  return yarn(plain, { ...yarnFields(given, number), theta, factor, original });
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

/** What a configuration may say about yarn; null is as good as absent. */
function yarnFields(given: JsonObject, number: (name: string) => number) {
  const optional = (name: string): number | undefined =>
    (given[name] ?? undefined) === undefined ? undefined : number(name);
  return {
    fast: optional("beta_fast"),
    slow: optional("beta_slow"),
    scale: optional("attention_factor"),
    mscale: optional("mscale"),
    mscaleAll: optional("mscale_all_dim"),
    truncate: given.truncate !== false,
  };
}

/** The object that describes the rotation and its field: older configurations' `rope_scaling` counts before `rope_parameters`, as in transformers. */
function parametersOf(
  config: ConfigFields,
  { layerType, unscaled }: RotationFields,
): readonly [field: string, JsonObject] {
  const all = config.raw("rope_parameters");
  const older = config.raw("rope_scaling");
  const field = "rope_parameters";
  if (isObject(older) && unscaled !== true) return ["rope_scaling", older];
  if (!isObject(all)) return [field, {}];
  if (layerType === undefined) return [field, all];
  const own = all[layerType];
  if (isObject(own)) return [`${field}.${layerType}`, own];
  if (own === undefined && Object.values(all).every(isObject)) return [field, {}];
  throw badField(config.file, field, `must describe ${layerType}, got ${JSON.stringify(all)}`);
}
