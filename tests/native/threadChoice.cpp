// A simulated machine: prints, as JSON, how many threads native/addon/ThreadChoice.h asks for in some situations.

#include "ThreadChoice.h"

#include <algorithm>
#include <cstdio>

namespace {

struct Machine {
    ThreadChoice choice;
    int cores;
    double now = 100; // seconds
    double slow = 0;  // seconds with threads that shared a core

    explicit Machine(int cores) : choice(cores), cores(cores) {}

    // Batches of `work` seconds of one core each, for some seconds, beside so many spinning neighbours.
    void run(double work, double seconds, int neighbours) {
        const double end = now + seconds;
        while (now < end) {
            const int n = choice.threads();
            const int clash = std::max(0, n + neighbours - cores);
            // threads that share a core stop all at their barriers
            const double took = work / n * (clash == 0 ? 1 : 2 + clash);
            now += took;
            slow += clash > 0 ? took : 0;
            choice.took(1, took, now, clash > 0 ? int64_t(took * 300) + 1 : 0);
        }
    }
};

} // namespace

int main() {
    Machine idle(8);
    int least = 8;
    for (int i = 0; i < 100; ++i) {
        idle.run(0.01, 0.1, 0);
        least = std::min(least, idle.choice.threads());
    }
    Machine busy(8);
    busy.run(0.01, 5, 1);
    const int beside_one = busy.choice.threads();
    busy.run(0.01, 20, 6);
    const int beside_six = busy.choice.threads();
    busy.run(0.01, 60, 0);
    const int alone_again = busy.choice.threads();

    Machine slow(2); // batches of 30 s with one thread
    slow.run(30, 2000, 1);
    Machine one(1);
    one.run(0.01, 10, 3);
    std::printf(
        "{\"idle\":%d,\"besideOne\":%d,\"besideSix\":%d,\"aloneAgain\":%d,"
        "\"large\":%d,\"shareWithMore\":%.4f,\"one\":%d}\n",
        least, beside_one, beside_six, alone_again, slow.choice.threads(), slow.slow / 2000, one.choice.threads()
    );
}
