#include "SharedLibrary.h"

#ifndef __linux__

std::vector<std::string> needed_libraries(const std::filesystem::path &) {
    return {};
}

#else

#include <elf.h>
#include <fstream>
#include <iterator>
#include <link.h>

namespace {

// A file of the processor's own word size, read as far as it goes.
class Elf {
public:
    explicit Elf(const std::filesystem::path & path) : file(path, std::ios::binary) {
        const auto header = read<ElfW(Ehdr)>(0, 1);
        if (header.empty() || std::string(reinterpret_cast<const char *>(header[0].e_ident), SELFMAG) != ELFMAG) {
            return;
        }
        segments = read<ElfW(Phdr)>(header[0].e_phoff, header[0].e_phnum);
    }

    std::vector<std::string> needed() {
        std::vector<ElfW(Xword)> names;
        ElfW(Addr) texts = 0;
        for (const auto & segment : segments) {
            if (segment.p_type != PT_DYNAMIC) {
                continue;
            }
            for (const auto & entry : read<ElfW(Dyn)>(segment.p_offset, segment.p_filesz / sizeof(ElfW(Dyn)))) {
                if (entry.d_tag == DT_NULL) {
                    break;
                }
                if (entry.d_tag == DT_NEEDED) {
                    names.push_back(entry.d_un.d_val);
                } else if (entry.d_tag == DT_STRTAB) {
                    texts = entry.d_un.d_ptr;
                }
            }
        }
        std::vector<std::string> found;
        for (const auto name : names) {
            found.push_back(text(texts + name));
        }
        return found;
    }

private:
    template <typename T> std::vector<T> read(uint64_t offset, size_t count) {
        std::vector<T> items(count);
        file.clear();
        file.seekg(std::streamoff(offset));
        file.read(reinterpret_cast<char *>(items.data()), std::streamsize(count * sizeof(T)));
        items.resize(size_t(file.gcount()) / sizeof(T));
        return items;
    }

    std::string text(ElfW(Addr) address) {
        for (const auto & segment : segments) {
            if (segment.p_type == PT_LOAD && address >= segment.p_vaddr
                && address - segment.p_vaddr < segment.p_filesz) {
                std::string line;
                file.clear();
                file.seekg(std::streamoff(address - segment.p_vaddr + segment.p_offset));
                std::getline(file, line, '\0');
                return line;
            }
        }
        return "";
    }

    std::ifstream file;
    std::vector<ElfW(Phdr)> segments;
};

} // namespace

std::vector<std::string> needed_libraries(const std::filesystem::path & path) {
    return Elf(path).needed();
}

#endif
