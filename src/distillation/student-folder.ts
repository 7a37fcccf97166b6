import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeFolderAtomic } from "../files/files.js";
import { writeJson } from "../files/json-file.js";
import { writeTensors } from "../files/tensor-file.js";
import { float32, type Matrix, type Tensor } from "../math/tensor.js";

interface StudentFolder {
  readonly config: Readonly<Record<string, unknown>>;
  /** Tokenizer files by name. */
  readonly tokenizer: Readonly<Record<string, object>>;
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly hidden: number;
  readonly maxLength: number;
  /** Weights [D, hidden] of a layer to the teacher's width. */
  readonly dense?: Matrix | undefined;
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
    const kinds = ["Transformer", "Pooling", ...(student.dense ? ["Dense"] : []), "Normalize"];
    const modules = kinds.map((kind, idx) => ({
      ...{ idx, name: String(idx), path: idx === 0 ? "" : `${idx}_${kind}` },
      type: `sentence_transformers.models.${kind}`,
    }));
    await writeJson(join(folder, "modules.json"), modules);
    for (const { path } of modules.slice(1)) await mkdir(join(folder, path));
    await writeJson(join(folder, "1_Pooling", "config.json"), {
      word_embedding_dimension: student.hidden,
      pooling_mode_mean_tokens: true,
    });
    if (student.dense) await writeDense(join(folder, "2_Dense"), student.dense);
  });
}

async function writeDense(folder: string, { rows, cols, data }: Matrix): Promise<void> {
  await writeJson(join(folder, "config.json"), {
    ...{ in_features: cols, out_features: rows, bias: false },
    activation_function: "torch.nn.modules.linear.Identity",
  });
  const weight = float32([rows, cols], data);
  await writeTensors(join(folder, "model.safetensors"), new Map([["linear.weight", weight]]));
}
