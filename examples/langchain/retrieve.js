// node retrieve.js [MODEL]: any vector store of LangChain takes EmbtuneEmbeddings; this one is of its core.
import { FakeVectorStore } from "@langchain/core/utils/testing";
import { EmbtuneEmbeddings } from "./embtune-embeddings.js";

const embeddings = new EmbtuneEmbeddings({ model: process.argv[2] });
const documents = ["Click on forgot password.", "We ship within two days.", "Bananas are yellow."];

const store = await FakeVectorStore.fromTexts(documents, [{}, {}, {}], embeddings);
const [best] = await store.similaritySearch("I cannot log in", 1);
const embedding = await embeddings.embedQuery("I cannot log in");
console.log(JSON.stringify({ best: best.pageContent, embedding }));

await embeddings.release();
