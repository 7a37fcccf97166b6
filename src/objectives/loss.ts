import { usageError } from "../errors/user-error.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionValues } from "../options/option.js";
import { either, type PairInputs, sameRow } from "./candidates.js";
import type { ObjectiveDefinition } from "./definition.js";
import { requireDirections } from "./directions.js";
import { type GuideVectors, guidedDirections, guideLimit, guideMask } from "./guide.js";
import { checkInputNames } from "./inputs.js";
import { truth } from "./masking.js";
import { matryoshka } from "./matryoshka.js";
import type { Inputs, ObjectiveInput } from "./roles.js";

/** An objective with its resolved options: what a loss is built from. */
export interface ConfiguredObjective {
  readonly definition: ObjectiveDefinition;
  /** As `resolveOptions` returns them: the objective's own and its modifiers'. */
  readonly options: OptionValues;
}

/**
 * Appends the objective with its modifiers to the graph and returns the loss, a scalar of the inputs' number type.
 * Modifiers act when they are asked for: matryoshka by `dims`, guide by the guide's vectors among the inputs, queue by
 * the input `queue`, in-batch off by `inBatch` false. Throws a UserError when inputs are missing or not its own.
 */
export function buildLoss(
  b: GraphBuilder,
  { definition, options }: ConfiguredObjective,
  inputs: Inputs,
): Value {
  const names = (Object.keys(inputs) as ObjectiveInput[]).filter(
    (role) => inputs[role] !== undefined,
  );
  checkInputNames(definition, names);
  requireDirections(options);
  const masked = withModifierMasks(b, inputs, options);
  const loss = (given: Inputs): Value => definition.build(b, given, options);
  const dims = options.dims as readonly number[];
  const weights = options.weights as readonly number[];
  if (dims.length === 0) return loss(masked);
  return matryoshka(b, { definition, inputs: masked }, { dims, weights }, loss);
}

/**
 * The inputs with what guide and in-batch off remove added to the mask, so that an objective of one direction has to know of the mask
 * alone.
 */
function withModifierMasks(b: GraphBuilder, inputs: Inputs, options: OptionValues): Inputs {
  const { guideAnchors, guidePositives, guideNegatives, guideQueue, ...rest } = inputs;
  const given = rest.mask === undefined ? undefined : truth(b, rest.mask);
  const base = either(b, given, options.inBatch === false ? otherRows(b, rest) : undefined);
  if (guideAnchors === undefined || guidePositives === undefined) return { ...rest, mask: base };
  const guide: GuideVectors = {
    anchors: guideAnchors,
    positives: guidePositives,
    negatives: guideNegatives,
    queue: guideQueue,
  };
  const limit = guideLimit(b, guide, options.guideMargin as number | `${string}%`);
  return {
    ...rest,
    mask: either(b, base, guideMask(b, guide, limit)),
    guided: guidedDirections(b, guide, { limit, base }),
  };
}

/** True at the candidates that other rows brought. */
function otherRows(b: GraphBuilder, inputs: Inputs): Value {
  if (inputs.queue !== undefined)
    throw usageError(
      "queue-without-batch",
      "--queue adds candidates of other rows, which --no-in-batch leaves out",
      "give one of the two",
    );
  return ops.not(b, sameRow(b, inputs as PairInputs));
}
