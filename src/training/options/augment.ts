import {
  type Augmentation,
  type AugmentationLevel,
  levelOf,
  parseAugmentations,
} from "../../dataset/augment/augmentation.js";
import { usageError } from "../../errors/user-error.js";
import type { OptionsOf } from "../../options/option.js";
import { dataRows } from "./data-rows.js";
import type { Tune } from "./tune.js";

/** The augmentations of a run by what they change. */
export interface Augmentations {
  readonly text: readonly Augmentation[];
  readonly token: readonly Augmentation[];
  readonly vector: readonly Augmentation[];
  /** Views that are made of each text; an epoch uses two. */
  readonly views: number;
}

/**
 * The augmentations that `--augment` names; undefined without it. Usage errors: unknown or badly written ones, what needs an encoder
 * that is trained (tokens, dropout) while it is frozen, and vectors' own while it is trained.
 */
export function augmentationsOf({
  augment,
  augmentViews,
  tune,
}: Pick<OptionsOf<typeof dataRows>, "augment" | "augmentViews"> & { readonly tune: Tune }):
  | Augmentations
  | undefined {
  if (augment === undefined) return undefined;
  const all = parseAugmentations(augment);
  const at = (level: AugmentationLevel): Augmentation[] =>
    all.filter(({ name }) => levelOf(name) === level);
  const frozen = tune === "head";
  const unfit = [...at("token"), ...at("encoder")][0];
  if (frozen && unfit !== undefined) {
    throw usageError(
      "frozen-encoder",
      `--augment ${unfit.name} needs an encoder that is trained, and --tune head keeps it frozen`,
      "add --tune full, --tune last:2 or --tune lora, or use deletion, crop, repetition, feature-cutoff, noise or mixup",
    );
  }
  const [vector] = at("vector");
  if (!frozen && vector !== undefined) {
    throw usageError(
      "trained-encoder",
      `--augment ${vector.name} changes the vectors of a frozen encoder, and --tune ${tune} trains it`,
      "use deletion, crop, repetition, token-cutoff or dropout, or --tune head",
    );
  }
  if (augmentViews !== dataRows.augmentViews.default && at("text").length === 0) {
    throw usageError(
      "option-without-effect",
      "--augment-views counts the views that deletion, crop and repetition make, and --augment names none of them",
      "leave it out",
    );
  }
  return { text: at("text"), token: at("token"), vector: at("vector"), views: augmentViews };
}

/** The probability that `dropout:p` among the augmentations asks for. */
export function augmentedDropout(augment: string | undefined): number | undefined {
  if (augment === undefined) return undefined;
  return parseAugmentations(augment).find(({ name }) => name === "dropout")?.strength;
}
