import fc from "fast-check";

/** Property tests draw the same cases in every run; EMBTUNE_FUZZ_SEED (an integer) draws others, to look for new counterexamples. */
fc.configureGlobal({ seed: Number(process.env.EMBTUNE_FUZZ_SEED ?? 42) });
