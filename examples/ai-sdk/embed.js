// Vercel AI SDK 7: npm install ai embtune
// node embed.js [MODEL]
import { cosineSimilarity, embed, embedMany } from "ai";
import { embeddingModel } from "embtune/ai";

const model = embeddingModel(process.argv[2]);
const documents = ["Click on forgot password.", "We ship within two days.", "Bananas are yellow."];

const { embeddings, usage } = await embedMany({ model, values: documents });
const { embedding } = await embed({ model, value: "I cannot log in" });

const scores = embeddings.map((vector) => cosineSimilarity(embedding, vector));
const best = scores.indexOf(Math.max(...scores));
console.log(JSON.stringify({ best: documents[best], scores, tokens: usage.tokens, embedding }));

await model.release();
