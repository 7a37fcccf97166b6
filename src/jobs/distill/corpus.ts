import { loadDataset } from "../../dataset/load-dataset.js";
import type { ReaderOptions } from "../../dataset/readers/record-source.js";
import { plainForm } from "../../dataset/texts/text-hash.js";
import { openSourceTexts } from "../../embeddings/source-texts.js";
import { counted } from "../../errors/counted.js";
import { throwIfInterrupted } from "../../errors/interrupted.js";
import { UserError } from "../../errors/user-error.js";
import { writeFileAtomic } from "../../files/files.js";
import { corpusLine } from "./corpus-file.js";

interface CorpusSources {
  readonly data: readonly string[];
  /** The column of the texts, and how the files are read, where the evidence is not to decide. */
  readonly column?: string | undefined;
  readonly reader?: ReaderOptions | undefined;
  /** Texts that may not be in the corpus, in their plain form. */
  readonly excluded: ReadonlySet<string>;
  readonly signal?: AbortSignal | undefined;
}

/** What became of the texts that were read. */
export interface CorpusCount {
  readonly texts: number;
  readonly repeated: number;
  readonly excluded: number;
  readonly empty: number;
  /** Texts made of them, beside them. */
  readonly exchanged?: number | undefined;
}

/**
 * Writes the distinct texts of the files, a JSON line each, without those that are excluded,
 * letter case and punctuation ignored. UserErrors: as `openSourceTexts`; few-texts for fewer than 100.
 */
export async function writeCorpus(path: string, sources: CorpusSources): Promise<CorpusCount> {
  const seen = new Set<string>();
  const count = { texts: 0, repeated: 0, excluded: 0, empty: 0 };
  await writeFileAtomic(path, async (append) => {
    for (const file of sources.data) {
      const texts = await openSourceTexts(file, sources);
      for await (const { text } of texts.rows()) {
        throwIfInterrupted(sources.signal);
        if (text.trim() === "") count.empty++;
        else if (seen.has(text)) count.repeated++;
        else if (sources.excluded.has(plainForm(text))) count.excluded++;
        else {
          seen.add(text);
          count.texts++;
          await append(corpusLine(text));
        }
      }
    }
  });
  if (count.texts >= LEAST) return count;
  throw new UserError(
    "few-texts",
    `the corpus has ${counted(count.texts, "text")}, expected at least ${LEAST}`,
    {
      hint: "a student learns from thousands of texts: give more files",
    },
  );
}

const LEAST = 100;

/** The plain form of every text of files of any kind of rows. UserErrors of `loadDataset`. */
export async function plainTexts(files: readonly string[]): Promise<Set<string>> {
  const plain = new Set<string>();
  for (const file of files)
    for (const text of textsOf((await loadDataset(file)).rows)) plain.add(plainForm(text));
  return plain;
}

/** Every string of the rows that is a text: labels and ids do no harm among them. */
function textsOf(rows: readonly object[]): string[] {
  return rows.flatMap((row) =>
    Object.values(row).flatMap((value) =>
      typeof value === "string"
        ? [value]
        : Array.isArray(value)
          ? value.filter((item): item is string => typeof item === "string")
          : [],
    ),
  );
}
