/** bench/objectives/README.md from results.json. */
export function readme({ date, epochs, seed, results }) {
  const heading = `# The nine objectives on real rows

A linear head on a frozen encoder, each objective with its defaults, ${epochs} epochs, seed ${seed}, batch 64, rate 1e-3. A tenth of the
rows is the test and plays no part in training; a tenth of the rest selects the checkpoint, in which the untrained head takes part.
SNLI dev gives labelled pairs (average precision) and triplets (accuracy), of which objectives of pairs take anchor, positive and
negative; banking77 gives classes (logistic regression on the training texts), of which objectives of pairs take two texts a pair. Scores ×100 on the
test; difference with its 95 % paired bootstrap interval; *collapse* is the mean cosine of 20,000 random pairs of test texts, before and
after (1 would be a collapse, 0.9 is the alarm). Written by \`node bench/objectives/run.js\` on ${date}; the data are not part of the
repository.
`;
  return `${heading}\n${table(results)}\n\n${remarks(results)}\n`;
}

function table(results) {
  const head =
    "| encoder | objective | rows | metric | untrained | trained | difference | 95 % CI | verdict | collapse | steps (best) | time |";
  const rule = "|---|---|---|---|---|---|---|---|---|---|---|---|";
  return [head, rule, ...results.map(line)].join("\n");
}

const points = (value) => (100 * value).toFixed(2);
const signed = (value) => `${value < 0 ? "−" : "+"}${points(Math.abs(value))}`;

function line(row) {
  const start = [
    row.encoder,
    row.lr === undefined ? row.objective : `${row.objective}, rate ${row.lr}`,
    row.rows,
  ];
  const end = [`${row.steps} (${row.bestStep})`, `${row.seconds.toFixed(1)} s`];
  const middle =
    row.kept === "base"
      ? ["", "", "", "", "", "untrained head kept", row.baseMeanCosine.toFixed(2)]
      : [
          row.metric,
          points(row.base),
          points(row.tuned),
          signed(row.difference),
          `${signed(row.interval.low)}..${signed(row.interval.high)}`,
          row.verdict,
          `${row.baseMeanCosine.toFixed(2)} → ${row.meanCosine.toFixed(2)}`,
        ];
  return `| ${[...start, ...middle, ...end].join(" | ")} |`;
}

function remarks(results) {
  const finite = results.every(({ finiteLosses }) => finiteLosses);
  const highest = Math.max(...results.map((row) => row.meanCosine ?? row.baseMeanCosine));
  return `Every loss of every step was ${finite ? "a finite number" : "NOT a finite number somewhere"}; the highest mean cosine of random pairs is ${highest.toFixed(2)}.

Why some rows do not improve:

- \`n-pair\` and \`neg\` compare by the dot product and do not normalise. On unit vectors their logits lie within ±1, so the loss falls
  first by making vectors longer, which a metric of cosines does not see, while directions only get worse. On SNLI triplets with embtune-mini-en no
  rate of 1e-5, 1e-4 and 3e-4 and no \`--normalize\` helped \`neg\` on the selecting rows; \`n-pair\` gained 0.3 at 1e-4 (95 % CI −0.7..+1.4).
- \`lifted-structured\` adds up over all negatives of a batch, so its loss starts near 15 and every gradient is clipped; at the default rate
  Adam overshoots from the first epoch on. At rate 1e-4 (embtune-mini-en) it gains 0.7 by nearest neighbours on the selecting rows (95 % CI −0.6..+1.9)
  and nothing on the test; margins 0.5 and 2 and batches of 16, 32 and 128 at the default rate gain nothing clear either. It pushes random
  texts farther apart than any other objective here, which frozen vectors do not need.
- \`infonce\`, \`nt-xent\` and \`nce\` gain on classes; on SNLI triplets both encoders start near 90 %, and 337 test triplets
  cannot tell gains of one point from chance.
- \`contrastive\` improves average precision while it draws everything together (mean cosine 0.68): it fixes absolute distances, and half of its
  rows pull.`;
}
