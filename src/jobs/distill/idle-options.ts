import { usageError } from "../../errors/user-error.js";
import type { lessonOptions, studentOptions } from "../options/distill.js";

type Name = keyof typeof studentOptions | keyof typeof lessonOptions;

/** What a table of tokens has no use for: it has no layers and is not trained. */
const WITHOUT_LAYERS: readonly Name[] = [
  ...(["layers", "heads", "intermediate", "init", "project", "mse", "gram", "matryoshka"] as const),
  ...(["epochs", "steps", "minutes", "batchSize", "lr", "evalEvery"] as const),
  ...(["average", "interpolate"] as const),
];

/** What the teacher's layers say themselves. */
const OF_TEACHER: readonly Name[] = ["layers", "heads", "intermediate"];

type Given = { readonly [K in Name]?: unknown };

/** Refuses what was given and would change nothing, or twice. Usage errors option-without-effect, two-lengths, vocabulary-of-layers. */
export function refuseIdle(given: Given): void {
  const refuse = (names: readonly Name[], why: string, hint: string): void => {
    const idle = names.filter((name) => given[name] !== undefined && given[name] !== false);
    if (idle.length > 0)
      throw usageError("option-without-effect", `${idle.map(flag).join(", ")} ${why}`, hint);
  };
  if (given.static === true)
    refuse(
      WITHOUT_LAYERS,
      "without effect: a static table has no layers and is not trained",
      "tune it afterwards: embtune train FILE --model OUT/static --tune full",
    );
  if (String(given.init).startsWith("layers:")) {
    refuse(OF_TEACHER, "without effect: --init layers:… takes the teacher's sizes", "leave it out");
    if (given.vocabulary === "corpus")
      throw usageError(
        "vocabulary-of-layers",
        "--init layers:… begins with the teacher's tokens, not with --vocabulary corpus",
        "leave --vocabulary out, or use --init tokens",
      );
  }
  const lengths = (["minutes", "steps", "epochs"] as const).filter(
    (name) => given[name] !== undefined,
  );
  if (lengths.length > 1)
    throw usageError(
      "two-lengths",
      `${lengths.map(flag).join(" and ")} say how long the training is`,
      "give one",
    );
}

const flag = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
