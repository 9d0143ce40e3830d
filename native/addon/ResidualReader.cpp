#include "ResidualReader.h"

#include "TensorValues.h"

#include <cstring>
#include <utility>

bool ResidualReader::on_eval(ggml_tensor * tensor, bool ask, void * user_data) {
    auto * self = static_cast<ResidualReader *>(user_data);
    const bool wanted = self->reading && tensor->type == GGML_TYPE_F32 && std::strncmp(tensor->name, "l_out-", 6) == 0;
    if (wanted && !ask) {
        self->take(tensor);
    }
    return ask ? wanted : true;
}

void ResidualReader::begin() {
    reading = true;
    layers.clear();
}

std::map<int, std::vector<float>> ResidualReader::end() {
    reading = false;
    return std::exchange(layers, {});
}

void ResidualReader::take(const ggml_tensor * tensor) {
    const std::vector<float> values = values_of(tensor, tensor->ne[0], 0);
    auto & layer = layers[layer_of(tensor->name)];
    layer.insert(layer.end(), values.begin(), values.end());
}
