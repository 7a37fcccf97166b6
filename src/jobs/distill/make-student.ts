import type { Encoder } from "../../encoder/encoder.js";
import { internal } from "../../errors/internal.js";
import { usageError } from "../../errors/user-error.js";
import type { DistillContext } from "./context.js";
import { studentOfLayers } from "./student-of-layers.js";
import { studentOfTokens } from "./student-of-tokens.js";
import { requireWidths } from "./widths.js";

/** Writes the student as it begins, and returns how many numbers it has. UserErrors: as `requireWidths`, and of what a start needs of its teacher. */
export async function makeStudent(context: DistillContext, teacher: Encoder): Promise<number> {
  const { init } = context.options;
  requireWidths(context.options, teacher.info.dimension);
  const layers = layersOf(init);
  if (layers !== undefined) return studentOfLayers(context, layers, teacher);
  if (init === "tokens" || init === "random") return studentOfTokens(context, teacher);
  return internal(`--init ${init} was not refused`);
}

/** Refuses, before any work, a start or sizes that no student can have. Usage errors bad-init, bad-heads. */
export function requireShape({
  init,
  hidden,
  heads,
  static: table,
}: Pick<DistillContext["options"], "init" | "hidden" | "heads" | "static">): void {
  if (layersOf(init) === undefined && init !== "tokens" && init !== "random")
    throw usageError(
      "bad-init",
      `--init must be tokens, random or layers:0,2,4, got "${init}"`,
      "layers:… takes layers of a BERT-type teacher, counted from 0",
    );
  if (table || layersOf(init) !== undefined || hidden % heads === 0) return;
  throw usageError(
    "bad-heads",
    `--hidden ${hidden} cannot be divided among ${heads} heads`,
    "choose --heads that divides --hidden",
  );
}

/** The layers that `layers:0,2,4` names; undefined for another start. */
function layersOf(init: string): readonly number[] | undefined {
  return /^layers:(\d+(?:,\d+)*)$/.exec(init)?.[1].split(",").map(Number);
}
