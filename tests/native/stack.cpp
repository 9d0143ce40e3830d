// Matches a run of so many letters: stack CHARACTERS. Prints the match's length, or the code of the failure.

#include "neuron-adapter-api.h"
#include "neuron-stack.h"

#include <cstdio>
#include <cstdlib>
#include <regex>
#include <string>

int main(int /*argc*/, char ** argv) {
    using Iterator = llama_neurons_text_iterator<char>;
    const std::string text(size_t(std::atol(argv[1])), 'A');
    const std::basic_regex<char> expression("([A-Z]|[0-9])+");
    try {
        llama_neurons_with_stack(text.size(), [&](const void * limit) {
            const Iterator first(text.data(), limit);
            std::match_results<Iterator> found;
            std::regex_search(first, first + std::ptrdiff_t(text.size()), found, expression);
            std::printf("%zu\n", size_t(found.length()));
        });
    } catch (const llama_neurons_error & e) {
        std::printf("%s\n", e.code.c_str());
    }
    return 0;
}
