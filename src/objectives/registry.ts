import type { RowKind } from "../dataset/rows/row-kinds.js";
import { conversionTo } from "../dataset/rows/row-kinds.js";
import { named } from "../errors/named.js";
import { alignUniform } from "./align-uniform.js";
import { angle } from "./angle.js";
import { contrastive } from "./contrastive.js";
import { cosent } from "./cosent.js";
import { cosineMse } from "./cosine-mse.js";
import { dcl } from "./dcl.js";
import { debiased } from "./debiased.js";
import type { ObjectiveDefinition } from "./definition.js";
import { distillCosine } from "./distill-cosine.js";
import { distillMse } from "./distill-mse.js";
import { hardReweighted } from "./hard-reweighted.js";
import { infonce } from "./infonce.js";
import { liftedStructured } from "./lifted-structured.js";
import { marginMse } from "./margin-mse.js";
import { nPair } from "./n-pair.js";
import { nce } from "./nce.js";
import { neg } from "./neg.js";
import { ntXent } from "./nt-xent.js";
import { onlineContrastive } from "./online-contrastive.js";
import { sigmoid } from "./sigmoid.js";
import { softNearestNeighbors } from "./soft-nearest-neighbors.js";
import { softmax } from "./softmax.js";
import { supcon } from "./supcon.js";
import { triplet } from "./triplet.js";

/** All objectives: the nine of the tutorial in its order, then the others. One line each. */
export const objectives: readonly ObjectiveDefinition[] = [
  contrastive,
  triplet,
  nPair,
  nce,
  neg,
  infonce,
  ntXent,
  softNearestNeighbors,
  liftedStructured,
  supcon,
  cosent,
  angle,
  cosineMse,
  onlineContrastive,
  softmax,
  dcl,
  debiased,
  hardReweighted,
  sigmoid,
  alignUniform,
  distillMse,
  distillCosine,
  marginMse,
];

/** The objective of that name. Throws a UserError (exit code 2) with the nearest name when there is none. */
export function objectiveNamed(name: string): ObjectiveDefinition {
  return named("objective", name, objectives);
}

/** The objectives that take rows of this kind, as they are or converted. */
export function objectivesFor(kind: RowKind): readonly ObjectiveDefinition[] {
  return objectives.filter(
    ({ rows }) => rows.includes(kind) || conversionTo(rows, kind) !== undefined,
  );
}
