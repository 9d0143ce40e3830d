set(CMAKE_SYSTEM_PROCESSOR x86_64)
# as the prebuilt ggml
set(LN_ZIG_TARGET x86_64-macos.14.0)
include("${CMAKE_CURRENT_LIST_DIR}/apple.cmake")
