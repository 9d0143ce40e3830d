#pragma once

// What to do with each token of the next decode, found again by sequence and position when a graph runs.

#include "neuron-adapter-api.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

class neuron_tokens {
public:
    struct entry {
        float weight;
        int32_t target;
        int32_t edit;
        size_t index; // into the list of set
    };

    // The number of counted ones.
    int64_t set(const std::vector<llama_neurons_token> & list) {
        int64_t counted = 0;
        entries.clear();
        for (size_t i = 0; i < list.size(); ++i) {
            entries[key(list[i].seq, list[i].pos)] = { list[i].weight, list[i].target, list[i].edit, i };
            counted += list[i].weight != 0.0f ? 1 : 0;
        }
        return counted;
    }

    // nullptr for a token that was not named
    const entry * find(llama_seq_id seq, llama_pos pos) const {
        const auto found = entries.find(key(seq, pos));
        return found == entries.end() ? nullptr : &found->second;
    }

private:
    static uint64_t key(llama_seq_id seq, llama_pos pos) { return (uint64_t(uint32_t(seq)) << 32) | uint32_t(pos); }

    std::unordered_map<uint64_t, entry> entries;
};
