#include "model/job_state.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::model;

namespace {

using enum job_state;

constexpr std::size_t event_count = 18;

job_event event_at(std::size_t index) { return static_cast<job_event>(index); }

/// S2 once more, as a picture: a row per state, a column per event in the order of `job_event`.
/// A dot is a refusal; `<` goes back to where the wait began.
///
/// Columns: started, prestage_required, prestaged, manifest_fetched, manifest_refused,
/// nothing_missing, files_missing, sources_exhausted, source_gained, no_space, space_found,
/// last_piece_verified, damage_found, committed, reported, cancel_asked, cancel_done, volume_broken
const std::map<job_state, std::string_view> picture{
    {not_started, /*          */ "SP.............R.F"},
    {downloading_signature, /**/ "...MF..W.K.....R.F"},
    {signature_downloaded, /* */ "....FID........R.F"},
    {downloading, /*          */ ".......W.K.L...R.F"},
    {waiting_for_source, /*   */ "........<......R.F"},
    {parked, /*               */ "..........<....R.F"},
    {waiting_prestage, /*     */ "..I............R.F"},
    {cancel_requested, /*     */ "...........L....CF"},
    {downloaded, /*           */ "............DI...F"},
    {si_applied, /*           */ ".............I+..F"},
    {succeeded, /*            */ ".................."},
    {failed, /*               */ ".................."},
    {cancelled, /*            */ ".................."},
};
const std::map<char, job_state> letters{
    {'S', downloading_signature},
    {'P', waiting_prestage},
    {'M', signature_downloaded},
    {'F', failed},
    {'W', waiting_for_source},
    {'K', parked},
    {'I', si_applied},
    {'D', downloading},
    {'L', downloaded},
    {'R', cancel_requested},
    {'C', cancelled},
    {'+', succeeded},
};

bool waits(job_state state) { return state == waiting_for_source || state == parked; }

bool contains(const std::vector<job_command>& commands, job_command wanted) {
  return std::find(commands.begin(), commands.end(), wanted) != commands.end();
}

void check_pair(const job_situation& now, job_event event, char letter) {
  CAPTURE(name_of(now.state));
  CAPTURE(name_of(now.resume_to));
  CAPTURE(name_of(event));
  const job_transition made = advance(now, event);
  CHECK(made.allowed == (letter != '.'));
  if (!made.allowed) {
    CHECK(made.next == now);
    CHECK(made.commands.empty());
    return;
  }
  const job_state expected = letter == '<' ? now.resume_to : letters.at(letter);
  CHECK(name_of(made.next.state) == name_of(expected));
  if (waits(expected)) { CHECK(made.next.resume_to == now.state); }
  REQUIRE_FALSE(made.commands.empty());
  CHECK(made.commands.front() == job_command::record_state);
  CHECK(std::count(made.commands.begin(), made.commands.end(), job_command::record_state) == 1);
  CHECK(contains(made.commands, job_command::forget_job) == is_final(expected));
}

}  // namespace

// S2, B17
TEST_CASE("every pair of state and event does what S2 says, or is refused without effect") {
  REQUIRE(picture.size() == all_job_states.size());
  for (const auto& [state, row] : picture) {
    REQUIRE(row.size() == event_count);
    for (const job_state resume_to : {downloading_signature, downloading}) {
      for (std::size_t column = 0; column < event_count; ++column) {
        check_pair({state, resume_to}, event_at(column), row[column]);
      }
    }
  }
}

TEST_CASE("a wait has a command that ends it, and resuming repeats the interrupted work") {
  const auto commands = [](job_situation now, job_event event) {
    return advance(now, event).commands;
  };
  using enum job_command;
  CHECK(contains(commands({downloading}, job_event::sources_exhausted), wait_for_source));
  CHECK(contains(commands({downloading}, job_event::no_space), wait_for_space));
  CHECK(contains(commands({downloading}, job_event::no_space), stop_fetching));
  CHECK(contains(commands({not_started}, job_event::prestage_required), wait_for_prestage));
  CHECK(contains(commands({parked, downloading}, job_event::space_found), fetch_files));
  CHECK(
      contains(commands({parked, downloading_signature}, job_event::space_found), fetch_manifest));
  CHECK(
      contains(commands({waiting_for_source, downloading}, job_event::source_gained), fetch_files));
}

TEST_CASE("an empty package succeeds without downloading anything") {
  job_situation now;
  std::vector<job_command> all;
  for (const job_event event :
       {job_event::started, job_event::manifest_fetched, job_event::nothing_missing,
        job_event::committed, job_event::reported}) {
    const job_transition made = advance(now, event);
    REQUIRE(made.allowed);
    now = made.next;
    all.insert(all.end(), made.commands.begin(), made.commands.end());
  }
  CHECK(now.state == succeeded);
  CHECK(contains(all, job_command::commit_content));
  CHECK(contains(all, job_command::report_success));
  CHECK_FALSE(contains(all, job_command::fetch_files));
}

TEST_CASE("a cancel that loses the race against the last piece is too late, and the job succeeds") {
  const job_situation asked = advance({downloading}, job_event::cancel_asked).next;
  CHECK(asked.state == cancel_requested);
  const job_transition won = advance(asked, job_event::last_piece_verified);
  CHECK(won.next.state == downloaded);
  CHECK(contains(won.commands, job_command::commit_content));
  CHECK_FALSE(advance(won.next, job_event::cancel_asked).allowed);
  CHECK_FALSE(advance(won.next, job_event::cancel_done).allowed);
}

TEST_CASE("the cancel race ends in exactly one of two ways, whatever comes first") {
  seeded_random random(7);
  for (int round = 0; round < 10'000; ++round) {
    std::array events{job_event::cancel_asked, job_event::last_piece_verified,
                      job_event::cancel_done};
    for (std::size_t i = events.size(); i > 1; --i) {
      std::swap(events[i - 1], events[random() % i]);
    }
    job_situation now{downloading};
    for (const job_event event : events) { now = advance(now, event).next; }
    // What has not happened yet happens now: what runs stops, or everything is there.
    if (now.state == cancel_requested) { now = advance(now, job_event::cancel_done).next; }
    const bool one_of_two = now.state == cancelled || now.state == downloaded;
    REQUIRE(one_of_two);
  }
}

TEST_CASE("random events never leave the table, and a final state stays") {
  seeded_random random(11);
  for (int round = 0; round < 2'000; ++round) {
    job_situation now;
    for (int step = 0; step < 60; ++step) {
      const job_event event = event_at(random() % event_count);
      const job_transition made = advance(now, event);
      REQUIRE(picture.contains(made.next.state));
      if (is_final(now.state)) { REQUIRE_FALSE(made.allowed); }
      if (waits(made.next.state)) {
        const bool real =
            made.next.resume_to == downloading || made.next.resume_to == downloading_signature;
        REQUIRE(real);
      }
      now = made.next;
    }
  }
}

TEST_CASE("every state can reach success or says that it cannot") {
  for (const job_state start : all_job_states) {
    std::set<std::pair<job_state, job_state>> seen;
    std::vector<job_situation> open{{start}};
    bool succeeds = false;
    while (!open.empty()) {
      const job_situation now = open.back();
      open.pop_back();
      if (!seen.insert({now.state, now.resume_to}).second) { continue; }
      succeeds = succeeds || now.state == succeeded;
      for (std::size_t column = 0; column < event_count; ++column) {
        open.push_back(advance(now, event_at(column)).next);
      }
    }
    CAPTURE(name_of(start));
    CHECK(succeeds == (start != failed && start != cancelled));
  }
}

TEST_CASE("after a restart every open job has something to do, except one that waits for a slot") {
  for (const job_state state : all_job_states) {
    CAPTURE(name_of(state));
    CHECK(commands_after_restart({state}).empty() == (state == not_started));
  }
  CHECK(contains(commands_after_restart({downloading}), job_command::fetch_files));
  CHECK(contains(commands_after_restart({downloaded}), job_command::commit_content));
}

TEST_CASE("names are distinct, and numbers are those of the contract") {
  std::set<std::string_view> names;
  for (const job_state state : all_job_states) { names.insert(name_of(state)); }
  CHECK(names.size() == 13);
  names.clear();
  for (std::size_t i = 0; i < event_count; ++i) { names.insert(name_of(event_at(i))); }
  CHECK(names.size() == event_count);
  names.clear();
  for (int i = 0; i < 18; ++i) { names.insert(name_of(static_cast<job_command>(i))); }
  CHECK(names.size() == 18);
  CHECK(name_of(job_command::forget_job) == "forget_job");
  CHECK(name_of(job_command::record_state) == "record_state");
  CHECK(name_of(waiting_for_source) == "waiting_for_source");
  CHECK(name_of(job_event::volume_broken) == "volume_broken");
  CHECK(name_of(job_event::last_piece_verified) == "last_piece_verified");
  CHECK(name_of(job_command::wait_for_space) == "wait_for_space");
  CHECK(static_cast<int>(not_started) == 1);
  CHECK(static_cast<int>(downloading_signature) == 4);
  CHECK(static_cast<int>(signature_downloaded) == 5);
  CHECK(static_cast<int>(downloaded) == 9);
  CHECK(static_cast<int>(si_applied) == 13);
  for (const int report : {1, 2, 4, 8, 16, 32, 64, 128}) {
    CHECK(name_of(static_cast<state_report>(report)) != "unknown");
  }
  CHECK(static_cast<int>(state_report::downloaded) == 32);
}
