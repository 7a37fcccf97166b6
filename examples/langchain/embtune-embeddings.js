// LangChain.js: npm install @langchain/core embtune
import { Embeddings } from "@langchain/core/embeddings";
import { loadModel } from "embtune";

/** Embeddings of LangChain by a model of embtune; documents and queries get the model's prompts of their use. */
export class EmbtuneEmbeddings extends Embeddings {
  #opened;
  #model;
  #options;

  /** `model`: a model folder, run folder or hub id; default: the bundled encoder. Other fields are those of `loadModel` and of LangChain. */
  constructor({ model, threads, ...params } = {}) {
    super(params);
    this.#model = model;
    this.#options = { threads };
  }

  async embedDocuments(texts) {
    return this.#encode(texts, ["document", "passage", "corpus"]);
  }

  async embedQuery(text) {
    const [vector] = await this.#encode([text], ["query"]);
    return vector;
  }

  /** Ends the model's runtime. */
  async release() {
    await (await this.#opened)?.release();
  }

  async #encode(texts, names) {
    this.#opened ??= loadModel(this.#model, this.#options);
    const model = await this.#opened;
    const { prompts } = model.info;
    const prompt = names.map((name) => prompts[name]).find((one) => one !== undefined);
    const { data, cols } = await model.encode(texts, { prompt });
    return texts.map((_, i) => Array.from(data.subarray(i * cols, (i + 1) * cols)));
  }
}
