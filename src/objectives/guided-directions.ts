import type { Value } from "../graph/ir.js";

/**
 * What a guide removes where positives look for their anchors, or texts of one side for each other. A direction has a test of its own:
 * the mask of anchors and candidates says nothing about it. Row i is judged by its own pair's similarity, cos(ga_i, gp_i).
 */
export interface GuidedDirections {
  /** What is removed for another reason than the guide's: shared texts, groups, in-batch off [B,N]; absent: nothing. */
  readonly base: Value | undefined;
  /** a_j removed for p_i [B,B]. */
  readonly anchorsOfPositives: Value;
  /** a_j removed for a_i [B,B]. */
  readonly anchorsOfAnchors: Value;
  /** p_j removed for p_i [B,B]. */
  readonly positivesOfPositives: Value;
  /** Explicit negatives removed for p_i [B,B·K]; absent without any. */
  readonly negativesOfPositives: Value | undefined;
}
