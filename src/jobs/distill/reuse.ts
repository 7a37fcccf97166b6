import { existsSync } from "node:fs";
import { copyFile, link } from "node:fs/promises";
import { manifestPath } from "../../embeddings/manifest.js";
import { UserError } from "../../errors/user-error.js";
import { type DistillContext, distillPaths } from "./context.js";
import type { CorpusCount } from "./corpus.js";
import { isEmpty, readState } from "./state.js";

/** What corpus and teacher's vectors follow from. */
const SAME = ["data", "column", "eval", "exclude", "teacher", "exchange", "reader"] as const;

/**
 * Takes corpus and teacher's vectors from the folder of an earlier distillation, as links where the disk has them. UserErrors:
 * nothing-to-reuse where they are not complete there, other-corpus where its texts or teacher were others.
 */
export async function takeCorpus({ options }: DistillContext, from: string): Promise<CorpusCount> {
  const [theirs, ours] = [distillPaths(from), distillPaths(options.out)];
  if (!existsSync(theirs.state) || !existsSync(theirs.teacher))
    throw new UserError("nothing-to-reuse", `"${from}" has no teacher's vectors of a corpus`, {
      hint: "give the --out of a distillation that has come to its training",
    });
  const { options: before, corpus } = readState(theirs.state);
  if (corpus === undefined)
    throw new UserError("nothing-to-reuse", `"${from}" has no whole corpus`, {
      hint: "end that distillation first, or leave --reuse out",
    });
  const same = options.exchange === undefined ? SAME : [...SAME, "seed" as const];
  const changed = same.filter((name) => written(options[name]) !== written(before[name]));
  if (changed.length > 0)
    throw new UserError(
      "other-corpus",
      `"${from}" was made with another ${changed.map(named).join(", ")}`,
      {
        hint: "give the same, or leave --reuse out",
      },
    );
  for (const [source, target] of [
    [theirs.corpus, ours.corpus],
    [theirs.teacher, ours.teacher],
    [manifestPath(theirs.teacher), manifestPath(ours.teacher)],
  ])
    await link(source, target).catch(() => copyFile(source, target));
  return corpus;
}

/** As JSON; of an option that says nothing nothing. */
function written(value: unknown): string | undefined {
  return isEmpty(value) ? undefined : JSON.stringify(value);
}

const named = (option: string): string =>
  option === "reader" ? "way of reading the files" : option;
