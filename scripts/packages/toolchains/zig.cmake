# Zig's clang, linker and system libraries for LN_ZIG_TARGET, which the platform's own file sets before this one.
# -O2 and -s for CMake's own trials too: zig compiles the C++ library for each kind of program. -s: no debug information
# is made, which takes a fifth of the compiling time, and the linker strips, since a Mac's signature covers the pages
set(CMAKE_CXX_COMPILER "$ENV{LN_ZIG}" c++ -target ${LN_ZIG_TARGET} -O2 -s)
# nothing of this machine
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
