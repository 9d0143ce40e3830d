#pragma once

#include <filesystem>
#include <string>
#include <vector>

// A shared library that is open while the object lives.
class SharedLibrary {
public:
    // By its path. Whether it opened is asked with the operator bool.
    explicit SharedLibrary(const std::filesystem::path & path);
    // By its name, where the system keeps libraries; one that is loaded already is that one.
    static SharedLibrary named(const std::string & name, const std::filesystem::path & beside);

    ~SharedLibrary();
    SharedLibrary(SharedLibrary && other) noexcept;
    SharedLibrary(const SharedLibrary &) = delete;
    SharedLibrary & operator=(const SharedLibrary &) = delete;

    explicit operator bool() const { return handle != nullptr; }
    const std::string & error() const { return why; }
    void * symbol(const char * name) const;

private:
    SharedLibrary() = default;

    void * handle = nullptr;
    std::string why;
};

// Keeps the system's loader from looking in the working directory, as long as the object lives, where it can be told
// to: on Windows.
class NoWorkingDirectory {
public:
    NoWorkingDirectory();
    ~NoWorkingDirectory();
    NoWorkingDirectory(const NoWorkingDirectory &) = delete;
    NoWorkingDirectory & operator=(const NoWorkingDirectory &) = delete;

#ifdef _WIN32
private:
    std::wstring before;
#endif
};

// Names of the libraries that one needs, as its file has them; none where the system's format is not ELF, or the file
// is none.
std::vector<std::string> needed_libraries(const std::filesystem::path & path);
