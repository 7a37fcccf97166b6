// An unmodified fastembed, and nothing of embtune, whose native library must not share a process with fastembed's own: prints the
// vectors of texts as JSON.
//     node fastembed.js '{"folder", "texts"}'
import { EmbeddingModel, FlagEmbedding } from "fastembed";

const { folder, texts } = JSON.parse(process.argv[2]);
const model = await FlagEmbedding.init({
  model: EmbeddingModel.CUSTOM,
  modelAbsoluteDirPath: folder,
  modelName: "onnx/model.onnx",
});
const vectors = [];
for await (const batch of model.embed(texts)) vectors.push(...batch.map((vector) => [...vector]));
process.stdout.write(JSON.stringify(vectors));
