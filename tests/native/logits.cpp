// Writes the logits that a given libllama computes: logits LIBLLAMA GGML_FOLDER MODEL OUT TOKEN...
// CONTROL_VECTOR names a control vector's file, which is read as llama.cpp's programs read it, and
// CONTROL_VECTOR_SCALE what it is multiplied by. With F32_CACHE attention is computed in F32, so that last bits stay
// last bits. THREADS: how many compute; one by default.
// Loads the libraries by path and knows only llama.cpp's public API, so that one program runs the
// unpatched library and ours.

#include "ggml-backend.h"
#include "ggml.h"
#include "gguf.h"
#include "llama.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

static void * must(void * pointer, const char * what) {
    if (pointer == nullptr) {
        std::fprintf(stderr, "%s: %s\n", what, dlerror());
        std::exit(1);
    }
    return pointer;
}

int main(int argc, char ** argv) {
    void * lib = must(dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL), argv[1]);
    const auto symbol = [&](const char * name) { return must(dlsym(lib, name), name); };
#define CALL(name) reinterpret_cast<decltype(&name)>(symbol(#name))
    CALL(llama_log_set)([](ggml_log_level, const char *, void *) {}, nullptr);
    CALL(ggml_backend_load_all_from_path)(argv[2]);

    llama_model_params model_params = CALL(llama_model_default_params)();
    ggml_backend_dev_t no_devices[] = { nullptr };
    model_params.devices = no_devices;
    llama_model * model =
        static_cast<llama_model *>(must(CALL(llama_model_load_from_file)(argv[3], model_params), argv[3]));

    std::vector<llama_token> tokens;
    for (int i = 5; i < argc; ++i) {
        tokens.push_back(std::atoi(argv[i]));
    }
    const auto n = int32_t(tokens.size());
    llama_context_params params = CALL(llama_context_default_params)();
    params.n_ctx = 1024;
    params.n_batch = params.n_ubatch = 512;
    params.n_seq_max = 64;
    params.kv_unified = true;
    const char * threads = std::getenv("THREADS");
    params.n_threads = params.n_threads_batch = threads == nullptr ? 1 : std::atoi(threads);
    if (std::getenv("F32_CACHE") != nullptr) {
        params.type_k = params.type_v = GGML_TYPE_F32;
        params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    }
    llama_context * ctx = static_cast<llama_context *>(must(CALL(llama_init_from_model)(model, params), "context"));

    if (const char * path = std::getenv("CONTROL_VECTOR")) {
        const float scale = std::strtof(std::getenv("CONTROL_VECTOR_SCALE"), nullptr);
        ggml_context * data = nullptr;
        gguf_context * file =
            static_cast<gguf_context *>(must(CALL(gguf_init_from_file)(path, { false, &data }), path));
        const auto n_embd = size_t(CALL(llama_model_n_embd)(model));
        std::vector<float> directions; // of layer 1, 2 ...
        for (int64_t i = 0; i < CALL(gguf_get_n_tensors)(file); ++i) {
            const char * name = CALL(gguf_get_tensor_name)(file, i);
            const ggml_tensor * tensor = CALL(ggml_get_tensor)(data, name);
            const int layer = std::strncmp(name, "direction.", 10) == 0 ? std::atoi(name + 10) : 0;
            if (layer < 1 || tensor->type != GGML_TYPE_F32 || tensor->ne[1] != 1 || size_t(tensor->ne[0]) != n_embd) {
                std::fprintf(stderr, "%s: %s is no direction\n", path, name);
                return 1;
            }
            directions.resize(std::max(directions.size(), n_embd * size_t(layer)));
            for (size_t j = 0; j < n_embd; ++j) {
                directions[n_embd * size_t(layer - 1) + j] += scale * static_cast<const float *>(tensor->data)[j];
            }
        }
        const int32_t layers = CALL(llama_model_n_layer)(model);
        if (CALL(llama_set_adapter_cvec)(ctx, directions.data(), directions.size(), int32_t(n_embd), 1, layers) != 0) {
            return 1;
        }
    }

    llama_batch batch = CALL(llama_batch_init)(n, 0, 1);
    batch.n_tokens = n;
    for (int32_t i = 0; i < n; ++i) {
        batch.token[i] = tokens[size_t(i)];
        batch.pos[i] = i;
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = 0;
        batch.logits[i] = 1;
    }
    if (CALL(llama_decode)(ctx, batch) != 0) {
        return 1;
    }
    const auto n_vocab = size_t(CALL(llama_vocab_n_tokens)(CALL(llama_model_get_vocab)(model)));
    std::ofstream(argv[4], std::ios::binary)
        .write(
            reinterpret_cast<const char *>(CALL(llama_get_logits)(ctx)),
            std::streamsize(size_t(n) * n_vocab * sizeof(float))
        );
    CALL(llama_batch_free)(batch);
    CALL(llama_free)(ctx);
    CALL(llama_model_free)(model);
    return 0;
}
