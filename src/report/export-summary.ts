import { counted } from "../errors/counted.js";
import type { ExportReport } from "../export/export-report.js";
import type { PrecisionLoss } from "../export/precision/precision-loss.js";
import type { Recipe } from "../export/torch/recipe.js";
import { times100 } from "./scores.js";
import { formatTable } from "./table.js";

/** What an export wrote, what fp16 or q8 cost, and how the folder compares with embtune's own vectors. */
export function formatExport(report: ExportReport): string {
  const { folder, format, dimension, matryoshka, onnx, loss, verification } = report;
  const cut = matryoshka.length === 0 ? "" : `, may be cut to ${matryoshka.join(", ")}`;
  const files = onnx.length === 0 ? "" : `, ${onnx.join(", ")}`;
  const lines = [`${folder}: ${format}, ${dimension} dimensions${cut}${files}`];
  if (loss.length > 0) lines.push(lossTable(loss));
  if (verification !== undefined) {
    const { texts, largestDifference, tolerance, passed, cut, zero } = verification;
    const verdict = passed ? "within" : "above";
    lines.push(
      `verified on ${counted(texts, "text")}: largest difference ${largestDifference.toExponential(2)}, ${verdict} ${tolerance}`,
    );
    if (cut.texts > 0) {
      lines.push(
        `${counted(cut.texts, "more was", "more were")} cut to the maximum length, and transformers.js cuts the closing token too: difference ${cut.largestDifference.toExponential(2)}`,
      );
    }
    if (zero > 0) lines.push(zeroNote(zero));
  }
  return lines.join("\n");
}

/** What a recipe holds, and how it is run. */
export function formatRecipe({ folder, objective, texts, steps }: Recipe): string {
  return `${folder}: train.py, ${counted(steps, "step")} of ${objective} on ${counted(texts, "text")}\nrun it: torchrun --nproc-per-node 2 ${folder}/train.py`;
}

function zeroNote(texts: number): string {
  const who = counted(texts, "text has", "texts have");
  return `${who} the vector 0, having no token that the model knows: transformers.js makes NaN of it with normalize: true`;
}

function lossTable(losses: readonly PrecisionLoss[]): string {
  const right = "right" as const;
  const scored = losses[0]?.metric;
  const columns = [
    { title: "dtype" },
    ...["texts", "mean cosine", "smallest", "largest difference"].map((title) => ({
      title,
      align: right,
    })),
    ...(scored === undefined
      ? []
      : [
          { title: `${scored.key} fp32`, align: right },
          { title: "dtype's", align: right },
        ]),
  ];
  const rows = losses.map(({ dtype, texts, meanCosine, smallestCosine, ...rest }) => [
    dtype,
    String(texts),
    meanCosine.toFixed(6),
    smallestCosine.toFixed(6),
    rest.largestDifference.toExponential(2),
    ...(rest.metric === undefined ? [] : [times100(rest.metric.fp32), times100(rest.metric.value)]),
  ]);
  return formatTable(columns, rows);
}
