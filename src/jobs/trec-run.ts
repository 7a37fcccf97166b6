import type { Evaluation } from "../evaluation/metric.js";
import { writeFileAtomic } from "../files/files.js";

/** Writes what each query found in the format of trec_eval: `query Q0 document rank score tag`, the tag being the model's name without spaces. */
export async function writeTrecRun(
  path: string,
  model: string,
  { details }: Evaluation,
): Promise<void> {
  const tag = model.replace(/\s+/g, "-");
  const ids = details?.ids ?? [];
  const lines = ids.flatMap((query, i) =>
    (details?.ranked?.[i] ?? []).map(
      ({ id, score }, rank) => `${query} Q0 ${id} ${rank + 1} ${score} ${tag}`,
    ),
  );
  await writeFileAtomic(path, `${lines.join("\n")}\n`);
}
