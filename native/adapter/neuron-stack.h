#pragma once

// libstdc++'s regular expressions recurse for every character of a match, so that a long run of one kind overflows
// a common stack. Here they get a stack that is large enough, and find out where it is not (native/patches/0014).

#include <cstddef>
#include <functional>
#include <iterator>

// Calls `work` with a stack for matches of so many characters, on a thread of its own where they are many, and waits.
// What it throws is thrown here. limit: where the stack has little left; nullptr: it cannot overflow.
void llama_neurons_with_stack(size_t characters, const std::function<void(const void * limit)> & work);

// Throws llama_neurons_error WRONG_USE where the stack has grown beyond the limit.
void llama_neurons_check_stack(const void * limit);

// A character of a text, for std::regex: reading it fails by name before the stack overflows.
template <typename Char> class llama_neurons_text_iterator {
public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = Char;
    using difference_type = std::ptrdiff_t;
    using pointer = const Char *;
    using reference = const Char &;

    llama_neurons_text_iterator() = default;
    llama_neurons_text_iterator(const Char * at, const void * limit) : at(at), limit(limit) {}

    reference operator*() const {
        llama_neurons_check_stack(limit);
        return *at;
    }
    pointer operator->() const { return at; }
    reference operator[](difference_type n) const { return at[n]; }

    llama_neurons_text_iterator & operator++() { return *this += 1; }
    llama_neurons_text_iterator & operator--() { return *this += -1; }
    llama_neurons_text_iterator operator++(int) { return { at++, limit }; }
    llama_neurons_text_iterator operator--(int) { return { at--, limit }; }
    llama_neurons_text_iterator & operator+=(difference_type n) {
        at += n;
        return *this;
    }
    llama_neurons_text_iterator & operator-=(difference_type n) { return *this += -n; }
    llama_neurons_text_iterator operator+(difference_type n) const { return { at + n, limit }; }
    llama_neurons_text_iterator operator-(difference_type n) const { return { at - n, limit }; }
    difference_type operator-(const llama_neurons_text_iterator & other) const { return at - other.at; }

    bool operator==(const llama_neurons_text_iterator & other) const { return at == other.at; }
    bool operator!=(const llama_neurons_text_iterator & other) const { return at != other.at; }
    bool operator<(const llama_neurons_text_iterator & other) const { return at < other.at; }

private:
    const Char * at = nullptr;
    const void * limit = nullptr;
};
