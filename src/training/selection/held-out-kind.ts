import type { HeldOutKind } from "../../dataset/hold-out-pairs.js";
import { evaluatorAsking } from "../../evaluation/beside.js";
import type { Evaluator } from "../../evaluation/metric.js";

/** What held-out pairs are, by what they ask of the model. */
const heldOutTexts: Readonly<Record<HeldOutKind, string>> = {
  queries: "new anchors over known positives",
  documents: "unseen texts",
};

/** An evaluator whose figures name the kind of what was held out. */
export function kindNamed(evaluator: Evaluator, kind: HeldOutKind | undefined): Evaluator {
  return kind === undefined ? evaluator : evaluatorAsking(evaluator, heldOutTexts[kind]);
}

/** `, new anchors over known positives`; nothing of rows that can be held out in one way only. */
export function kindText(kind: HeldOutKind | undefined): string {
  return kind === undefined ? "" : `, ${heldOutTexts[kind]}`;
}
