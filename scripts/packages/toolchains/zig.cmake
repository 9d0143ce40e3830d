# Zig's clang, linker and system libraries for LN_ZIG_TARGET, which the platform's own file sets before this one.
# -O2 for CMake's own trials: without, zig would compile the C++ library twice
set(CMAKE_CXX_COMPILER "$ENV{LN_ZIG}" c++ -target ${LN_ZIG_TARGET} -O2)
# stripped at link time: on a Mac the signature covers the pages
add_link_options(-s)
# nothing of this machine
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
