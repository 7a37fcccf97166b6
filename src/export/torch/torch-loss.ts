import { usageError } from "../../errors/user-error.js";
import type { ConfiguredObjective } from "../../objectives/loss.js";
import type { OptionValues } from "../../options/option.js";

/** An objective as a loss of sentence-transformers. */
export interface TorchLoss {
  /** Python: makes the loss of `model`; `util`, `losses`, `F` and `WithoutRemoved` are at hand. */
  readonly expression: string;
  /** What its value is multiplied by to be embtune's. */
  readonly factor: number;
  /**
   * Which texts that the batch's mask removes it can leave out: all; none; or none, where only a row's own negatives take part (`own`), so that those
   * of other rows do not matter.
   */
  readonly masks: "all" | "none" | "own";
  /** Explicit negatives that a row may have; absent: any number. */
  readonly mostNegatives?: number | undefined;
}

type Translate = (options: OptionValues) => TorchLoss;

/** The objectives that sentence-transformers has with the same formula. */
const translations: Readonly<Record<string, Translate>> = {
  infonce: ranking,
  cosent: ({ scale }) => rowLoss(`losses.CoSENTLoss(model, scale=${number(scale)})`),
  angle: ({ scale }) => rowLoss(`losses.AnglELoss(model, scale=${number(scale)})`),
  "cosine-mse": () => rowLoss("losses.CosineSimilarityLoss(model)"),
  contrastive: (options) => ({
    ...rowLoss(`losses.ContrastiveLoss(model, ${distanceAndMargin(options)})`),
    // Theirs has the halves of the paper.
    factor: 2,
  }),
  "online-contrastive": (options) =>
    rowLoss(`losses.OnlineContrastiveLoss(model, ${distanceAndMargin(options)})`),
  triplet: (options) => {
    if (options.mining !== "explicit") throw untold("triplet", `--mining ${options.mining}`);
    const { distance, margin } = distanceOf(options);
    return {
      ...rowLoss(
        `losses.TripletLoss(model, distance_metric=${distance}, triplet_margin=${margin})`,
      ),
      mostNegatives: 1,
    };
  },
  "margin-mse": ({ similarity }) =>
    rowLoss(
      `losses.MarginMSELoss(model, similarity_fct=util.${similarity === "dot" ? "pairwise_dot_score" : "pairwise_cos_sim"})`,
    ),
};

/**
 * The loss of sentence-transformers that has the objective's formula with these options. Usage error `no-torch-loss` with the name of the objective
 * or option for which it has none.
 */
export function torchLoss({ definition, options }: ConfiguredObjective): TorchLoss {
  const translate = translations[definition.name];
  if (translate === undefined) {
    throw usageError(
      "no-torch-loss",
      `--recipe torch writes no ${definition.name}: sentence-transformers has no loss of the same formula`,
      `objectives that it has: ${Object.keys(translations).join(", ")}`,
    );
  }
  if (options.inBatch === false) throw untold(definition.name, "--no-in-batch");
  if (Number(options.queue ?? 0) > 0) throw untold(definition.name, "--queue");
  return translate(options);
}

/** A loss in which no row's texts meet another's. */
function rowLoss(expression: string): TorchLoss {
  return { expression, factor: 1, masks: "own" };
}

const DIRECTIONS = {
  qd: "query_to_doc",
  dq: "doc_to_query",
  qq: "query_to_query",
  dd: "doc_to_doc",
} as const;

const HARDNESS = {
  explicit: "hard_negatives",
  "in-batch": "in_batch_negatives",
  all: "all_negatives",
} as const;

function ranking(options: OptionValues): TorchLoss {
  const { similarity, temperature, hardNegativeWeight, hardness, hardnessOn } = options;
  if (Number(hardNegativeWeight) !== 1) throw untold("infonce", "--hard-negative-weight");
  const { symmetric } = options;
  const directions = symmetric === true ? "qd+dq" : String(options.directions);
  const partition = symmetric === true ? "per-direction" : String(options.partition);
  if (partition === "per-text") throw untold("infonce", "--partition per-text");
  const weighs = Number(hardness) > 0;
  if (weighs && (directions !== "qd" || similarity === "dot"))
    throw untold("infonce", "--hardness with --directions or --similarity dot");
  const names = directions.split("+") as (keyof typeof DIRECTIONS)[];
  const compare = similarity === "dot" ? "util.dot_score" : "util.cos_sim";
  const parts = [
    `scale=1 / ${number(temperature)}`,
    `similarity_fct=WithoutRemoved(${compare})`,
    "gather_across_devices=True",
    `directions=(${names.map((name) => `"${DIRECTIONS[name]}",`).join(" ")})`,
    `partition_mode="${partition.replace("-", "_")}"`,
  ];
  if (weighs) {
    const mode = HARDNESS[hardnessOn as keyof typeof HARDNESS];
    parts.push(`hardness_mode="${mode}"`, `hardness_strength=${number(hardness)}`);
  }
  const indent = "\n        ";
  return {
    expression: `losses.MultipleNegativesRankingLoss(${indent}model,${indent}${parts.join(`,${indent}`)},\n    )`,
    factor: 1,
    masks: names.some((name) => name === "qq" || name === "dd") ? "none" : "all",
  };
}

function distanceAndMargin(options: OptionValues): string {
  const { distance, margin } = distanceOf(options);
  return `distance_metric=${distance}, margin=${margin}`;
}

/** Written out: torch's pairwise_distance adds 1e-6 to every difference. */
function distanceOf({ distance, normalize, margin }: OptionValues) {
  const difference =
    normalize === true ? "F.normalize(a, dim=-1) - F.normalize(b, dim=-1)" : "a - b";
  const formulas: Readonly<Record<string, string>> = {
    cosine: "1 - util.pairwise_cos_sim(a, b)",
    euclidean: `(${difference}).norm(dim=-1)`,
    "squared-euclidean": `(${difference}).pow(2).sum(-1)`,
  };
  return { distance: `lambda a, b: ${formulas[String(distance)]}`, margin: number(margin) };
}

/** A number as Python reads it. */
function number(value: unknown): string {
  return JSON.stringify(Number(value));
}

function untold(objective: string, option: string) {
  return usageError(
    "no-torch-loss",
    `--recipe torch cannot write ${objective} with ${option}, which sentence-transformers does not have`,
    "train without it, or with embtune",
  );
}
