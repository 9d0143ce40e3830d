// Context::sample: draws tokens after a batch, in steps.

#include "Context.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace {

// The batch of what is drawn after `batch`, without its tokens and edits. Its positions are those of what is continued.
Batch batch_of_drawn(const Batch & batch, const Draws & draws) {
    const size_t n = draws.rows.size();
    Batch next;
    for (int32_t row : draws.rows) {
        next.positions.push_back(batch.positions[size_t(row)]);
    }
    next.sequences = draws.sequences;
    next.counted.assign(n, 0);
    next.targets.assign(n, -1);
    return next;
}

// Whether no step follows one that drew these tokens: one of them ends its text, or was drawn from logits that are not
// finite, which say nothing of what follows.
bool is_last_step(const std::vector<llama_token> & drawn, const std::vector<llama_token> & ends) {
    return std::any_of(drawn.begin(), drawn.end(), [&](llama_token token) {
        return token < 0 || std::find(ends.begin(), ends.end(), token) != ends.end();
    });
}

// Outputs for both lists of rows; llama.cpp wants at least one.
std::vector<uint8_t>
outputs_of_rows(const Batch & batch, const std::vector<int32_t> & rows, const std::vector<int32_t> & more) {
    std::vector<uint8_t> outputs(batch.tokens.size(), 0);
    for (const auto * list : { &rows, &more }) {
        for (int32_t row : *list) {
            outputs.at(size_t(row)) = 1;
        }
    }
    if (rows.empty() && more.empty()) {
        outputs.back() = 1;
    }
    return outputs;
}

} // namespace

void Context::check_draws(const Draws & draws) const {
    const bool hot = std::any_of(draws.temperatures.begin(), draws.temperatures.end(), [](double t) { return t > 0; });
    const bool picked = mode.head == llama_neurons_head::likeliest && !hot;
    if (mode.head != llama_neurons_head::logits && !picked) {
        fail(
            "WRONG_USE", "tokens are asked for in a mode that gives none; set a mode with the head 'logits' first, "
                         "or, at temperature 0, 'likeliest'"
        );
    }
    if (picked && !draws.asked.empty()) {
        fail("WRONG_USE", "log-probabilities are asked for in a mode without logits; set the head 'logits' first");
    }
}

Sampled Context::sample(const Batch & batch, const Draws & draws) {
    check_draws(draws);
    finish(batch); // first: the cells of what ended with the last draw are free for this batch
    trim(batch);
    move(batch);
    Sampled sampled;
    draw_after(batch, draws.rows, draws, 0, sampled);
    const size_t n = draws.rows.size();
    std::vector<int32_t> rows(n);
    std::iota(rows.begin(), rows.end(), 0);
    Batch next = batch_of_drawn(batch, draws);
    for (size_t step = 1; step < draws.steps && n > 0; ++step) {
        next.tokens.assign(sampled.tokens.end() - std::ptrdiff_t(n), sampled.tokens.end());
        if (is_last_step(next.tokens, draws.ends)) {
            break;
        }
        for (llama_pos & position : next.positions) {
            ++position;
        }
        const auto edits = draws.edits.begin() + std::ptrdiff_t((step - 1) * n);
        next.edits.assign(edits, edits + std::ptrdiff_t(n));
        draw_after(next, rows, draws, step, sampled);
    }
    return sampled;
}

void Context::draw_after(
    const Batch & batch, const std::vector<int32_t> & rows, const Draws & draws, size_t step, Sampled & sampled
) {
    refuse_if_aborted();
    const bool picked = mode.head == llama_neurons_head::likeliest;
    if (mode.edits || picked) {
        llama_neurons_set_tokens(context.get(), tokens_of(batch));
    }
    run(batch, outputs_of_rows(batch, rows, step == 0 ? draws.asked.rows : std::vector<int32_t>()));
    if (picked) {
        take_likeliest(rows, sampled);
    } else {
        draw_tokens(rows, draws, step, sampled);
    }
}

void Context::take_likeliest(const std::vector<int32_t> & rows, Sampled & sampled) const {
    const auto & likeliest = llama_neurons_likeliest(context.get());
    for (int32_t row : rows) {
        sampled.tokens.push_back(likeliest.at(size_t(row)));
    }
}

void Context::draw_tokens(
    const std::vector<int32_t> & rows, const Draws & draws, size_t step, Sampled & sampled
) const {
    const Asked & asked = draws.asked;
    const auto n_vocab = int32_t(vocabulary());
    for (size_t i = 0; step == 0 && i < asked.rows.size(); ++i) {
        refuse_if_aborted();
        const float * logits = llama_get_logits_ith(context.get(), asked.rows[i]);
        sampled.asked.add(logits, n_vocab, asked.targets[i], asked.likeliest);
    }
    for (size_t i = 0; i < rows.size(); ++i) {
        const float * logits = llama_get_logits_ith(context.get(), rows[i]);
        const double uniform = draws.uniforms[step * rows.size() + i];
        const llama_token token = draw(logits, n_vocab, draws.temperatures[i], uniform, draws.truncations[i]);
        sampled.tokens.push_back(all_finite(logits, n_vocab) ? token : ~token);
        if (asked.entries[i] != 0) {
            sampled.drawn.add(logits, n_vocab, token, asked.likeliest);
        }
    }
}
