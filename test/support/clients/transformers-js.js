// An unmodified transformers.js, and nothing of embtune: prints the vectors of texts as JSON.
//     node transformers-js.js '{"folder", "texts", "pooling", "normalize", "dtype"}'
import { basename, dirname } from "node:path";
import { env, pipeline } from "@xenova/transformers";

const { folder, texts, pooling, normalize, dtype } = JSON.parse(process.argv[2]);
env.allowRemoteModels = false;
env.localModelPath = dirname(folder);
const extract = await pipeline("feature-extraction", basename(folder), { dtype });
const vectors = await extract(texts, { pooling, normalize });
process.stdout.write(JSON.stringify(vectors.tolist()));
