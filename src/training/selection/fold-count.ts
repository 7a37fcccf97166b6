import { usageError } from "../../errors/user-error.js";
import { runRows } from "../options/run-rows.js";
import type { TrainSettings } from "../options/settings.js";
import type { ReadRows } from "./chosen-evaluation.js";

/** What `auto` divides rows into. */
const FOLDS = 5;

/** In each fold on average; fewer give no figure. */
const LEAST_IN_FOLD = 10;

/** Above this, a tenth of the rows chooses about as well (bench/README.md, "One held-out part or five folds"). */
const MOST_ROWS = 2000;

/**
 * How many folds choose what goes out; 0 where one part is held out. `auto`: 5 for a head on few classed texts. Usage error
 * option-without-effect for folds that were asked for where nothing could be chosen by them.
 */
export function foldCount(
  settings: TrainSettings,
  files: readonly ReadRows[],
  { compared = false }: { readonly compared?: boolean | undefined },
): number {
  const { folds } = settings;
  if (folds === "off") return 0;
  const why = hindrance(settings, files, compared);
  if (folds === "auto") return why === undefined && areFew(files) ? FOLDS : 0;
  if (why === undefined) return folds;
  throw usageError(
    "option-without-effect",
    `--folds ${folds} has no meaning here: ${why}`,
    "leave it out",
  );
}

function areFew(files: readonly ReadRows[]): boolean {
  const { kind, rows } = files[0].natural.dataset;
  return kind === "classed" && rows.length >= FOLDS * LEAST_IN_FOLD && rows.length <= MOST_ROWS;
}

/** Why rows cannot be folded, or why nothing would come of it. */
function hindrance(
  settings: TrainSettings,
  files: readonly ReadRows[],
  compared: boolean,
): string | undefined {
  const { tune, interpolate, patience, holdOutShare } = settings;
  if (compared) return "runs are compared on one held-out part";
  if (settings.eval !== undefined) return "--eval names what selects";
  if (tune !== "head") return `only heads are trained several times, and --tune is ${tune}`;
  if (interpolate !== "auto")
    return `folds choose the point that goes out, and --interpolate is ${interpolate}`;
  if (patience !== undefined) return "--patience watches one held-out part";
  if (holdOutShare !== runRows.holdOutShare.default)
    return `--hold-out-share ${holdOutShare} holds one part out`;
  if (files.length > 1) return "there are several training files";
  if (files.some(({ views }) => views))
    return "single texts have no answer that they could be measured by";
  return undefined;
}
