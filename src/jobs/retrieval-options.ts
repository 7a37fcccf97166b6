import type { RetrievalPaths } from "../dataset/retrieval/load-retrieval.js";
import { usageError } from "../errors/user-error.js";
import { kebabCase } from "../options/option.js";
import type { EvaluateOptions } from "./evaluate-options.js";

/** Options that say how rows are to be read or learnt from, which retrieval has no use for. */
const ofRows = ["train", "columns", "labelMap", "scoreRange"] as const;

const usage = "embtune evaluate QUERIES --task retrieval --corpus FILE --qrels FILE";

/** Corpus and qrels of the task retrieval. Usage errors: missing-files, and option-without-effect for what the task has no use for. */
export function retrievalFiles(options: EvaluateOptions): Omit<RetrievalPaths, "queries"> {
  const { corpus, qrels, reader, excludeSelf } = options;
  const useless = ofRows.find((name) => options[name] !== undefined);
  if (useless !== undefined) {
    throw usageError(
      "option-without-effect",
      `--${kebabCase(useless)} has no meaning with --task retrieval`,
      "leave it out",
    );
  }
  if (corpus === undefined || qrels === undefined) {
    throw usageError(
      "missing-files",
      "--task retrieval needs documents and judgments beside the queries, or one JSON file {queries, corpus, relevant_docs}",
      usage,
    );
  }
  return { corpus, qrels, reader, excludeSelf };
}

/** Refuses the files of retrieval for another task. Usage error: option-without-effect. */
export function refuseRetrievalFiles(options: EvaluateOptions): void {
  const useless = (["corpus", "qrels", "excludeSelf"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (useless === undefined) return;
  throw usageError(
    "option-without-effect",
    `--${kebabCase(useless)} has no meaning without --task retrieval`,
    usage,
  );
}
