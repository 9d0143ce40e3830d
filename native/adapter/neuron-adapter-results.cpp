// What computed graphs give: the adapter's totals, and what takes the place of logits.

#include "neuron-adapter.h"

#include "neuron-graph-input.h"
#include "neuron-scores.h"
#include "neuron-values.h"
#include "neuron-watching.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace {

// An F32 counter holds whole numbers exactly up to 2^24; drained well before.
constexpr int64_t max_undrained = int64_t(1) << 23;

// Tokens that a token of the batch may be counted as on its way through a routed site, at most.
int64_t most_used(const std::vector<neuron_site> & sites) {
    int64_t most = 1;
    for (const neuron_site & site : sites) {
        most = std::max<int64_t>(most, site.info.used);
    }
    return most;
}

} // namespace

void llama_adapter_neuron::take_results(const llm_graph_result & res, ggml_backend_sched_t sched) {
    const neuron_graph_input * in = find_neuron_input(res);
    if (in == nullptr) {
        return;
    }
    if (mode.count) {
        find_nonfinite(*in, sched);
    }
    if (mode.watch) {
        const auto found = neuron_read_watched(*in, sched, sites, watched, capacity.watched.size());
        nonfinite = nonfinite.layer < 0 ? found : nonfinite;
    }
    if (mode.head == llama_neurons_head::scores && in->target_logit != nullptr) {
        neuron_read_scores(*in, sched, log_probabilities);
    } else if (mode.head == llama_neurons_head::likeliest && in->likeliest != nullptr) {
        neuron_read_likeliest(*in, sched, likeliest);
    }
}

void llama_adapter_neuron::find_nonfinite(const neuron_graph_input & in, ggml_backend_sched_t sched) {
    ggml_backend_sched_synchronize(sched);
    std::map<ggml_tensor *, std::vector<float>> read; // of each device, all sites
    for (size_t i = 0; i < in.counted.size(); ++i) {
        const auto & [tensor, rows] = in.counted[i];
        std::vector<float> & marks = read[tensor->view_src];
        if (marks.empty()) {
            marks.resize(size_t(ggml_nelements(tensor->view_src)));
            ggml_backend_tensor_get(tensor->view_src, marks.data(), 0, marks.size() * sizeof(float));
        }
        const float * row = marks.data() + tensor->view_offs / sizeof(float);
        for (int64_t r = 0; r < rows && nonfinite.layer < 0; ++r) {
            const int64_t token = in.counted_token(r, rows);
            if (token >= 0 && !std::isfinite(row[r])) {
                nonfinite = { sites[i].info.layer, int32_t(token) };
            }
        }
    }
    if (nonfinite.layer >= 0) { // the processor's way sets marks and never takes one back
        for (const auto & [tensor, marks] : read) {
            ggml_backend_tensor_memset(tensor, 0, 0, ggml_nbytes(tensor));
        }
    }
}

void llama_adapter_neuron::set_tokens(const std::vector<llama_neurons_token> & list) {
    for (const llama_neurons_token & token : list) {
        if (mode.edits && (token.edit < 0 || token.edit >= capacity.edits)) {
            throw llama_neurons_error(
                "WRONG_USE", "a token asks for edit " + std::to_string(token.edit) + ", the context holds "
                                 + std::to_string(capacity.edits)
            );
        }
    }
    drain_sums();
    const int64_t counted = tokens.set(list);
    log_probabilities.assign(list.size(), std::numeric_limits<double>::quiet_NaN());
    likeliest.assign(list.size(), -1);
    watched.assign(mode.watch ? list.size() * capacity.watched.size() : 0, std::numeric_limits<float>::quiet_NaN());
    nonfinite = {};
    if (mode.count || mode.values) {
        if ((undrained + counted) * most_used(sites) > max_undrained) {
            drain_counters();
        }
        undrained += counted;
        undrained_sums = mode.values;
        counted_tokens += counted;
    }
}

const neuron_site * llama_adapter_neuron::take_sums() {
    const neuron_site * lost = nullptr;
    for (size_t i = 0; undrained_sums && i < sites.size(); ++i) {
        for (neuron_place * at : sites[i].places()) {
            if (!neuron_take_sums(*at, totals.sums[i]) && lost == nullptr) {
                lost = &sites[i];
            }
        }
    }
    undrained_sums = false;
    return lost;
}

// After each batch: F32 sums of many would lose what the last ones add.
void llama_adapter_neuron::drain_sums() {
    if (const neuron_site * lost = take_sums()) {
        throw llama_neurons_error(
            "NATIVE", "activations of layer " + std::to_string(lost->info.layer)
                          + " are infinite or larger than can be added up; count without values"
        );
    }
}

void llama_adapter_neuron::drain_counters() {
    std::vector<float> values;
    for (size_t i = 0; i < sites.size(); ++i) {
        const size_t neurons = totals.active[i].size();
        values.resize(neurons + totals.routed[i].size());
        for (neuron_place * at : sites[i].places()) {
            ggml_backend_tensor_get(at->counter, values.data(), 0, values.size() * sizeof(float));
            for (size_t j = 0; j < values.size(); ++j) {
                (j < neurons ? totals.active[i][j] : totals.routed[i][j - neurons]) += int64_t(values[j]);
            }
            ggml_backend_tensor_memset(at->counter, 0, 0, ggml_nbytes(at->counter));
            if (at->histogram != nullptr) {
                neuron_take_histogram(*at, totals.histograms[i]);
            }
        }
    }
    undrained = 0;
}

const llama_neurons_totals & llama_adapter_neuron::counts() {
    drain_sums();
    drain_counters();
    return totals;
}

void llama_adapter_neuron::reset_counts() {
    take_sums(); // whatever they are
    drain_counters();
    for (auto * lists : { &totals.active, &totals.routed, &totals.sums }) {
        for (auto & list : *lists) {
            std::fill(list.begin(), list.end(), 0);
        }
    }
    for (auto & list : totals.histograms) {
        std::fill(list.begin(), list.end(), 0);
    }
    counted_tokens = 0;
}
