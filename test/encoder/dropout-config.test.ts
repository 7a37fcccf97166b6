import { describe, expect, it } from "vitest";
import { configuredDropout, uniformDropout } from "../../src/encoder/dropout-config.js";

describe("dropout rates of config.json", () => {
  it("are BERT's at all four places", () => {
    const config = { hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.2 };
    expect(configuredDropout({ model_type: "bert", ...config })).toEqual({
      embeddings: 0.1,
      attention: 0.2,
      attentionOutput: 0.1,
      feedForward: 0.1,
    });
  });

  it("are DistilBERT's under its own names, with none behind attention", () => {
    const config = { model_type: "distilbert", dropout: 0.1, attention_dropout: 0.05 };
    expect(configuredDropout(config)).toEqual({
      ...uniformDropout(0.1),
      attention: 0.05,
      attentionOutput: 0,
    });
  });

  it("are none behind ALBERT's feed-forward part, and none where nothing is said", () => {
    const albert = configuredDropout({ model_type: "albert", hidden_dropout_prob: 0.3 });
    expect(albert).toMatchObject({ feedForward: 0, attentionOutput: 0.3, attention: 0 });
    expect(configuredDropout({})).toEqual(uniformDropout(0));
  });
});
