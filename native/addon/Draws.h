#pragma once

#include "Draw.h"

#include "llama.h"

#include <cstddef>
#include <cstdint>
#include <vector>

// Which log-probabilities to read along with draws: of tokens after rows of the batch, and of what entries draw.
struct Asked {
    std::vector<int32_t> rows;
    std::vector<llama_token> targets; // of each row
    std::vector<uint8_t> entries;     // [entries of the draws] 1: of what the entry draws, in each step
    size_t likeliest = 0;             // how many likeliest tokens beside each

    bool empty() const;
};

// Which tokens to draw after a batch: one for each entry, and one more after each of these in every further step.
struct Draws {
    std::vector<int32_t> rows;           // token of the batch that is continued; may repeat
    std::vector<llama_seq_id> sequences; // of each entry: what is drawn belongs to it
    std::vector<double> uniforms;        // [steps, entries] in [0, 1)
    std::vector<int32_t> edits;          // [steps, entries]: of what is drawn, where each token has its own
    std::vector<double> temperatures;    // of each entry; 0: the likeliest token
    std::vector<Truncation> truncations; // of each entry
    size_t steps = 1;                    // at most
    std::vector<llama_token> ends;       // no step follows one in which one of these was drawn
    Asked asked;
};

// Natural log-probabilities, a row for each token asked for.
struct LogProbabilityRows {
    std::vector<double> targets;
    std::vector<llama_token> likeliest; // [rows, count]
    std::vector<double> of_likeliest;   // [rows, count]

    void add(const float * logits, int32_t n_vocab, llama_token target, size_t count);
};

// What was drawn, and the log-probabilities asked for. They are read from the logits of the batch that they belong to,
// before the next batch replaces them.
struct Sampled {
    std::vector<llama_token> tokens; // [steps done, entries]; complements where logits are not finite
    LogProbabilityRows asked;        // [rows asked for]
    LogProbabilityRows drawn;        // [steps done, entries asked for]
};
