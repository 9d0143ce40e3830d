# What both kinds of Mac have in common; CMake asks Apple's own tools for some of it, which are not here.
set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_SHARED_LIBRARY_RUNTIME_CXX_FLAG "-Wl,-rpath,")
set(CMAKE_INSTALL_NAME_TOOL true)
set(CMAKE_OSX_SYSROOT "")
include("${CMAKE_CURRENT_LIST_DIR}/zig.cmake")
