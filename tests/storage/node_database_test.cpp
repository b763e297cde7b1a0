#include "storage/node_database.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/temporary_folder.hpp"

namespace sluice::storage {

namespace {

using runs = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

class made_of_seed {
public:
  template <typename Id>
  Id id() {
    return Id::make([this] { return random_(); });
  }

private:
  seeded_random random_{42};
};

std::unique_ptr<node_database> open_at(const std::string& path, model::epoch_id fresh = {}) {
  auto opened = node_database::open(path, fresh);
  REQUIRE_MESSAGE(opened.ok(), (opened ? "" : describe(opened.error())));
  return std::move(*opened);
}

model::file_id file_of(std::uint64_t size) { return {model::digest{}, model::byte_count{size}}; }

job_record job_of(model::job_id job) {
  job_record record;
  record.notification.job = job;
  record.notification.content = *model::content_id::parse("PKG00012.3");
  record.notification.action = model::notification_action::redistribute;
  record.notification.allow_fallback = true;
  record.notification.priority = model::package_priority::low;
  record.notification.package_size = model::byte_count{~std::uint64_t{0} / 2};
  record.notification.anonymous_access = false;
  record.notification.hash.bytes.fill(std::byte{7});
  record.notification.manifest_size = model::byte_count{1234};
  record.notification.related_content = "PKG00011.1";
  record.notification.sources = {{"dp1", {}, "127.0.0.1:80", "http", 1},
                                 {"dp \xC3\xBC", {}, "[::1]:8080", "http", 200}};
  record.situation = {model::job_state::parked, model::job_state::downloading};
  record.bytes_done = 17;
  record.bytes_transferred = 19;
  record.reason = "no space";
  return record;
}

runs runs_of(node_database& database, const model::file_id& file) {
  runs found;
  const auto recorded = database.pieces_of(file);
  REQUIRE(recorded.ok());
  for (const verified_run& run : *recorded) { found.emplace_back(run.first, run.count); }
  return found;
}

outbox_row progress_of(model::job_id job, model::state_report report) {
  outbox_row row;
  row.state.emplace();
  row.state->job = job;
  row.state->report = report;
  row.state->content = *model::content_id::parse("PKG00012.3");
  row.state->time = model::calendar_time{std::chrono::milliseconds{1'700'000'000'123}};
  row.state->source = "dp1";
  if (report == model::state_report::in_progress) {
    row.state->next_try = row.state->time + std::chrono::minutes(30);
  }
  row.state->bytes_done = model::byte_count{5};
  return row;
}

outbox_row message_of(std::uint32_t id) {
  outbox_row row;
  row.status.emplace();
  row.status->id = id;
  row.status->system = "node one";
  row.status->insertions = {"PKG00012", "", "text with 'quotes'"};
  return row;
}

TEST_CASE("a job survives the database's closing as it was recorded") {
  const temporary_folder folder;
  made_of_seed made;
  job_record job = job_of(made.id<model::job_id>());
  const auto epoch = made.id<model::epoch_id>();
  {
    const auto database = open_at(folder / "node.db", epoch);
    REQUIRE(database->add_job(job).ok());
    job.situation.state = model::job_state::downloading;
    job.bytes_done = 99;
    job.reason = "";
    REQUIRE(database->update_job(job).ok());
  }
  const auto database = open_at(folder / "node.db", made.id<model::epoch_id>());
  CHECK(database->epoch() == epoch);
  CHECK_FALSE(database->was_remade());
  const auto jobs = database->jobs();
  REQUIRE(jobs.ok());
  REQUIRE(jobs->size() == 1);
  CHECK(jobs->front().notification == job.notification);
  const auto alone = database->job(job.notification.job);
  REQUIRE(alone.ok());
  REQUIRE(alone->has_value());
  CHECK((*alone)->notification == job.notification);
  CHECK((*alone)->situation.state == model::job_state::downloading);
  CHECK_FALSE(database->job(made.id<model::job_id>())->has_value());
  CHECK(jobs->front().situation.state == model::job_state::downloading);
  CHECK(jobs->front().situation.resume_to == model::job_state::downloading);
  CHECK(jobs->front().bytes_done == 99);
  CHECK(jobs->front().bytes_transferred == 19);
  CHECK(jobs->front().reason.empty());
}

TEST_CASE("other sources of a job replace those it had") {
  made_of_seed made;
  const auto database = open_at("");
  job_record job = job_of(made.id<model::job_id>());
  REQUIRE(database->add_job(job).ok());
  const job_record other = job_of(made.id<model::job_id>());
  REQUIRE(database->add_job(other).ok());
  job.notification.sources.resize(1);
  job.notification.sources.front().name = "dp9";
  REQUIRE(database->replace_sources(job.notification).ok());
  CHECK((*database->job(job.notification.job))->notification == job.notification);
  CHECK((*database->job(other.notification.job))->notification == other.notification);
}

TEST_CASE("a job id is taken once, also when its job is over") {
  made_of_seed made;
  const auto database = open_at("");
  const job_record job = job_of(made.id<model::job_id>());
  REQUIRE(database->add_job(job).ok());
  CHECK(database->add_job(job).error().code == errc::conflict);
  REQUIRE(database->forget_job(job.notification.job).ok());
  CHECK(database->jobs()->empty());
  CHECK(*database->knows_job(job.notification.job));
  CHECK_FALSE(*database->knows_job(made.id<model::job_id>()));
  CHECK(database->add_job(job).error().code == errc::conflict);
  CHECK(database->update_job(job).error().code == errc::not_found);
}

TEST_CASE("verified runs that overlap or touch become one") {
  const auto database = open_at("");
  const model::file_id file = file_of(100 * limits::mib);
  const model::file_id other = file_of(101 * limits::mib);
  REQUIRE(database->record_pieces({{file, 0, 4}, {file, 8, 4}, {other, 3, 1}}).ok());
  CHECK(runs_of(*database, file) == runs{{0, 4}, {8, 4}});
  REQUIRE(database->record_pieces({{file, 20, 2}, {file, 4, 1}}).ok());
  CHECK(runs_of(*database, file) == runs{{0, 5}, {8, 4}, {20, 2}});
  REQUIRE(database->record_pieces({{file, 4, 5}}).ok());
  CHECK(runs_of(*database, file) == runs{{0, 12}, {20, 2}});
  REQUIRE(database->record_pieces({{file, 1, 2}, {file, 11, 20}, {file, 50, 0}}).ok());
  CHECK(runs_of(*database, file) == runs{{0, 31}});
  CHECK(runs_of(*database, other) == runs{{3, 1}});
  CHECK(database->files_with_pieces()->size() == 2);
  REQUIRE(database->forget_pieces(file).ok());
  CHECK(runs_of(*database, file).empty());
  CHECK(*database->files_with_pieces() == std::vector{other});
}

TEST_CASE("random runs are recorded as a plain set of pieces would be") {
  const auto database = open_at("");
  seeded_random random(7);
  std::vector<bool> held(200);
  for (int step = 0; step < 300; ++step) {
    const std::uint64_t first = random() % 190;
    const std::uint64_t count = 1 + random() % 9;
    for (std::uint64_t i = first; i < first + count; ++i) { held[i] = true; }
    REQUIRE(database->record_pieces({{file_of(5), first, count}}).ok());
    std::vector<bool> recorded(200);
    std::uint64_t free_from = 0;
    for (const auto& [start, length] : runs_of(*database, file_of(5))) {
      CHECK((start == 0 || start > free_from));
      for (std::uint64_t i = start; i < start + length; ++i) { recorded[i] = true; }
      free_from = start + length;
    }
    REQUIRE(recorded == held);
  }
}

TEST_CASE("reports leave the outbox in order, with ascending sequences, once acknowledged") {
  const temporary_folder folder;
  made_of_seed made;
  const auto job = made.id<model::job_id>();
  std::uint64_t last = 0;
  {
    const auto database = open_at(folder / "node.db");
    auto sequences = database->append(
        {message_of(2300), progress_of(job, model::state_report::in_progress), message_of(2301)});
    REQUIRE(sequences.ok());
    REQUIRE(sequences->size() == 3);
    last = sequences->back();
    const auto rows = database->outbox(10);
    REQUIRE(rows.ok());
    REQUIRE(rows->size() == 3);
    CHECK(rows->front().status->insertions == message_of(0).status->insertions);
    CHECK(rows->front().status->sequence == rows->front().sequence);
    outbox_row expected = progress_of(job, model::state_report::in_progress);
    expected.state->sequence = (*rows)[1].sequence;
    CHECK((*rows)[1].state == expected.state);
    CHECK(database->outbox(2)->size() == 2);
    REQUIRE(database->acknowledge((*rows)[1].sequence).ok());
    REQUIRE(database->outbox(10)->size() == 1);
    REQUIRE(database->acknowledge(last).ok());
  }
  const auto database = open_at(folder / "node.db");
  CHECK(database->outbox(10)->empty());
  CHECK(database->append({message_of(2302)})->front() > last);
}

// Q4
TEST_CASE("a later report of a job overtakes its undelivered progress, and no other's") {
  made_of_seed made;
  const auto database = open_at("");
  const auto job = made.id<model::job_id>();
  const auto other = made.id<model::job_id>();
  using model::state_report;
  REQUIRE(database
              ->append({progress_of(job, state_report::download_started),
                        progress_of(job, state_report::in_progress),
                        progress_of(other, state_report::in_progress)})
              .ok());
  REQUIRE(database->append({progress_of(job, state_report::in_progress)}).ok());
  REQUIRE(database->append({progress_of(job, state_report::success)}).ok());
  std::vector<std::pair<model::job_id, state_report>> left;
  const auto rows = database->outbox(10);
  REQUIRE(rows.ok());
  for (const outbox_row& row : *rows) { left.emplace_back(row.state->job, row.state->report); }
  CHECK(left == decltype(left){{job, state_report::download_started},
                               {other, state_report::in_progress},
                               {job, state_report::success}});
}

TEST_CASE("a full outbox gives up progress first, then refuses") {
  made_of_seed made;
  const auto database = open_at("");
  std::vector<outbox_row> rows(limits::outbox_messages_max - 1, message_of(2300));
  rows.push_back(progress_of(made.id<model::job_id>(), model::state_report::in_progress));
  REQUIRE(database->append(rows).ok());
  REQUIRE(database->append({message_of(2301)}).ok());
  CHECK(database->append({message_of(2302)}).error().code == errc::limit_reached);
  REQUIRE(database->acknowledge(1).ok());
  CHECK(database->append({message_of(2302)}).ok());
}

// A10
TEST_CASE("a site is forgotten with its keys, its jobs and its reports; pieces and epoch stay") {
  made_of_seed made;
  const auto epoch = made.id<model::epoch_id>();
  const auto database = open_at("", epoch);
  const auto job = made.id<model::job_id>();
  REQUIRE(database->pin_keys({hashing::public_key{}}).ok());
  REQUIRE(database->add_job(job_of(job)).ok());
  REQUIRE(database->record_pieces({{file_of(9), 0, 2}}).ok());
  REQUIRE(
      database->append({progress_of(job, model::state_report::success), message_of(2300)}).ok());
  const auto last = database->outbox(10)->back().sequence;
  hashing::public_key next{};
  next[0] = std::byte{1};
  CHECK(*database->forget_site({next}) == 2);
  CHECK(*database->pinned_keys() == std::vector{next});
  CHECK(database->jobs()->empty());
  CHECK(*database->knows_job(job));
  CHECK(database->outbox(10)->empty());
  CHECK(database->epoch() == epoch);
  CHECK(runs_of(*database, file_of(9)) == runs{{0, 2}});
  REQUIRE(database->append({message_of(2301)}).ok());
  CHECK(database->outbox(10)->front().sequence == last + 1);
  // What its jobs have still to say is for nobody.
  REQUIRE(database->append({progress_of(job, model::state_report::success), message_of(1)}).ok());
  CHECK(database->outbox(10)->size() == 2);
  REQUIRE(
      database->append({progress_of(made.id<model::job_id>(), model::state_report::success)}).ok());
  CHECK(database->outbox(10)->size() == 3);
  CHECK(*database->forget_site({}) == 3);
}

TEST_CASE("a broken node database is set aside and made anew with a new epoch") {
  const temporary_folder folder;
  made_of_seed made;
  for (int round = 1; round <= 2; ++round) {
    std::ofstream(folder / "node.db") << std::string(10'000, 'x');
    const auto epoch = made.id<model::epoch_id>();
    const auto database = open_at(folder / "node.db", epoch);
    CHECK(database->was_remade());
    CHECK(database->epoch() == epoch);
    CHECK(std::filesystem::exists(folder / format("node.db.broken-{}", round)));
  }
}

TEST_CASE("a node database of a newer format is left alone") {
  const temporary_folder folder;
  open_at(folder / "node.db");
  {
    std::fstream header(folder / "node.db", std::ios::in | std::ios::out | std::ios::binary);
    header.seekp(60);  // user_version, SQLite's file format 1.3.12
    header.write("\0\0\0\x63", 4);
  }
  const auto opened = node_database::open(folder / "node.db", {});
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == errc::incompatible);
  CHECK_FALSE(std::filesystem::exists(folder / "node.db.broken-1"));
}

TEST_CASE("a node database in a folder that is not there is an error that names it") {
  const temporary_folder folder;
  const auto opened = node_database::open(folder / "missing/node.db", {});
  REQUIRE_FALSE(opened.ok());
  CHECK(describe(opened.error()).find("missing/node.db") != std::string::npos);
}

}  // namespace

}  // namespace sluice::storage
