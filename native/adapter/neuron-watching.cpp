#include "neuron-watching.h"

#include "neuron-slice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

namespace {

// A site's columns are filled up to a multiple of this: functions in vectors round otherwise than those of the values
// that are left over, and no width of an FFN leaves any.
constexpr size_t vector_width = 16;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

// --- in operations of ours, on the CPU; a thread takes every nth token ---

void pick(ggml_tensor * dst, int ith, int nth, void * /*userdata*/) {
    const ggml_tensor * from = dst->src[0];
    const auto * picks = static_cast<const int32_t *>(dst->src[1]->data);
    for (int64_t t = ith; t < dst->ne[1]; t += nth) {
        const float * row = neuron_row(from, t, 0);
        float * out = neuron_row(dst, t, 0);
        for (int64_t j = 0; j < dst->ne[0]; ++j) {
            out[j] = row[picks[j]];
        }
    }
}

// The slot of a token that was routed to the expert, or -1.
int64_t slot_of(const ggml_tensor * selected, int32_t expert, int64_t token) {
    for (int64_t slot = 0; slot < selected->ne[0]; ++slot) {
        if (neuron_expert(selected, slot, token) == expert) {
            return slot;
        }
    }
    return -1;
}

// Calls `work` with a token's place in a row and its slot, for every watched neuron.
template <typename Work>
void each_slot(
    const ggml_tensor * dst, const ggml_tensor * selected, const ggml_tensor * experts, int64_t t, Work work
) {
    const auto * expert = static_cast<const int32_t *>(experts->data);
    int64_t slot = -1;
    for (int64_t j = 0; j < dst->ne[0]; ++j) {
        if (j == 0 || expert[j] != expert[j - 1]) {
            slot = slot_of(selected, expert[j], t);
        }
        work(j, slot);
    }
}

void pick_routed(ggml_tensor * dst, int ith, int nth, void * /*userdata*/) {
    const ggml_tensor * from = dst->src[0];
    const auto * picks = static_cast<const int32_t *>(dst->src[1]->data);
    for (int64_t t = ith; t < dst->ne[1]; t += nth) {
        float * out = neuron_row(dst, t, 0);
        each_slot(dst, dst->src[2], dst->src[3], t, [&](int64_t j, int64_t slot) {
            out[j] = slot < 0 ? 0.0f : neuron_row(from, slot, t)[picks[j]];
        });
    }
}

// After the function, which may make a number of NaN.
void mark_unchosen(ggml_tensor * dst, int ith, int nth, void * /*userdata*/) {
    for (int64_t t = ith; t < dst->ne[1]; t += nth) {
        float * out = neuron_row(dst, t, 0);
        each_slot(dst, dst->src[1], dst->src[2], t, [&](int64_t j, int64_t slot) { out[j] = slot < 0 ? nan : out[j]; });
    }
}

ggml_tensor *
watch_fused(ggml_context * ctx, const neuron_place & at, const neuron_counted & what, const ggml_tensor * glu) {
    const bool routed = what.selected != nullptr;
    ggml_tensor * args[] = { what.act, at.picks, what.selected, at.experts };
    ggml_tensor * picked = ggml_custom_4d(
        ctx, GGML_TYPE_F32, at.picks->ne[0], what.act->ne[routed ? 2 : 1], 1, 1, args, routed ? 4 : 2,
        routed ? pick_routed : pick, GGML_N_TASKS_MAX, nullptr
    );
    ggml_tensor * act = neuron_activate(ctx, picked, glu);
    ggml_tensor * chosen[] = { what.selected, at.experts };
    return routed ? ggml_custom_inplace(ctx, act, chosen, 2, mark_unchosen, GGML_N_TASKS_MAX, nullptr) : act;
}

// --- in ggml's own operations ---

// Values [width, n, rows] as [watched, n * rows], turned round: [n * rows, watched].
ggml_tensor * pick_rows(ggml_context * ctx, ggml_tensor * values, ggml_tensor * picks) {
    ggml_tensor * flat = ggml_is_contiguous(values) ? values : ggml_cont(ctx, values);
    flat = ggml_reshape_2d(ctx, flat, values->ne[0], values->ne[1] * values->ne[2]);
    return ggml_get_rows(ctx, ggml_cont(ctx, ggml_transpose(ctx, flat)), picks);
}

// Of [used * rows, watched], of which at most one slot a token and neuron is chosen: [rows, watched].
ggml_tensor * sum_slots(ggml_context * ctx, ggml_tensor * slots, int64_t used) {
    const int64_t rows = slots->ne[0] / used;
    const int64_t watched = slots->ne[1];
    ggml_tensor * sum = ggml_sum_rows(ctx, ggml_reshape_3d(ctx, slots, used, rows, watched));
    return ggml_reshape_2d(ctx, sum, rows, watched);
}

ggml_tensor * watch_stock(
    ggml_context * ctx, const neuron_place & at, const llama_neurons_site & info, const neuron_counted & what,
    const ggml_tensor * glu
) {
    ggml_tensor * act = neuron_activate(ctx, pick_rows(ctx, what.act, at.picks), glu);
    if (what.selected != nullptr) {
        ggml_tensor * chosen = ggml_get_rows(ctx, neuron_one_hot(ctx, at, info, what), at.experts);
        // The value is multiplied with 1 and divided by 1, and what is left is 0 / 0.
        act = ggml_div(ctx, sum_slots(ctx, ggml_mul(ctx, act, chosen), info.used), sum_slots(ctx, chosen, info.used));
    }
    return ggml_transpose(ctx, act);
}

// Rows of a computed graph, off the device that one tensor of `watched` is on.
std::vector<float> rows_of(const ggml_tensor * watched, int64_t rows) {
    std::vector<float> values(size_t(watched->ne[0] * rows));
    ggml_backend_tensor_get(watched, values.data(), 0, values.size() * sizeof(float));
    return values;
}

// Puts a row's values into the context's columns. Whether they are finite, or NaN where an expert may be unchosen.
bool put_row(const neuron_watch_list & list, bool routed, const float * from, float * to) {
    bool sound = true;
    for (size_t j = 0; j < list.columns.size(); ++j) {
        to[list.columns[j]] = from[j];
        sound = sound && (std::isfinite(from[j]) || (routed && std::isnan(from[j])));
    }
    return sound;
}

} // namespace

void neuron_set_watched(std::vector<neuron_site> & sites, const std::vector<llama_neurons_neuron> & watched) {
    for (size_t column = 0; column < watched.size(); ++column) {
        const auto [site, index] = watched[column];
        if (site < 0 || size_t(site) >= sites.size() || index < 0
            || size_t(index) >= sites[size_t(site)].info.neurons()) {
            throw llama_neurons_error(
                "WRONG_USE", "neuron " + std::to_string(index) + " of site " + std::to_string(site)
                                 + " is to be watched, which the model has not"
            );
        }
        neuron_watch_list & list = sites[size_t(site)].watch;
        list.indices.push_back(index);
        list.columns.push_back(int32_t(column));
    }
    int64_t first = 0;
    for (neuron_site & site : sites) {
        neuron_watch_list & list = site.watch;
        list.first = first;
        while (list.indices.size() % vector_width != 0) {
            list.indices.push_back(list.indices.back());
        }
        first += int64_t(list.indices.size());
    }
}

int64_t neuron_watched_columns(const std::vector<neuron_site> & sites) {
    return sites.empty() ? 0 : sites.back().watch.first + int64_t(sites.back().watch.indices.size());
}

ggml_tensor * neuron_watch(
    ggml_context * ctx, const neuron_place & at, const llama_neurons_site & info, const neuron_counted & what,
    const ggml_tensor * glu
) {
    ggml_tensor * act =
        at.ops == llama_neurons_ops::fused ? watch_fused(ctx, at, what, glu) : watch_stock(ctx, at, info, what, glu);
    ggml_tensor * rows = ggml_view_2d(ctx, at.watched, at.watched->ne[0], act->ne[1], at.watched->nb[1], 0);
    return ggml_cpy(ctx, act, rows);
}

bool neuron_watch_supported(ggml_backend_dev_t device, const neuron_site & site, llama_neurons_ops ops) {
    const llama_neurons_site & info = site.info;
    return ops == llama_neurons_ops::fused
        || neuron_supported(device, info, ops, [&](ggml_context * ctx, neuron_place & at, const neuron_counted & what) {
               const auto n = int64_t(site.watch.indices.size());
               at.picks = ggml_new_tensor_1d(ctx, GGML_TYPE_I32, n);
               at.experts = ggml_new_tensor_1d(ctx, GGML_TYPE_I32, n);
               at.watched = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, n, what.weights->ne[1]);
               return std::vector<ggml_tensor *>{ neuron_watch(ctx, at, info, what, nullptr) };
           });
}

void neuron_fill_watched(const neuron_site & site, const neuron_place & at) {
    std::vector<int32_t> picks, experts;
    for (int32_t index : site.watch.indices) {
        picks.push_back(index % site.info.width);
        experts.push_back(index / site.info.width);
    }
    ggml_backend_tensor_set(at.picks, picks.data(), 0, picks.size() * sizeof(int32_t));
    if (at.experts != nullptr) {
        ggml_backend_tensor_set(at.experts, experts.data(), 0, experts.size() * sizeof(int32_t));
    }
}

llama_neurons_nonfinite neuron_read_watched(
    const neuron_graph_input & in, ggml_backend_sched_t sched, const std::vector<neuron_site> & sites,
    std::vector<float> & values, size_t neurons
) {
    ggml_backend_sched_synchronize(sched);
    llama_neurons_nonfinite found;
    std::map<const ggml_tensor *, std::vector<float>> read; // of each device, all sites
    for (const auto & [number, watched, rows] : in.watched) {
        std::vector<float> & all = read[watched->view_src];
        if (all.empty()) {
            all = rows_of(watched->view_src, in.n_tokens);
        }
        const neuron_site & site = sites[number];
        for (int64_t row = 0; row < rows; ++row) {
            const int64_t token = in.counted_token(row, rows);
            if (token < 0) {
                continue;
            }
            const float * from = all.data() + row * watched->view_src->ne[0] + site.watch.first;
            const bool sound = put_row(site.watch, site.routed(), from, values.data() + size_t(token) * neurons);
            if (!sound && found.layer < 0) {
                found = { site.info.layer, int32_t(token) };
            }
        }
    }
    return found;
}
