set(CMAKE_SYSTEM_PROCESSOR arm64)
set(LN_ZIG_TARGET aarch64-macos.13.0)
include("${CMAKE_CURRENT_LIST_DIR}/apple.cmake")
