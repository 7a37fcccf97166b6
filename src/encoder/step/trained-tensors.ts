import { UserError } from "../../errors/user-error.js";
import { sizeOf } from "../../math/tensor.js";
import type { Parameter } from "./parameters.js";
import type { PreparedEncoder } from "./prepare.js";
import type { Tuning } from "./trained-weights.js";

/** The trained tensors of the encoder that do the same in the same layer. */
export interface TrainedGroup {
  /** 0 … L−1; −1 for the embeddings. */
  readonly layer: number;
  /** `query`, `query+key+value`, `attention-output`, `intermediate`, `output`, `embedding`, `normalization`, `other`. */
  readonly role: string;
  /** Names of initializers of the file; of adapters `lora.{name}.A` and `lora.{name}.B`. */
  readonly tensors: readonly string[];
  /** Numbers in them. */
  readonly parameters: number;
}

type Trained = Pick<Parameter, "name" | "owner" | "layer" | "shape">;

/** The encoder's trained tensors by layer and role. */
export function trainedTensors(
  encoder: PreparedEncoder,
  parameters: readonly Trained[],
): TrainedGroup[] {
  const groups = new Map<string, TrainedGroup>();
  for (const { name, layer, shape } of ofEncoder(parameters)) {
    const role = roleOf(encoder, name);
    const key = `${layer} ${role}`;
    const known = groups.get(key) ?? { layer, role, tensors: [], parameters: 0 };
    groups.set(key, {
      ...known,
      tensors: [...known.tensors, name],
      parameters: known.parameters + sizeOf(shape),
    });
  }
  return [...groups.values()].sort((a, b) => a.layer - b.layer);
}

const ofEncoder = (parameters: readonly Trained[]): readonly Trained[] =>
  parameters.filter(({ owner }) => owner === "encoder" || owner === "adapter");

function roleOf({ weights, layers }: PreparedEncoder, name: string): string {
  const base = name.replace(/^lora\.(.*)\.[AB]$/, "$1");
  const map = layers.linears.find(({ weight }) => weight === base);
  return map?.roles.join("+") ?? weights.find((own) => own.name === base)?.role ?? "other";
}

/**
 * Refuses an update that would change nothing, or next to nothing, of the encoder: without an adapter, without a matrix in the last K
 * layers, or without any weight. UserError `nothing-to-train`, which names what was looked for and what there is.
 */
export function requireTrained(
  encoder: PreparedEncoder,
  tuning: Tuning,
  parameters: readonly Trained[],
): void {
  const own = ofEncoder(parameters);
  const matrices = own.filter(({ shape }) => shape.length > 1);
  if (matrices.length > 0) return;
  const { looked, hint } = refusal(encoder, tuning, own.length);
  throw new UserError("nothing-to-train", looked, { hint });
}

function refusal(encoder: PreparedEncoder, tuning: Tuning, vectors: number) {
  const roles = [...new Set(encoder.layers.linears.flatMap((site) => site.roles))].filter(
    (role) => role !== "other",
  );
  const known =
    roles.length === 0
      ? "its attention is not known, so its layers have no names; use --tune full"
      : `its layers have ${roles.join(", ")}`;
  if (tuning.kind === "lora") {
    const targets = tuning.targets.join(", ");
    const looked = `--tune lora finds no linear map for --lora-targets ${targets} that can be written into the encoder's file`;
    return { looked, hint: roles.length === 0 ? known : `${known}; use --lora-targets all-linear` };
  }
  if (tuning.kind === "last") {
    const beside = vectors === 0 ? "" : `, only ${vectors} vectors`;
    const looked = `--tune last:${tuning.layers} finds no matrix in the last ${tuning.layers} of the encoder's ${encoder.depth} layers${beside}`;
    return {
      looked,
      hint: "use --tune full, or more layers: weights may be shared between layers",
    };
  }
  const looked = "--tune full finds no weight in the encoder's file that token ids meet";
  return { looked, hint: "weights that an exporter wrote as constants of nodes cannot be trained" };
}

/** `layers 0–2: query 1, key 1, …` for each run of layers that train the same, with numbers in all. */
export function describeTrained(groups: readonly TrainedGroup[]): string {
  const layers = new Map<number, string[]>();
  for (const { layer, role, tensors } of groups) {
    layers.set(layer, [...(layers.get(layer) ?? []), `${role} ${tensors.length}`]);
  }
  const runs: { first: number; last: number; roles: string }[] = [];
  for (const [layer, roles] of layers) {
    const text = roles.join(", ");
    const before = runs.at(-1);
    if (before !== undefined && before.roles === text && before.first >= 0) before.last = layer;
    else runs.push({ first: layer, last: layer, roles: text });
  }
  const parts = runs.map(({ first, last, roles }) => `${placeOf(first, last)}: ${roles}`);
  const tensors = groups.reduce((sum, group) => sum + group.tensors.length, 0);
  const numbers = groups.reduce((sum, { parameters }) => sum + parameters, 0);
  return `${tensors} tensors, ${numbers.toLocaleString("en-US")} numbers (${parts.join("; ")})`;
}

function placeOf(first: number, last: number): string {
  if (first < 0) return "embeddings";
  return first === last ? `layer ${first}` : `layers ${first}–${last}`;
}
