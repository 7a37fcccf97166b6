import { suggestion } from "../../errors/suggest.js";
import { usageError } from "../../errors/user-error.js";

/** What an augmentation changes: the text, the tokens on their way into the encoder, the encoder itself, or the vector that comes out. */
export type AugmentationLevel = "text" | "token" | "encoder" | "vector";

interface Definition {
  readonly level: AugmentationLevel;
  /** What the strength is, for messages. */
  readonly strength: string;
  readonly most: number;
}

const share = { most: 0.9 } as const;

/**
 * Ways to make another view of a text. Deletion and crop: Wu 2020 (CLEAR), Gao 2021 (SimCSE, table 1). Repetition: Wu 2022 (ESimCSE). Token
 * and feature cutoff: Yan 2021 (ConSERT, section 3.3). Dropout: Gao 2021. Mixup of embeddings: Zhang 2018 (mixup), between rows of a batch.
 */
const definitions = {
  deletion: { level: "text", strength: "share of the words that are left out", ...share },
  crop: { level: "text", strength: "share of the words that is cut off", ...share },
  repetition: {
    level: "text",
    strength: "share of the words that are said twice, at most",
    ...share,
  },
  "token-cutoff": { level: "token", strength: "share of the tokens that are left out", ...share },
  dropout: { level: "encoder", strength: "probability of dropout", ...share },
  "feature-cutoff": { level: "vector", strength: "share of the features that become 0", ...share },
  noise: { level: "vector", strength: "length of the noise, in lengths of the vector", most: 10 },
  mixup: { level: "vector", strength: "largest share of another row's vector", ...share },
} as const satisfies Readonly<Record<string, Definition>>;

export type AugmentationName = keyof typeof definitions;

/** One augmentation and how strong it is. */
export interface Augmentation {
  readonly name: AugmentationName;
  readonly strength: number;
}

/** All names, in the order of the documentation. */
const augmentationNames = Object.keys(definitions) as AugmentationName[];

/** What the augmentation changes. */
export function levelOf(name: AugmentationName): AugmentationLevel {
  return definitions[name].level;
}

/** Reads `deletion:0.1,crop:0.1`. UserError (exit 2): unknown-augmentation, bad-augmentation. */
export function parseAugmentations(text: string): readonly Augmentation[] {
  const found = text.split(",").map((part) => {
    const [written = "", amount = ""] = part.split(":").map((piece) => piece.trim());
    const name = augmentationNames.find((known) => known === written);
    if (name === undefined) {
      throw usageError(
        "unknown-augmentation",
        `--augment has no "${written}"`,
        suggestion(written, augmentationNames),
      );
    }
    const strength = amount === "" ? Number.NaN : Number(amount);
    const { most, strength: what } = definitions[name];
    if (!(strength > 0 && strength <= most) || part.split(":").length !== 2) {
      throw usageError(
        "bad-augmentation",
        `--augment ${name} needs a number above 0 and at most ${most} (${what}), got "${part.trim()}"`,
        `for example --augment ${name}:0.1`,
      );
    }
    return { name, strength };
  });
  const twice = found.find(({ name }, i) => found.findIndex((one) => one.name === name) < i);
  if (twice === undefined) return found;
  throw usageError("bad-augmentation", `--augment names ${twice.name} twice`, "give each once");
}
