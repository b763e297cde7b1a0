// sluice-sim: whole sites in virtual time.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>

#include "base/base.hpp"
#include "tests/simulation/simulated_site.hpp"

using namespace sluice;
using simulation::planted_bug;

namespace {

constexpr std::string_view help =
    R"(Usage: sluice-sim [--seed N] [--seeds N] [--hours N] [--packages N] [--bug NAME] [--twice]
                  [--trace]

Runs a site server, 12 distribution points and their operators for a day of virtual time, in one
thread, with faults of disks, machines, network and clocks; then there is quiet, and everything must
become as it was wished. The same seed makes the same events.

  --seed N      the first seed; 1
  --seeds N     how many, one after another; 1
  --hours N     of operators and faults; 24
  --packages N  that are added in that time; 200
  --bug NAME    plants one: forgets_jobs, loses_content, wrong_byte or loses_row; it must fail then
  --twice       runs each seed twice, and compares the events
  --trace       prints every event
  --help        explains the command, and does nothing

Exit code: 0 all is well, 1 a checker found something, 2 the command is wrong.
)";

struct options {
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;
  std::uint64_t hours = 24;
  std::uint64_t packages = 200;
  planted_bug bug = planted_bug::none;
  bool twice = false;
  bool trace = false;
  bool help = false;
};

bool read_number(const char* text, std::uint64_t& into) {
  if (text == nullptr) { return false; }
  const char* const end = text + std::strlen(text);
  const auto read = std::from_chars(text, end, into);
  return read.ec == std::errc() && read.ptr == end;
}

bool read_bug(const char* text, planted_bug& into) {
  if (text == nullptr) { return false; }
  const std::string_view name = text;
  if (name == "forgets_jobs") { into = planted_bug::forgets_jobs; }
  if (name == "loses_content") { into = planted_bug::loses_content; }
  if (name == "wrong_byte") { into = planted_bug::wrong_byte; }
  if (name == "loses_row") { into = planted_bug::loses_row; }
  return into != planted_bug::none;
}

std::optional<options> read(char** words) {
  options given;
  for (; *words != nullptr; ++words) {
    const std::string_view word = *words;
    bool good = true;
    if (word == "--help") {
      given.help = true;
    } else if (word == "--twice") {
      given.twice = true;
    } else if (word == "--trace") {
      given.trace = true;
    } else if (word == "--bug") {
      good = read_bug(*++words, given.bug);
    } else if (word == "--seed") {
      good = read_number(*++words, given.seed);
    } else if (word == "--seeds") {
      good = read_number(*++words, given.seeds);
    } else if (word == "--hours") {
      good = read_number(*++words, given.hours);
    } else if (word == "--packages") {
      good = read_number(*++words, given.packages);
    } else {
      good = false;
    }
    if (!good) {
      std::fprintf(stderr, "sluice-sim: %s is no option, or lacks its value; see --help\n",
                   std::string(word).c_str());
      return std::nullopt;
    }
  }
  return given;
}

void print_event(const std::string& event) { std::printf("%s\n", event.c_str()); }

bool run(const options& given, std::uint64_t seed) {
  simulation::simulation_plan plan;
  plan.seed = seed;
  plan.length = std::chrono::hours(given.hours);
  plan.packages = static_cast<std::uint32_t>(given.packages);
  plan.bug = given.bug;
  if (given.trace) { plan.trace = print_event; }
  std::printf("seed %llu begins\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);  // also of a run that never comes back
  const auto begin = std::chrono::steady_clock::now();
  auto outcome = simulation::simulate(plan);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (given.twice && simulation::simulate(plan).trace_digest != outcome.trace_digest) {
    outcome.wrong.push_back("the same seed made other events");
  }
  const auto quiet = std::chrono::duration_cast<std::chrono::minutes>(outcome.quiet).count();
  std::printf(
      "seed %llu: %s, %llu events %016llx, %llu wishes, %llu faults, %llu suspended, %llu targets, "
      "%llu files "
      "compared, quiet after %lld min, %.1f s\n",
      static_cast<unsigned long long>(seed), outcome.wrong.empty() ? "ok" : "WRONG",
      static_cast<unsigned long long>(outcome.events),
      static_cast<unsigned long long>(outcome.trace_digest),
      static_cast<unsigned long long>(outcome.wishes),
      static_cast<unsigned long long>(outcome.faults),
      static_cast<unsigned long long>(outcome.suspended),
      static_cast<unsigned long long>(outcome.targets),
      static_cast<unsigned long long>(outcome.files_compared), static_cast<long long>(quiet),
      took.count());
  for (const std::string& sentence : outcome.wrong) { std::printf("  %s\n", sentence.c_str()); }
  std::fflush(stdout);
  return outcome.wrong.empty();
}

}  // namespace

int main(int, char** words) {
  const auto given = read(words + 1);
  if (!given) { return 2; }
  if (given->help) {
    std::fputs(std::string(help).c_str(), stdout);
    return 0;
  }
  log::set_level(given->trace ? log::level::info : log::level::error);
  bool all_well = true;
  for (std::uint64_t seed = given->seed; seed < given->seed + given->seeds; ++seed) {
    all_well = run(*given, seed) && all_well;
  }
  return all_well ? 0 : 1;
}
