#include "ImatrixFile.h"

#include "Failure.h"

#include "ggml.h"
#include "gguf.h"

#include <memory>

namespace {

constexpr const char * datasets_key = "imatrix.datasets";
constexpr const char * chunks_key = "imatrix.chunk_count";
constexpr const char * chunk_size_key = "imatrix.chunk_size";
const std::string sums_ending = ".in_sum2";
const std::string counts_ending = ".counts";

struct Deleter {
    void operator()(ggml_context * context) const { ggml_free(context); }
    void operator()(gguf_context * context) const { gguf_free(context); }
};
using Tensors = std::unique_ptr<ggml_context, Deleter>;
using Head = std::unique_ptr<gguf_context, Deleter>;

[[noreturn]] void fail_reading(const std::string & path, const std::string & why) {
    fail("DAMAGED", path + ": no importance matrix (" + why + "); remove it to make it again");
}

const float * values_of(const ggml_tensor * tensor, const std::string & path) {
    if (tensor->type != GGML_TYPE_F32 || !ggml_is_contiguous(tensor)) {
        fail_reading(path, std::string(tensor->name) + " is not of F32");
    }
    return static_cast<const float *>(tensor->data);
}

std::vector<float> means_of(const ggml_tensor * sums, const ggml_tensor * counts, const std::string & path) {
    const float * values = values_of(sums, path);
    const float * rows = values_of(counts, path);
    const auto all = size_t(ggml_nelements(sums));
    const auto matrices = size_t(ggml_nelements(counts));
    if (matrices == 0 || all % matrices != 0) {
        fail_reading(path, std::string(sums->name) + " has not the shape of its counts");
    }
    const size_t width = all / matrices;
    std::vector<float> means(all, 1.0f);
    for (size_t i = 0; i < all; ++i) {
        if (rows[i / width] > 0) {
            means[i] = values[i] / rows[i / width];
        }
    }
    return means;
}

int64_t number_of(const gguf_context * head, const char * key) {
    const int64_t place = gguf_find_key(head, key);
    return place < 0 || gguf_get_kv_type(head, place) != GGUF_TYPE_UINT32 ? 0 : gguf_get_val_u32(head, place);
}

std::string first_of(const gguf_context * head, const char * key) {
    const int64_t place = gguf_find_key(head, key);
    const bool is_there = place >= 0 && gguf_get_kv_type(head, place) == GGUF_TYPE_ARRAY
                       && gguf_get_arr_type(head, place) == GGUF_TYPE_STRING && gguf_get_arr_n(head, place) > 0;
    return is_there ? gguf_get_arr_str(head, place, 0) : "";
}

void set(ggml_tensor * tensor, size_t i, double value) {
    static_cast<float *>(tensor->data)[i] = float(value);
}

} // namespace

ImatrixFile ImatrixFile::read(const std::string & path) {
    ggml_context * made = nullptr;
    const Head head(gguf_init_from_file(path.c_str(), { /*no_alloc=*/false, /*ctx=*/&made }));
    const Tensors tensors(made);
    if (!head) {
        fail_reading(path, "it cannot be read as a GGUF file");
    }
    ImatrixFile file;
    file.dataset = first_of(head.get(), datasets_key);
    file.chunks = number_of(head.get(), chunks_key);
    for (auto * sums = ggml_get_first_tensor(made); sums != nullptr; sums = ggml_get_next_tensor(made, sums)) {
        const std::string name = sums->name;
        const size_t end = name.size() - sums_ending.size();
        if (name.size() <= sums_ending.size() || name.compare(end, std::string::npos, sums_ending) != 0) {
            continue;
        }
        const std::string weights = name.substr(0, end);
        const ggml_tensor * counts = ggml_get_tensor(made, (weights + counts_ending).c_str());
        if (counts == nullptr) {
            fail_reading(path, weights + " has no counts");
        }
        file.entries[weights] = means_of(sums, counts, path);
    }
    if (file.entries.empty()) {
        fail_reading(path, "it has no entries");
    }
    return file;
}

void ImatrixFile::write(
    const std::string & path, const std::map<std::string, InputSquares::Entry> & entries, const ImatrixSource & of
) {
    size_t bytes = 0;
    for (const auto & [name, entry] : entries) {
        bytes += 2 * (ggml_tensor_overhead() + 64) + sizeof(float) * (entry.sums.size() + entry.rows.size());
    }
    const Tensors tensors(ggml_init({ bytes, nullptr, /*no_alloc=*/false }));
    const Head head(gguf_init_empty());
    std::vector<const char *> datasets;
    for (const auto & dataset : of.datasets) {
        datasets.push_back(dataset.c_str());
    }
    gguf_set_val_str(head.get(), "general.type", "imatrix");
    gguf_set_arr_str(head.get(), datasets_key, datasets.data(), datasets.size());
    gguf_set_val_u32(head.get(), chunks_key, of.chunks);
    gguf_set_val_u32(head.get(), chunk_size_key, of.chunk_size);
    for (const auto & [name, entry] : entries) {
        const auto matrices = int64_t(entry.rows.size());
        const int64_t width = int64_t(entry.sums.size()) / matrices;
        auto * sums = ggml_new_tensor_2d(tensors.get(), GGML_TYPE_F32, width, matrices);
        auto * counts = ggml_new_tensor_2d(tensors.get(), GGML_TYPE_F32, 1, matrices);
        ggml_set_name(sums, (name + sums_ending).c_str());
        ggml_set_name(counts, (name + counts_ending).c_str());
        for (size_t i = 0; i < entry.sums.size(); ++i) {
            set(sums, i, entry.sums[i]);
        }
        for (size_t i = 0; i < entry.rows.size(); ++i) {
            set(counts, i, double(entry.rows[i]));
        }
        gguf_add_tensor(head.get(), sums);
        gguf_add_tensor(head.get(), counts);
    }
    if (!gguf_write_to_file(head.get(), path.c_str(), /*only_meta=*/false)) {
        fail("UNWRITABLE", path + ": cannot be written; free some space, or give another folder");
    }
}
