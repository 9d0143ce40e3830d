#include "Batch.h"

#include <algorithm>

namespace {

using Sequences = std::vector<std::vector<llama_seq_id>>; // of each token

Sequences sequences_of(const Batch & batch) {
    Sequences sequences;
    for (llama_seq_id sequence : batch.sequences) {
        sequences.push_back({ sequence });
    }
    for (size_t pair = 0; pair + 1 < batch.shared.size(); pair += 2) {
        sequences.at(size_t(batch.shared[pair])).push_back(batch.shared[pair + 1]);
    }
    return sequences;
}

// Most sequences that share a token.
int32_t most_sharing(const Sequences & sequences) {
    size_t most = 1;
    for (const auto & list : sequences) {
        most = std::max(most, list.size());
    }
    return int32_t(most);
}

} // namespace

NativeBatch::NativeBatch(const Batch & batch, const std::vector<uint8_t> & outputs) {
    const Sequences sequences = sequences_of(batch);
    native = llama_batch_init(int32_t(batch.tokens.size()), 0, most_sharing(sequences));
    native.n_tokens = int32_t(batch.tokens.size());
    for (size_t i = 0; i < batch.tokens.size(); ++i) {
        native.token[i] = batch.tokens[i];
        native.pos[i] = batch.positions[i];
        native.n_seq_id[i] = int32_t(sequences[i].size());
        std::copy(sequences[i].begin(), sequences[i].end(), native.seq_id[i]);
        native.logits[i] = int8_t(outputs[i]);
    }
}
