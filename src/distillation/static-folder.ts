import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFolderAtomic } from "../files/files.js";
import { writeJson } from "../files/json-file.js";
import { writeTensors } from "../files/tensor-file.js";
import { float32, type Matrix } from "../math/tensor.js";

/**
 * Writes the table alone as a sentence-transformers folder with a StaticEmbedding, whose vectors are means of token rows of unit length, and
 * beside it what model2vec reads (model.safetensors with `embeddings`, config.json): both load it.
 */
export async function writeStaticFolder(
  target: string,
  table: Matrix,
  tokenizer: Readonly<Record<string, object>>,
): Promise<void> {
  await writeFolderAtomic(target, async (folder) => {
    const module = join(folder, "0_StaticEmbedding");
    await mkdir(module, { recursive: true });
    const tensor = float32([table.rows, table.cols], table.data);
    await writeTensors(join(module, "model.safetensors"), new Map([["embedding.weight", tensor]]));
    await writeTensors(join(folder, "model.safetensors"), new Map([["embeddings", tensor]]));
    for (const [name, content] of Object.entries(tokenizer)) {
      await writeJson(join(folder, name), content);
      if (name === "tokenizer.json") await writeJson(join(module, name), content);
    }
    await writeJson(join(folder, "config.json"), {
      model_type: "model2vec",
      architectures: ["StaticModel"],
      hidden_dim: table.cols,
      normalize: true,
    });
    await writeJson(join(folder, "modules.json"), [
      {
        ...{ idx: 0, name: "0", path: "0_StaticEmbedding" },
        type: "sentence_transformers.models.StaticEmbedding",
      },
      { idx: 1, name: "1", path: "1_Normalize", type: "sentence_transformers.models.Normalize" },
    ]);
    await mkdir(join(folder, "1_Normalize"));
    await writeFile(join(folder, "1_Normalize", "config.json"), "{}\n");
  });
}
