set(CMAKE_SYSTEM_PROCESSOR arm64)
# as the prebuilt ggml
set(LN_ZIG_TARGET aarch64-macos.14.0)
include("${CMAKE_CURRENT_LIST_DIR}/apple.cmake")
