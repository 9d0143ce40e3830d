#include "ThreadChoice.h"

#include <algorithm>

namespace {

// Seconds between looks, and between trials at first and at most.
constexpr double shortest_pause = 0.2, longest_pause = 8;
// Seconds and batches of a trial: whichever comes first. A batch of a large model is a trial by itself.
constexpr double trial_seconds = 0.02;
constexpr int trial_batches = 8;
// Trials take at most a fiftieth of the time, however long a batch is.
constexpr double share_of_trials = 1.0 / 50;
// A trial's number of threads is kept where it takes less of the usual time than this.
constexpr double gain = 0.9;
// Preemptions a second from which on the cores are not ours alone: a neighbour that spins takes one some 250 times.
constexpr double busy_rate = 30;
// Works remembered: batches of a generation have a few hundred sizes at most.
constexpr size_t most_works = 512;

} // namespace

ThreadChoice::ThreadChoice(int most) : pause(shortest_pause) {
    for (int number = most; number > 1; number = number == most ? number - 1 : std::min(number - 1, number * 3 / 4)) {
        numbers.push_back(number);
    }
    numbers.push_back(1);
}

void ThreadChoice::took(uint64_t work, double took_seconds, double now, int64_t taken) {
    if (numbers.size() == 1) {
        return;
    }
    const auto known = usual.find(work);
    if (trying) {
        ++batches;
        if (known != usual.end()) {
            spent += took_seconds;
            expected += known->second;
        }
        if (spent >= trial_seconds || batches >= trial_batches) {
            judge(now);
        }
        return;
    }
    if (known != usual.end()) {
        known->second += 0.3 * (took_seconds - known->second);
    } else {
        if (usual.size() == most_works) {
            usual.clear();
        }
        usual.emplace(work, took_seconds);
    }
    seconds += took_seconds;
    preemptions += taken;
    if (now >= next_look && seconds >= trial_seconds) {
        look(now);
    }
}

void ThreadChoice::judge(double now) {
    trying = false;
    if (expected > 0 && spent < gain * expected) {
        at = trial;
        reach = 1;
        pause = shortest_pause;
        usual.clear(); // of another number of threads
    } else {
        reach = up ? reach : reach % numbers.size() + 1;
        pause = std::min(2 * pause, longest_pause);
    }
    seconds = 0;
    preemptions = 0;
    next_trial = now + pause;
    earliest = now + spent / share_of_trials;
}

void ThreadChoice::look(double now) {
    const bool is_busy = double(preemptions) > busy_rate * seconds;
    seconds = 0;
    preemptions = 0;
    next_look = now + shortest_pause;
    if (is_busy != was_busy) { // what failed before may do now
        was_busy = is_busy;
        pause = shortest_pause;
        reach = 1;
        next_trial = now;
    }
    if (now < next_trial || now < earliest) {
        return;
    }
    const bool can_rise = at > 0;
    const bool can_fall = is_busy && at + 1 < numbers.size();
    if (!can_rise && !can_fall) {
        return;
    }
    up = can_rise && (!can_fall || !up); // in turn where both can be
    trial = up ? at - 1 : std::min(at + reach, numbers.size() - 1);
    trying = true;
    batches = 0;
    spent = 0;
    expected = 0;
}
