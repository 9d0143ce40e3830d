#pragma once

// Contexts that others make through our libllama, such as node-llama-cpp's, and the edits on them. The contract is
// NativeGuests in src/engine/native/addon.ts.

#include <napi.h>

namespace guests {

void define(Napi::Env env, Napi::Object exports);

}
