import { CARRIERS } from "../../distillation/student-weights.js";
import { usageError } from "../../errors/user-error.js";
import type { DistillContext } from "./context.js";

/**
 * Refuses a width that the teacher's vectors cannot fill, and a layer between equal widths. Usage errors project-wider, student-wider,
 * option-without-effect.
 */
export function requireWidths(
  {
    hidden,
    init,
    project,
    static: table,
  }: Pick<DistillContext["options"], "hidden" | "init" | "project" | "static">,
  dimension: number,
): void {
  if (!table && project === "pca" && dimension < hidden)
    throw usageError(
      "project-wider",
      `the student is wider (${hidden}) than its teacher (${dimension}), and pca makes vectors narrower only`,
      `use --hidden ${dimension}, or --project linear`,
    );
  const tokens = table ? hidden : init === "tokens" ? hidden - CARRIERS : 0;
  if (tokens > dimension)
    throw usageError(
      "student-wider",
      `the teacher's vectors have ${dimension} numbers, and tokens of the student ${tokens}`,
      table ? "use a smaller --hidden" : "use --init random, or a smaller --hidden",
    );
  if (!table && project === "linear" && dimension === hidden)
    throw usageError(
      "option-without-effect",
      `--project linear has no effect: the vectors of teacher and student both have ${hidden} numbers`,
      "leave it out",
    );
}
