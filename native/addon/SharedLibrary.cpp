#include "SharedLibrary.h"

#include <iterator>
#include <utility>

#ifdef _WIN32
#define NOMINMAX
#include <windows.h>
#else
#include <dlfcn.h>
#endif

SharedLibrary::SharedLibrary(SharedLibrary && other) noexcept
    : handle(std::exchange(other.handle, nullptr)), why(std::move(other.why)) {}

#ifdef _WIN32

SharedLibrary::SharedLibrary(const std::filesystem::path & path) {
    handle = LoadLibraryW(path.wstring().c_str());
}

SharedLibrary SharedLibrary::named(const std::string & name, const std::filesystem::path &) {
    return SharedLibrary(std::filesystem::u8path(name));
}

SharedLibrary::~SharedLibrary() {
    if (handle != nullptr) {
        FreeLibrary(static_cast<HMODULE>(handle));
    }
}

void * SharedLibrary::symbol(const char * name) const {
    return reinterpret_cast<void *>(GetProcAddress(static_cast<HMODULE>(handle), name));
}

NoWorkingDirectory::NoWorkingDirectory() {
    wchar_t folder[32768];
    const DWORD length = GetDllDirectoryW(DWORD(std::size(folder)), folder);
    before.assign(folder, length);
    SetDllDirectoryW(L"");
}

NoWorkingDirectory::~NoWorkingDirectory() {
    SetDllDirectoryW(before.empty() ? nullptr : before.c_str());
}

#else

SharedLibrary::SharedLibrary(const std::filesystem::path & path) {
    handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    const char * error = handle == nullptr ? dlerror() : nullptr;
    why = error == nullptr ? "" : error;
}

SharedLibrary SharedLibrary::named(const std::string & name, const std::filesystem::path & beside) {
    SharedLibrary loaded;
    loaded.handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (loaded) {
        return loaded;
    }
    std::error_code ignored;
    if (std::filesystem::exists(beside / name, ignored)) {
        return SharedLibrary(beside / name);
    }
    // The folders of this addon and the system's.
    return SharedLibrary(std::filesystem::path(name));
}

SharedLibrary::~SharedLibrary() {
    if (handle != nullptr) {
        dlclose(handle);
    }
}

void * SharedLibrary::symbol(const char * name) const {
    return dlsym(handle, name);
}

NoWorkingDirectory::NoWorkingDirectory() = default;
NoWorkingDirectory::~NoWorkingDirectory() = default;

#endif
