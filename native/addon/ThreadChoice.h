#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

// How many threads compute the next batch. Threads of a batch wait for each other hundreds of times, spinning: where
// another process takes one of their cores for a while, all of them stand still, and fewer threads are faster. So where
// the system takes cores away, other numbers are tried for some 20 ms and kept where they are faster; back on idle
// cores, more are tried again. What is computed does not depend on the number.
class ThreadChoice {
public:
    // most: at least 1
    explicit ThreadChoice(int most);

    int threads() const { return numbers[trying ? trial : at]; }

    // Tells of a batch: what it did, batches of the same work being equal; the seconds it took; the time at its end, in
    // seconds; how often a core was taken away meanwhile.
    void took(uint64_t work, double seconds, double now, int64_t preemptions);

private:
    void judge(double now);
    void look(double now);

    std::vector<int> numbers;                   // falling, the most first, 1 last
    size_t at = 0;                              // place of the number in use
    std::unordered_map<uint64_t, double> usual; // seconds of each work lately, with that number

    bool trying = false;
    size_t trial = 0; // place of the number that is tried
    int batches = 0;  // of the trial, and their seconds, and those they were expected to take
    double spent = 0, expected = 0;

    double seconds = 0;                   // computed since the last look, and
    int64_t preemptions = 0;              // cores taken away meanwhile
    bool was_busy = false;                // at the last look
    double next_look = 0, next_trial = 0; // times
    double earliest = 0;                  // a time: what trials have cost holds the next one up until then
    double pause;                         // between trials, longer after each that failed
    size_t reach = 1;                     // how many places further down the next trial is
    bool up = false;                      // whether the last trial was of more threads
};
