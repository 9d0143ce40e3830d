#include "neuron-scores.h"

#include <algorithm>
#include <cmath>

void neuron_build_scores(ggml_context * ctx, ggml_cgraph * gf, ggml_tensor * logits, neuron_graph_input & in) {
    ggml_tensor * cells = ggml_reshape_3d(ctx, logits, 1, logits->ne[0], logits->ne[1]); // of [n_vocab, n_outputs]

    // The largest probability is at least 1/n_vocab, so nothing underflows, however unlikely the target is.
    in.target_logit = ggml_get_rows(ctx, cells, in.targets_for(ctx));
    ggml_tensor * top = ggml_reshape_2d(ctx, ggml_argmax(ctx, logits), 1, logits->ne[1]);
    in.max_logit = ggml_get_rows(ctx, cells, top);
    // Expanded first, so that the allocator may compute the softmax in place of the logits.
    for (ggml_tensor * node : { in.target_logit, in.max_logit }) {
        ggml_set_output(node);
        ggml_build_forward_expand(gf, node);
    }
    ggml_tensor * p = ggml_soft_max(ctx, logits);
    in.max_probability = ggml_get_rows(ctx, ggml_reshape_3d(ctx, p, 1, p->ne[0], p->ne[1]), top);
    ggml_set_output(in.max_probability);
    ggml_build_forward_expand(gf, in.max_probability);
}

void neuron_build_likeliest(ggml_context * ctx, ggml_cgraph * gf, ggml_tensor * logits, neuron_graph_input & in) {
    in.likeliest = ggml_argmax(ctx, logits);
    ggml_set_output(in.likeliest);
    ggml_build_forward_expand(gf, in.likeliest);
    // Of logits of which one is NaN or infinite every probability is NaN.
    in.all_probability = ggml_sum_rows(ctx, ggml_soft_max(ctx, logits));
    ggml_set_output(in.all_probability);
    ggml_build_forward_expand(gf, in.all_probability);
}

void neuron_keep_until(ggml_cgraph * gf, const ggml_tensor * last) {
    std::vector<ggml_tensor *> nodes;
    for (int i = 0; i < ggml_graph_n_nodes(gf); ++i) {
        nodes.push_back(ggml_graph_node(gf, i));
    }
    const auto found = std::find(nodes.begin(), nodes.end(), last);
    if (found == nodes.end()) {
        return;
    }
    ggml_graph_clear(gf);
    std::for_each(nodes.begin(), found + 1, [gf](ggml_tensor * node) { ggml_build_forward_expand(gf, node); });
    // llama.cpp fills its inputs, whatever becomes of them: they stay in the graph, to have memory.
    std::for_each(found + 1, nodes.end(), [gf](const ggml_tensor * node) {
        for (ggml_tensor * src : node->src) {
            if (src != nullptr && (src->flags & GGML_TENSOR_FLAG_INPUT) != 0) {
                ggml_build_forward_expand(gf, src);
            }
        }
    });
}

void neuron_read_scores(
    const neuron_graph_input & in, ggml_backend_sched_t sched, std::vector<double> & log_probabilities
) {
    ggml_backend_sched_synchronize(sched);
    const auto n = size_t(in.n_outputs);
    std::vector<float> x(n), x_max(n), p_max(n);
    ggml_backend_tensor_get(in.target_logit, x.data(), 0, n * sizeof(float));
    ggml_backend_tensor_get(in.max_logit, x_max.data(), 0, n * sizeof(float));
    ggml_backend_tensor_get(in.max_probability, p_max.data(), 0, n * sizeof(float));
    for (size_t row = 0; row < n; ++row) {
        if (in.output_index[row] >= 0 && in.has_target[row]) {
            log_probabilities[in.output_index[row]] =
                double(x[row]) - double(x_max[row]) + std::log(double(p_max[row]));
        }
    }
}

void neuron_read_likeliest(
    const neuron_graph_input & in, ggml_backend_sched_t sched, std::vector<llama_token> & likeliest
) {
    ggml_backend_sched_synchronize(sched);
    std::vector<llama_token> found(size_t(in.n_outputs));
    std::vector<float> sums(found.size());
    ggml_backend_tensor_get(in.likeliest, found.data(), 0, found.size() * sizeof(llama_token));
    ggml_backend_tensor_get(in.all_probability, sums.data(), 0, sums.size() * sizeof(float));
    for (size_t row = 0; row < found.size(); ++row) {
        if (in.output_index[row] >= 0) {
            const llama_token token = std::max<llama_token>(0, found[row]);
            likeliest[size_t(in.output_index[row])] = std::isfinite(sums[row]) ? token : ~token;
        }
    }
}
