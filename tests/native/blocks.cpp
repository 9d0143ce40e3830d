// ggml's own view of its block types, to hold ours against:
//   blocks sizes           {"NUMBER": {"name", "weights", "bytes"}} of every type that ggml has
//   blocks weights NUMBER  the type's blocks on stdin, their weights on stdout, F32

#include "ggml.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

static std::vector<char> read_all() {
    std::vector<char> bytes;
    char buffer[65536];
    for (size_t n; (n = fread(buffer, 1, sizeof(buffer), stdin)) > 0;) {
        bytes.insert(bytes.end(), buffer, buffer + n);
    }
    return bytes;
}

static int sizes() {
    const char * comma = "{";
    for (int i = 0; i < GGML_TYPE_COUNT; i++) {
        const auto type = ggml_type(i);
        if (ggml_get_type_traits(type)->type_size == 0) {
            continue; // removed
        }
        printf(
            "%s\"%d\": {\"name\": \"%s\", \"weights\": %d, \"bytes\": %d}", comma, i, ggml_type_name(type),
            int(ggml_blck_size(type)), int(ggml_type_size(type))
        );
        comma = ", ";
    }
    printf("}\n");
    return 0;
}

int main(int argc, char ** argv) {
    if (argc == 2 && std::string(argv[1]) == "sizes") {
        return sizes();
    }
    if (argc != 3) {
        return 2;
    }
    const auto type = ggml_type(atoi(argv[2]));
    const std::vector<char> in = read_all();
    const size_t weights = in.size() / ggml_type_size(type) * size_t(ggml_blck_size(type));
    std::vector<float> out(weights);
    if (type == GGML_TYPE_F32) {
        memcpy(out.data(), in.data(), in.size());
    } else {
        ggml_get_type_traits(type)->to_float(in.data(), out.data(), int64_t(weights));
    }
    fwrite(out.data(), sizeof(float), out.size(), stdout);
    return 0;
}
