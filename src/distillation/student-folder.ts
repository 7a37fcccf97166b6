import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeFolderAtomic } from "../files/files.js";
import { writeJson } from "../files/json-file.js";
import { writeTensors } from "../files/tensor-file.js";
import type { Tensor } from "../math/tensor.js";

interface StudentFolder {
  readonly config: Readonly<Record<string, unknown>>;
  /** Tokenizer files by name. */
  readonly tokenizer: Readonly<Record<string, object>>;
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly hidden: number;
  readonly maxLength: number;
}

/** Writes the student as a sentence-transformers folder, whole or not at all: mean of the token vectors, of unit length. */
export async function writeStudentFolder(target: string, student: StudentFolder): Promise<void> {
  await writeFolderAtomic(target, async (folder) => {
    await writeTensors(join(folder, "model.safetensors"), student.weights);
    await writeJson(join(folder, "config.json"), student.config);
    for (const [name, content] of Object.entries(student.tokenizer))
      await writeJson(join(folder, name), content);
    await writeJson(join(folder, "sentence_bert_config.json"), {
      max_seq_length: student.maxLength,
      do_lower_case: false,
    });
    const module = (name: string, idx: number, path: string) => {
      return { idx, name: String(idx), path, type: `sentence_transformers.models.${name}` };
    };
    await writeJson(join(folder, "modules.json"), [
      module("Transformer", 0, ""),
      module("Pooling", 1, "1_Pooling"),
      module("Normalize", 2, "2_Normalize"),
    ]);
    await mkdir(join(folder, "1_Pooling"));
    await writeJson(join(folder, "1_Pooling", "config.json"), {
      word_embedding_dimension: student.hidden,
      pooling_mode_mean_tokens: true,
    });
    await mkdir(join(folder, "2_Normalize"));
  });
}
