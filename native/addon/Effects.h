#pragma once

// Which tokens vectors raise and lower. The contract is NativeAddon.matrixColumns and tokenEffects in
// src/engine/native/addon.ts.

#include <napi.h>

namespace effects {

void define(Napi::Env env, Napi::Object exports);

}
