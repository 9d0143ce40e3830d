#include "Draws.h"

#include "LogProbabilities.h"

#include <algorithm>

bool Asked::empty() const {
    return rows.empty() && std::find(entries.begin(), entries.end(), 1) == entries.end();
}

void LogProbabilityRows::add(const float * logits, int32_t n_vocab, llama_token target, size_t count) {
    const auto row = log_probabilities(logits, n_vocab, target, count);
    targets.push_back(row.target);
    likeliest.insert(likeliest.end(), row.likeliest.begin(), row.likeliest.end());
    of_likeliest.insert(of_likeliest.end(), row.of_likeliest.begin(), row.of_likeliest.end());
}
