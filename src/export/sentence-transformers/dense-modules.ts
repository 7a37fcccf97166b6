import { join } from "node:path";
import { HEAD_NAMES } from "../../encoder/head.js";
import {
  type ModuleSpec,
  moduleParameter,
  moduleParameters,
} from "../../encoder/modules/module-stack.js";
import { internal } from "../../errors/internal.js";
import { writeJson } from "../../files/json-file.js";
import { writeTensors } from "../../files/tensor-file.js";
import { float32, type Tensor } from "../../math/tensor.js";
import type { SentenceModule } from "../folder-files.js";
import type { HeadContent } from "../model-content.js";

/** One Dense module of sentence-transformers: activation(x·Wᵀ + b). */
export interface Dense {
  /** W [out, in] */
  readonly weight: Tensor;
  /** b [out] */
  readonly bias?: Tensor;
  readonly activation: "identity" | "gelu";
}

const activations = {
  identity: "torch.nn.modules.linear.Identity",
  gelu: "torch.nn.modules.activation.GELU",
} as const;

/**
 * A head as a stack of Dense modules. A linear head is one. An MLP with its residual, y = P·x + W2·gelu(W1·x + b1) + b2, is two,
 * since gelu(x) − gelu(−x) = x for the exact GELU: first [W1; I; −I] with GELU, then [W2, P, −P].
 */
export function denseStack({ spec, parameters }: HeadContent): Dense[] {
  const value = (name: string): Tensor =>
    parameters.get(name) ?? internal(`the head's parameter "${name}" is missing`);
  if (spec.kind === "none" || spec.kind === "modules") return [];
  if (spec.kind === "linear")
    return [{ weight: value(HEAD_NAMES.projection), activation: "identity" }];
  const { inputDim: D, outputDim: O, hiddenDim: H } = spec;
  const w1 = value(HEAD_NAMES.hiddenWeight).data as Float32Array;
  const first = new Float32Array((H + 2 * D) * D);
  first.set(w1);
  for (let i = 0; i < D; i++) {
    first[(H + i) * D + i] = 1;
    first[(H + D + i) * D + i] = -1;
  }
  const bias = new Float32Array(H + 2 * D);
  bias.set(value(HEAD_NAMES.hiddenBias).data as Float32Array);
  const w2 = value(HEAD_NAMES.outputWeight).data as Float32Array;
  const p = parameters.get(HEAD_NAMES.projection)?.data as Float32Array | undefined;
  const second = new Float32Array(O * (H + 2 * D));
  for (let o = 0; o < O; o++) {
    const row = second.subarray(o * (H + 2 * D), (o + 1) * (H + 2 * D));
    row.set(w2.subarray(o * H, (o + 1) * H));
    for (let i = 0; i < D; i++) {
      const weight = p === undefined ? Number(o === i) : p[o * D + i];
      row[H + i] = weight;
      row[H + D + i] = -weight;
    }
  }
  return [
    {
      weight: float32([H + 2 * D, D], first),
      bias: float32([H + 2 * D], bias),
      activation: "gelu",
    },
    {
      weight: float32([O, H + 2 * D], second),
      bias: value(HEAD_NAMES.outputBias),
      activation: "identity",
    },
  ];
}

/** A model's own modules with their values, as they are written back. */
export function ownModules({ spec, parameters }: HeadContent): SentenceModule[] {
  return (spec.modules ?? []).map((module, i) => {
    if (module.kind === "normalize") return { kind: "Normalize" };
    const named = moduleParameters([module]).map(({ name }) => {
      const own = name.slice(moduleParameter(0, "").length);
      const tensor = parameters.get(moduleParameter(i, own));
      return [own, tensor ?? internal(`the module's "${own}" is missing`)] as const;
    });
    return {
      kind: module.kind === "dense" ? "Dense" : "LayerNorm",
      write: async (folder) => {
        await writeJson(join(folder, "config.json"), configOf(module));
        writeTensors(join(folder, "model.safetensors"), new Map(named));
      },
    };
  });
}

function configOf(module: Exclude<ModuleSpec, { kind: "normalize" }>): Record<string, unknown> {
  if (module.kind === "layer-norm") return { dimension: module.size };
  const { input, output, bias, activation, residual } = module;
  return {
    in_features: input,
    out_features: output,
    bias,
    activation_function: activation,
    // Releases before 5.7 refuse the key.
    use_residual: residual ? true : undefined,
  };
}

/** The module with its config.json and model.safetensors. */
export function denseModule({ weight, bias, activation }: Dense): SentenceModule {
  const [out = 0, input = 0] = weight.shape;
  return {
    kind: "Dense",
    write: async (folder) => {
      await writeJson(join(folder, "config.json"), {
        in_features: input,
        out_features: out,
        bias: bias !== undefined,
        activation_function: activations[activation],
      });
      const tensors = new Map([["linear.weight", weight]]);
      if (bias !== undefined) tensors.set("linear.bias", bias);
      await writeTensors(join(folder, "model.safetensors"), tensors);
    },
  };
}
