import { embeddedOnce } from "./embedded-once.js";
import type { Evaluator } from "./metric.js";

/** An evaluator whose figures say what its rows ask. */
export function evaluatorAsking(evaluator: Evaluator, asks: string): Evaluator {
  return {
    ...evaluator,
    run: async (embed, teacher) => ({ ...(await evaluator.run(embed, teacher)), asks }),
  };
}

/**
 * An evaluator that decides, and one on other rows whose figures stand beside it under `NAME_KEY`, without intervals: a resample draws the rows
 * of the first. Texts that both need, as the training texts that both search, are embedded once.
 */
export function evaluatorBeside(main: Evaluator, other: Evaluator, name: string): Evaluator {
  return {
    ...main,
    embeds: {
      own: main.embeds.own + other.embeds.own,
      trained: Math.max(main.embeds.trained, other.embeds.trained),
    },
    keys: [...main.keys, ...other.keys.map((key) => `${name}_${key}`)],
    run: async (embed, teacher) => {
      const once = embeddedOnce(embed).embed;
      const teachersOnce = teacher && embeddedOnce(teacher).embed;
      const own = await main.run(once, teachersOnce);
      const { metrics } = await other.run(once, teachersOnce);
      const beside = metrics.map(({ key, value }) => ({ key: `${name}_${key}`, value }));
      return { ...own, metrics: [...own.metrics, ...beside] };
    },
  };
}
