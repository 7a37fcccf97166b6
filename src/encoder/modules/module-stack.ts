import { internal } from "../../errors/internal.js";
import type { GraphBuilder } from "../../graph/builder.js";
import type { Value } from "../../graph/ir.js";
import { add, geluOfErf, gemm, mul, relu, sigmoid, tanh } from "../../graph/ops/index.js";
import type { Tensor } from "../../math/tensor.js";
import type { HeadParameter } from "../head-parameter.js";
import { plainLayerNorm, unitLength } from "../portable.js";

/** A module of sentence-transformers behind pooling. */
export type ModuleSpec =
  /** f(x·Wᵀ + b), with x, or x projected where sizes differ, added to it for `residual`. */
  | {
      readonly kind: "dense";
      readonly input: number;
      readonly output: number;
      readonly bias: boolean;
      readonly activation: ActivationClass;
      readonly residual: boolean;
    }
  /** Layer normalisation with ε = 1e-5. */
  | { readonly kind: "layer-norm"; readonly size: number }
  /** x / √(Σx² + 1e-12) */
  | { readonly kind: "normalize" };

/** The modules between pooling and a last normalisation, with the values of their parameters. */
export interface ModuleStack {
  readonly specs: readonly ModuleSpec[];
  /** By the names of `moduleParameters`. */
  readonly parameters: ReadonlyMap<string, Tensor>;
}

/** Activations by their classes, as Dense modules name them. */
const ACTIVATIONS = {
  "torch.nn.modules.linear.Identity": (_: GraphBuilder, x: Value) => x,
  "torch.nn.modules.activation.Tanh": tanh,
  "torch.nn.modules.activation.ReLU": relu,
  "torch.nn.modules.activation.GELU": geluOfErf,
  "torch.nn.modules.activation.Sigmoid": sigmoid,
  "torch.nn.modules.activation.SiLU": (b: GraphBuilder, x: Value) => mul(b, x, sigmoid(b, x)),
} as const;

/** Class of an activation that is known. */
type ActivationClass = keyof typeof ACTIVATIONS;

/** Their names. */
export const ACTIVATION_CLASSES = Object.keys(ACTIVATIONS) as readonly ActivationClass[];

/** Name of a parameter of module i, by its name in the module's own file. */
export const moduleParameter = (i: number, name: string): string => `modules.${i}.${name}`;

/** The trained tensors of the modules, in order. */
export function moduleParameters(specs: readonly ModuleSpec[]): HeadParameter[] {
  return specs.flatMap((spec, i) => {
    const tensor = (name: string, ...shape: number[]): HeadParameter => ({
      name: moduleParameter(i, name),
      shape,
      decay: shape.length > 1,
    });
    if (spec.kind === "layer-norm")
      return [tensor("norm.weight", spec.size), tensor("norm.bias", spec.size)];
    if (spec.kind === "normalize") return [];
    const { input, output, bias, residual } = spec;
    return [
      tensor("linear.weight", output, input),
      ...(bias ? [tensor("linear.bias", output)] : []),
      ...(residual && input !== output ? [tensor("residual.weight", output, input)] : []),
    ];
  });
}

/** Numbers that come out of the modules for `input` that go in. */
export function stackWidth(specs: readonly ModuleSpec[], input: number): number {
  return specs.reduce((width, spec) => (spec.kind === "dense" ? spec.output : width), input);
}

/** Appends the modules: x [B, D] → [B, O], of nodes that operator sets 11 to 21 have alike. */
export function buildModules(
  b: GraphBuilder,
  specs: readonly ModuleSpec[],
  x: Value,
  parameters: ReadonlyMap<string, Value>,
): Value {
  return specs.reduce((value, spec, i) => {
    const named = (name: string): Value =>
      parameters.get(moduleParameter(i, name)) ?? internal(`the module's "${name}" is missing`);
    if (spec.kind === "normalize") return unitLength(b, value);
    if (spec.kind === "layer-norm")
      return plainLayerNorm(b, value, {
        scale: named("norm.weight"),
        bias: named("norm.bias"),
        epsilon: 1e-5,
      });
    return dense(b, spec, value, named);
  }, x);
}

function dense(
  b: GraphBuilder,
  spec: ModuleSpec & { readonly kind: "dense" },
  x: Value,
  named: (name: string) => Value,
): Value {
  const c = spec.bias ? named("linear.bias") : undefined;
  const options = c === undefined ? { transB: true } : { transB: true, c };
  const active = ACTIVATIONS[spec.activation](b, gemm(b, x, named("linear.weight"), options));
  if (!spec.residual) return active;
  const same = spec.input === spec.output;
  return add(b, active, same ? x : gemm(b, x, named("residual.weight"), { transB: true }));
}
