/** What figures about vectors measure and which way is good, a sentence each for readers who never met them. */
export const vectorWords = {
  alignment:
    "Alignment is how far apart texts lie that belong together: 0 is the same place, and lower is better.",
  uniformity:
    "Uniformity is how evenly all texts spread over the space: 0 is all in one place, and lower (more negative) is better, as long as alignment does not rise with it.",
  rank: "The effective rank is how many directions the texts really use, of as many as a vector has numbers: higher is better, and a few are a collapse.",
  spectrum:
    "The spectrum is how much of the differences between texts each direction carries: a flat curve is better, since texts then differ in many ways; nearly all in the first is a collapse.",
} as const;
