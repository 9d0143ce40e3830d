#pragma once

// Files of other block types, and the importance matrices that they are made with. The contract is
// NativeAddon.quantize and writeImatrix in src/engine/native/addon.ts.

#include <napi.h>

namespace quantize {

void define(Napi::Env env, Napi::Object exports);

}
