// Writes the tokens that a given libllama makes of texts: tokens LIBLLAMA GGML_FOLDER MODEL TEXT_FILE... > OUT
// Each text's as a line of numbers. Knows only llama.cpp's public API, like logits.cpp.

#include "ggml-backend.h"
#include "llama.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
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

    llama_model_params params = CALL(llama_model_default_params)();
    params.vocab_only = true;
    llama_model * model = static_cast<llama_model *>(must(CALL(llama_model_load_from_file)(argv[3], params), argv[3]));
    const llama_vocab * vocab = CALL(llama_model_get_vocab)(model);
    for (int i = 4; i < argc; ++i) {
        std::ifstream file(argv[i], std::ios::binary);
        const std::string text{ std::istreambuf_iterator<char>(file), {} };
        std::vector<llama_token> tokens(text.size() + 8);
        const int32_t n = CALL(llama_tokenize)(
            vocab, text.data(), int32_t(text.size()), tokens.data(), int32_t(tokens.size()), false, false
        );
        for (int32_t k = 0; k < n; ++k) {
            std::printf("%d ", tokens[size_t(k)]);
        }
        std::printf("\n");
    }
    CALL(llama_model_free)(model);
    return 0;
}
