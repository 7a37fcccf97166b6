// An unmodified fastembed, and nothing of embtune, whose native library must not share a process with fastembed's own: prints the
// vectors of texts as JSON, a matrix a request.
//     node fastembed.js '{"texts", "requests": [{"folder"}]}'
import { EmbeddingModel, FlagEmbedding } from "fastembed";

const { texts, requests } = JSON.parse(process.argv[2]);
const matrices = [];
for (const { folder } of requests) {
  const model = await FlagEmbedding.init({
    model: EmbeddingModel.CUSTOM,
    modelAbsoluteDirPath: folder,
    modelName: "onnx/model.onnx",
  });
  const vectors = [];
  for await (const batch of model.embed(texts)) vectors.push(...batch.map((vector) => [...vector]));
  matrices.push(vectors);
}
process.stdout.write(JSON.stringify(matrices));
