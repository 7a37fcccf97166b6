// An unmodified transformers.js, and nothing of embtune: prints the vectors of texts as JSON, a matrix a request.
//     node transformers-js.js '{"texts", "requests": [{"folder", "pooling", "normalize", "dtype"}]}'
import { basename, dirname } from "node:path";
import { env, pipeline } from "@xenova/transformers";

const { texts, requests } = JSON.parse(process.argv[2]);
env.allowRemoteModels = false;
const matrices = [];
for (const { folder, pooling, normalize, dtype } of requests) {
  env.localModelPath = dirname(folder);
  const extract = await pipeline("feature-extraction", basename(folder), { dtype });
  matrices.push((await extract(texts, { pooling, normalize })).tolist());
  await extract.dispose();
}
process.stdout.write(JSON.stringify(matrices));
