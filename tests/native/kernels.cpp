// Speed of one matrix product, by ggml's kernels and by each of ours that this processor has, for one type of weights:
//   kernels GGML_PLUGINS TYPE ROWS WIDTH TOKENS ROUNDS
// GGML_PLUGINS: the CPU's plugin, or the folder to choose one from.
// Prints JSON: CPU seconds of one product, for each side an array over the rounds, in which all sides take turns. One
// thread computes. The weights lie where llama.cpp would put them for that side. Exits with 1, and says so, where the
// kernels that are to have ggml's bits have others.

#include "neuron-ggml-bits.h"
#include "neuron-products.h"

#include "ggml-backend.h"
#include "ggml-cpp.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#ifdef LN_AVX2
// Takes the place of libllama's, as on a processor with AVX2 alone.
namespace products {
namespace avx2 {
extern const Kernels f32;
extern const Kernels integers;
} // namespace avx2

const Kernels * kernels_of(Kind kind) {
    return kind == Kind::integers ? &avx2::integers : kind == Kind::f32 ? &avx2::f32 : nullptr;
}
} // namespace products
#endif

namespace {

constexpr double least_seconds = 0.03; // of a measurement, so that the clock's steps do not count

struct Sizes {
    int64_t rows;
    int64_t width;
    int64_t tokens;
};

double cpu_seconds() {
    timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

ggml_type type_of(const std::string & name) {
    for (int type = 0; type < GGML_TYPE_COUNT; ++type) {
        const char * known = ggml_type_name(ggml_type(type));
        if (known != nullptr && name == known) {
            return ggml_type(type);
        }
    }
    throw std::runtime_error("ggml has no type " + name);
}

std::vector<float> random_values(int64_t n, float deviation) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, deviation);
    std::vector<float> values(static_cast<size_t>(n));
    std::generate(values.begin(), values.end(), [&] { return normal(random); });
    return values;
}

std::vector<char> quantized(ggml_type type, const Sizes & sizes) {
    const std::vector<float> values = random_values(sizes.rows * sizes.width, 1 / std::sqrt(float(sizes.width)));
    const std::vector<float> equal(size_t(sizes.width), 1); // what some types cannot do without
    std::vector<char> weights(ggml_row_size(type, sizes.width) * size_t(sizes.rows));
    if (type == GGML_TYPE_F32) {
        std::memcpy(weights.data(), values.data(), weights.size());
    } else {
        ggml_quantize_chunk(type, values.data(), weights.data(), 0, sizes.rows, sizes.width, equal.data());
    }
    return weights;
}

// A product on the CPU, ready to be computed.
class Product {
public:
    // order: where the weights lie
    Product(ggml_backend_t backend, ggml_type type, const Sizes & sizes, ggml_backend_buffer_type_t order)
        : backend(backend), stored(context()), computed(context()) {
        w = ggml_new_tensor_2d(stored.get(), type, sizes.width, sizes.rows);
        ggml_tensor * x = ggml_new_tensor_2d(computed.get(), GGML_TYPE_F32, sizes.width, sizes.tokens);
        y = ggml_mul_mat(computed.get(), w, x);
        graph = ggml_new_graph(computed.get());
        ggml_build_forward_expand(graph, y);
        weights.reset(ggml_backend_alloc_ctx_tensors_from_buft(stored.get(), order));
        others.reset(ggml_backend_alloc_ctx_tensors(computed.get(), backend));
        if (!weights || !others) {
            throw std::runtime_error("there is too little memory");
        }
        ggml_backend_buffer_set_usage(weights.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
        const std::vector<float> operands = random_values(sizes.width * sizes.tokens, 1);
        ggml_backend_tensor_set(x, operands.data(), 0, operands.size() * sizeof(float));
    }

    bool can_be_computed() const { return ggml_backend_supports_op(backend, y); }
    bool is_held_for_kernels() const { return neuron_is_held_for_kernels(w); }
    void set(const std::vector<char> & values) { ggml_backend_tensor_set(w, values.data(), 0, values.size()); }

    // From here on by kernels of ours; false where they leave it to ggml.
    bool take(products::Kind kind) {
        kernels = std::make_unique<neuron_products>(kind, false);
        kernels->take(graph);
        return y->op == GGML_OP_CUSTOM;
    }

    void compute() {
        if (ggml_backend_graph_compute(backend, graph) != GGML_STATUS_SUCCESS) {
            throw std::runtime_error("ggml cannot compute the product");
        }
    }

    std::vector<char> result() const {
        std::vector<char> bytes(ggml_nbytes(y));
        ggml_backend_tensor_get(y, bytes.data(), 0, bytes.size());
        return bytes;
    }

private:
    static ggml_context * context() {
        return ggml_init({ 8 * ggml_tensor_overhead() + ggml_graph_overhead(), nullptr, /*.no_alloc =*/true });
    }

    ggml_backend_t backend;
    ggml_context_ptr stored, computed;
    ggml_backend_buffer_ptr weights, others;
    ggml_tensor * w;
    ggml_tensor * y;
    ggml_cgraph * graph;
    std::unique_ptr<neuron_products> kernels;
};

// The first of the backend's own orders that can compute it, as llama.cpp chooses, else the file's order.
std::unique_ptr<Product> by_ggml(ggml_backend_t backend, ggml_type type, const Sizes & sizes) {
    ggml_backend_dev_t device = ggml_backend_get_device(backend);
    const auto extra_types = reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(
        ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device), "ggml_backend_dev_get_extra_bufts")
    );
    ggml_backend_buffer_type_t * order = extra_types == nullptr ? nullptr : extra_types(device);
    for (; order != nullptr && *order != nullptr; ++order) {
        auto product = std::make_unique<Product>(backend, type, sizes, *order);
        if (product->can_be_computed()) {
            return product;
        }
    }
    return std::make_unique<Product>(backend, type, sizes, ggml_backend_get_default_buffer_type(backend));
}

struct Side {
    const char * name;
    std::unique_ptr<Product> product;
    int repetitions = 1; // of a measurement
    std::vector<double> seconds = {};
    std::vector<char> expected = {}; // ggml's result with weights in the same order, where it is to have its bits

    double measure() {
        const double begin = cpu_seconds();
        for (int i = 0; i < repetitions; ++i) {
            product->compute();
        }
        return (cpu_seconds() - begin) / repetitions;
    }
};

std::vector<Side> sides_of(ggml_backend_t backend, ggml_type type, const Sizes & sizes) {
    const std::vector<char> weights = quantized(type, sizes);
    std::vector<Side> sides;
    sides.push_back({ "ggml", by_ggml(backend, type, sizes) });
    sides[0].product->set(weights);
    const std::pair<const char *, products::Kind> kinds[] = { { "integers", products::Kind::integers },
                                                              { "f32", products::Kind::f32 },
                                                              { "bf16", products::Kind::bf16 },
                                                              { "int8", products::Kind::int8 } };
    for (const auto & [name, kind] : kinds) {
        if (products::kernels_of(kind) == nullptr) {
            continue;
        }
        auto product = by_ggml(backend, type, sizes);
        if (kind != products::Kind::integers || !product->is_held_for_kernels()) {
            auto * plain = ggml_backend_get_default_buffer_type(backend);
            product = std::make_unique<Product>(backend, type, sizes, plain);
        }
        product->set(weights);
        std::vector<char> expected;
        if (kind == products::Kind::integers) {
            product->compute();
            expected = product->result();
        }
        if (product->take(kind)) {
            sides.push_back({ name, std::move(product) });
            sides.back().expected = std::move(expected);
        }
    }
    return sides;
}

void print(const std::vector<Side> & sides) {
    for (size_t i = 0; i < sides.size(); ++i) {
        std::printf("%s\"%s\": [", i == 0 ? "{" : "], ", sides[i].name);
        for (size_t round = 0; round < sides[i].seconds.size(); ++round) {
            std::printf("%s%.9g", round == 0 ? "" : ", ", sides[i].seconds[round]);
        }
    }
    std::printf("]}\n");
}

int measure(ggml_type type, const Sizes & sizes, int rounds) {
    const ggml_backend_ptr backend(ggml_backend_init_by_type(GGML_BACKEND_DEVICE_TYPE_CPU, nullptr));
    if (!backend) {
        throw std::runtime_error("ggml has no CPU backend there");
    }
    ggml_backend_reg_t registry = ggml_backend_dev_backend_reg(ggml_backend_get_device(backend.get()));
    reinterpret_cast<
        ggml_backend_set_n_threads_t>(ggml_backend_reg_get_proc_address(registry, "ggml_backend_set_n_threads"))(
        backend.get(), 1
    );
    std::vector<Side> sides = sides_of(backend.get(), type, sizes);
    for (Side & side : sides) {
        side.measure(); // warms up
        side.repetitions = std::max(1, int(std::ceil(least_seconds / side.measure())));
        if (!side.expected.empty() && side.product->result() != side.expected) {
            throw std::runtime_error("the kernels in integers give other bits than ggml's");
        }
    }
    for (int round = 0; round < rounds; ++round) {
        for (size_t i = 0; i < sides.size(); ++i) { // by turns from either end
            Side & side = sides[round % 2 == 0 ? i : sides.size() - 1 - i];
            side.seconds.push_back(side.measure());
        }
    }
    print(sides);
    return 0;
}

} // namespace

int main(int argc, char ** argv) {
    if (argc != 7) {
        return 2;
    }
    try {
        ggml_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
        if (std::string(argv[1]).find("ggml-cpu") == std::string::npos) {
            ggml_backend_load_all_from_path(argv[1]);
        } else {
            ggml_backend_load(argv[1]);
        }
        const Sizes sizes = { std::atoll(argv[3]), std::atoll(argv[4]), std::atoll(argv[5]) };
        return measure(type_of(argv[2]), sizes, std::atoi(argv[6]));
    } catch (const std::exception & error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
