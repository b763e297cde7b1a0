#include "tests/actors/virtual_node.hpp"

#include <algorithm>

#include "actors/distribution_point.hpp"
#include "actors/node_journal.hpp"
#include "tests/actors/failing_journal.hpp"
#include "tests/actors/librarian_stand_in.hpp"
#include "tests/actors/virtual_time.hpp"

namespace sluice::actors::testing {

namespace {

/// Sources that never answer by themselves.
constexpr auto never = std::chrono::hours(24 * 365);

/// Everything a source stand-in touches outside of itself.
struct source_world {
  fake_library* library = nullptr;
  std::vector<std::string>* asked = nullptr;
  fake_source* script = nullptr;
  virtual_time* time = nullptr;
  std::vector<caf::strong_actor_ptr>* waiting = nullptr;  ///< for a manifest that does not come
  std::string name;
};

struct source_stand_in_state {
  source_stand_in_state() = default;
  struct under_way {
    caf::typed_response_promise<page_outcome> promise;
    fetch_page asked;
    progress_listener listener;
    source_manner manner = source_manner::has_it;
  };
  source_world world;
  std::map<std::uint64_t, under_way> pages;
  std::map<std::uint64_t, caf::typed_response_promise<manifest_outcome>> manifests;
  std::uint64_t last = 0;
};
using source_pointer = content_source_actor::stateful_pointer<source_stand_in_state>;

source_failure failure_of(source_manner manner) {
  using model::source_verdict;
  switch (manner) {
    case source_manner::lacks:
      return {source_verdict::lacks, {errc::not_found, 0, "fetch"}, "", "lacks it"};
    case source_manner::quarantined:
      return {source_verdict::quarantined, {errc::limit_reached, 0, "ask"}, "", "is quarantined"};
    case source_manner::quarantined_briefly:
      return {source_verdict::quarantined,
              {errc::limit_reached, 0, "ask"},
              "",
              "is quarantined",
              std::chrono::minutes(5)};
    case source_manner::wrong_bytes:
      return {source_verdict::bad, {errc::corrupt, 0, "verify"}, "X21", "sent wrong bytes"};
    case source_manner::unavailable:
      return {source_verdict::bad, {errc::refused, 0, "fetch"}, "X5", "answered 503"};
    case source_manner::tired:
      return {source_verdict::bad,
              {errc::refused, 0, "fetch"},
              "X4",
              "answered 429",
              std::chrono::seconds(5)};
    case source_manner::cut_off:
      return {source_verdict::bad, {errc::peer_closed, 0, "fetch"}, "X30", "reset the connection"};
    default:
      return {source_verdict::bad, {errc::unreachable, 0, "connect"}, "", "refused to connect"};
  }
}

page_outcome outcome_of(source_world& world, const fetch_page& asked, source_manner manner) {
  page_outcome outcome;
  outcome.progress.page = asked.page;
  switch (manner) {
    case source_manner::has_it: break;
    case source_manner::no_space:
      outcome.trouble = error{errc::no_space, 0, "write into the library"};
      return outcome;
    case source_manner::broken_volume:
      outcome.trouble = error{errc::os_failed, 5, "write into the library"};
      return outcome;
    case source_manner::in_use: outcome.in_use = true; return outcome;
    case source_manner::hesitant:
      if (asked.haste) {
        outcome.failure = failure_of(manner);
        outcome.failure->in_haste = true;
        return outcome;
      }
      break;
    default: outcome.failure = failure_of(manner); return outcome;
  }
  for (const model::file_id& file : asked.files) {
    world.library->files.insert(file);
    outcome.progress.bytes_held += model::raw(file.size);
    outcome.progress.bytes_transferred += model::raw(file.size);
    outcome.progress.pieces_verified += 1;
  }
  outcome.files_done = static_cast<std::uint32_t>(asked.files.size());
  return outcome;
}

void tell_progress(const fetch_page& asked, const progress_listener& listener,
                   std::uint32_t steps) {
  std::uint64_t bytes = 0;
  for (const model::file_id& file : asked.files) {
    bytes += model::raw(file.size);
    if (asked.sources > 1 && model::raw(file.size) > limits::range_per_message) {
      caf::anon_send(listener, page_progress{asked.page, 0, 0, 0, 1});
    }
  }
  for (std::uint32_t step = 1; step <= steps; ++step) {
    const std::uint64_t done = bytes * step / (steps + 1);
    caf::anon_send(listener, page_progress{asked.page, done, done, step});
  }
}

auto begin_page(source_pointer self, const fetch_page& asked, const progress_listener& listener) {
  auto& state = self->state;
  fake_source& script = *state.world.script;
  auto promise = self->make_response_promise<page_outcome>();
  state.world.asked->push_back(state.world.name + (asked.helps != 0 ? " help" : " page"));
  (asked.helps != 0 ? script.helps_asked : script.pages_asked) += 1;
  script.files_asked += static_cast<std::uint32_t>(asked.files.size());
  source_manner manner = script.manner;
  if (!script.next_pages.empty()) {
    manner = script.next_pages.front();
    script.next_pages.pop_front();
  }
  tell_progress(asked, listener, script.progress_steps);
  const std::uint64_t number = ++state.last;
  state.pages.emplace(number, source_stand_in_state::under_way{promise, asked, listener, manner});
  operation_done<page_outcome> done;
  done.number = number;
  const auto delay = manner == source_manner::silent ? never : script.page_time;
  self->delayed_send(content_source_actor{self}, delay, done);
  return promise;
}

void end_page(source_pointer self, std::uint64_t number) {
  const auto found = self->state.pages.find(number);
  if (found == self->state.pages.end()) { return; }
  auto page = std::move(found->second);
  self->state.pages.erase(found);
  page.promise.deliver(outcome_of(self->state.world, page.asked, page.manner));
}

void stop(source_pointer self, const model::job_id& job) {
  auto& pages = self->state.pages;
  for (auto entry = pages.begin(); entry != pages.end();) {
    if (entry->second.asked.job != job) {
      ++entry;
      continue;
    }
    page_outcome outcome;
    outcome.progress.page = entry->second.asked.page;
    outcome.failure = failure_of(source_manner::bad);
    outcome.failure->cause.code = errc::cancelled;
    entry->second.promise.deliver(std::move(outcome));
    entry = pages.erase(entry);
  }
}

auto give_manifest(source_pointer self, const fetch_manifest& asked) {
  auto& state = self->state;
  const caf::strong_actor_ptr job = self->current_sender();  // a promise would take it
  auto promise = self->make_response_promise<manifest_outcome>();
  state.world.asked->push_back(state.world.name + " manifest");
  state.world.script->manifests_asked += 1;
  const source_manner manner = state.world.script->manner;
  if (manner == source_manner::silent) {
    state.manifests.emplace(++state.last, promise);
    state.world.waiting->push_back(job);
    return promise;
  }
  manifest_outcome outcome;
  const bool fails = manner == source_manner::lacks || manner == source_manner::bad ||
                     manner == source_manner::unavailable || manner == source_manner::cut_off ||
                     manner == source_manner::tired || manner == source_manner::quarantined ||
                     manner == source_manner::quarantined_briefly ||
                     (manner == source_manner::hesitant && asked.haste);
  if (fails) { outcome.failure = failure_of(manner); }
  if (fails && manner == source_manner::hesitant) { outcome.failure->in_haste = true; }
  if (!fails) {
    state.world.library->manifests.insert(asked.content);
    outcome.facts = storage::content_facts{};
  }
  promise.deliver(std::move(outcome));
  return promise;
}

content_source_actor::behavior_type source_stand_in(source_pointer self, source_world world) {
  self->state.world = std::move(world);
  return {
      [self](const probe_content&) {
        const source_world& mine = self->state.world;
        mine.script->probed.push_back(mine.time->elapsed());
        return mine.script->manner == source_manner::has_it;
      },
      [self](const fetch_manifest& asked) { return give_manifest(self, asked); },
      [self](const fetch_page& asked, const progress_listener& listener) {
        return begin_page(self, asked, listener);
      },
      [self](const stop_pages& mail) { stop(self, mail.job); },
      [self](const open_door& mail) {
        self->state.world.script->tickets.push_back(mail.ticket);
        return done{};
      },
      [](connection_taken) {},
      [](push_awaited) {},
      [](source_back) {},
      [](operation_done<bool>&) {},
      [](operation_done<manifest_outcome>&) {},
      [self](operation_done<page_outcome>& done) { end_page(self, done.number); },
  };
}

}  // namespace

struct virtual_node::state {
  explicit state(std::uint64_t seed) : random(seed) {}

  virtual_time time;
  seeded_random random;
  std::shared_ptr<storage::node_database> database;
  std::map<std::string, fake_source> sources;
  std::vector<caf::strong_actor_ptr> waiting;
  node_journal_actor real_journal;
  node_journal_actor journal;
  librarian_actor librarian;
  distribution_point_actor distribution_point;
};

virtual_node::virtual_node(std::uint64_t seed) : state_(std::make_unique<state>(seed)) {
  auto opened = storage::node_database::open("", model::epoch_id::make(state_->random));
  SLUICE_CHECK(opened.ok());
  state_->database = std::move(*opened);
  begin_actors();
}

virtual_node::~virtual_node() {
  state_->time.end(state_->distribution_point);
  state_->time.end(state_->librarian);
  state_->time.end(state_->journal);
  state_->time.end(state_->real_journal);
}

void virtual_node::begin_actors() {
  caf::actor_system& system = state_->time.system();
  state_->real_journal = system.spawn(node_journal, state_->database);
  state_->journal = spawn_failing_journal(system, state_->real_journal, outbox_trouble);
  state_->librarian = spawn_librarian(system, library);
  distribution_point_setup setup;
  setup.parts.name = "dp9";
  setup.parts.catalogue = catalogue;
  setup.parts.now = [this] { return now(); };
  setup.parts.random = std::ref(state_->random);
  setup.parts.pulling = pulling;
  setup.journal = state_->journal;
  setup.librarian = state_->librarian;
  setup.site_known = true;
  setup.make_source = [this, &system](const model::source_entry& entry) {
    return system.spawn(source_stand_in, source_world{&library, &asked, &source(entry.name),
                                                      &state_->time, &state_->waiting, entry.name});
  };
  auto jobs = state_->database->jobs();
  SLUICE_CHECK(jobs.ok());
  setup.jobs = std::move(*jobs);
  state_->distribution_point = system.spawn(actors::distribution_point, std::move(setup));
}

void virtual_node::restart() {
  state_->time.end(state_->distribution_point);
  state_->time.end(state_->librarian);
  state_->time.end(state_->journal);
  state_->time.end(state_->real_journal);
  begin_actors();
  run();
}

fake_source& virtual_node::source(const std::string& name) { return state_->sources[name]; }
storage::node_database& virtual_node::database() { return *state_->database; }

model::content_id virtual_node::add_package(std::uint32_t number, std::size_t files,
                                            std::uint64_t size) {
  model::content_id content;
  content.package = {*model::site_code::parse("PKG"), number};
  content.version = 1;
  fake_package package;
  for (std::size_t i = 0; i < files; ++i) {
    model::file_id file;
    file.digest.bytes[0] = static_cast<std::byte>(number);
    file.digest.bytes[1] = static_cast<std::byte>(number >> 8U);
    file.digest.bytes[2] = static_cast<std::byte>(i);
    file.digest.bytes[3] = static_cast<std::byte>(i >> 8U);
    file.digest.bytes[4] = static_cast<std::byte>(i >> 16U);
    file.size = model::byte_count{size};
    package.files.push_back(file);
  }
  library.packages[content] = package;
  return content;
}

model::notification virtual_node::notification_for(model::content_id content,
                                                   const std::vector<std::string>& sources) {
  model::notification made;
  made.job = model::job_id::make(state_->random);
  made.content = content;
  made.package_size = model::byte_count{library.packages.at(content).bytes()};
  made.manifest_size = model::byte_count{1000};
  std::uint16_t port = 1000;
  for (const std::string& text : sources) {
    const auto colon = text.find(':');
    model::source_entry entry;
    entry.name = text.substr(0, colon);
    for (const char letter : entry.name) { port = static_cast<std::uint16_t>(port + letter); }
    entry.address = format("{}.example:{}", entry.name, port);
    entry.protocol = "http";
    entry.priority = static_cast<std::uint32_t>(std::stoul(text.substr(colon + 1)));
    made.sources.push_back(std::move(entry));
  }
  return made;
}

result<rpc::notify_answer> virtual_node::notify(const model::notification& given) {
  auto answer = state_->time.ask<rpc::notify_answer>(state_->distribution_point, given);
  SLUICE_CHECK(answer.has_value());
  return *answer;
}

result<rpc::notify_answer> virtual_node::notify_watched(const model::notification& given,
                                                        const std::function<void(bool)>& watch) {
  auto answer = state_->time.ask<rpc::notify_answer>(state_->distribution_point, given, watch);
  SLUICE_CHECK(answer.has_value());
  return *answer;
}

void virtual_node::tell_to_start(const model::notification& given) {
  caf::anon_send(state_->distribution_point, given);
}

rpc::poll_answer virtual_node::poll(model::job_id job) {
  auto answer = state_->time.ask<rpc::poll_answer>(state_->distribution_point, poll_job{job});
  SLUICE_CHECK(answer.has_value() && answer->ok());
  return **answer;
}

model::why_report virtual_node::why(model::package_id package) {
  auto answer =
      state_->time.ask<model::why_report>(state_->distribution_point, why_question{package});
  SLUICE_CHECK(answer.has_value() && answer->ok());
  return **answer;
}

void virtual_node::cancel_by_removal(model::content_id content) {
  const auto answer = state_->time.ask<done>(
      state_->distribution_point, drop_content{content, storage::library_user::distribution_point});
  SLUICE_CHECK(answer.has_value() && answer->ok());
}

void virtual_node::tell_to_cancel(model::content_id content) {
  caf::anon_send(state_->distribution_point,
                 drop_content{content, storage::library_user::distribution_point});
}

model::node_report virtual_node::report() {
  auto answer = state_->time.ask<model::node_report>(state_->distribution_point, node_question{});
  SLUICE_CHECK(answer.has_value() && answer->ok());
  return **answer;
}

bool virtual_node::leave_site() {
  const auto answer = state_->time.ask<done>(state_->distribution_point, actors::leave_site{});
  return answer.has_value() && answer->ok();
}

result<std::string> virtual_node::begin_push(model::job_id job) {
  auto answer = state_->time.ask<std::string>(state_->distribution_point,
                                              push_question{job, std::chrono::seconds(30)});
  SLUICE_CHECK(answer.has_value());
  return *answer;
}

rpc::cancel_outcome virtual_node::cancel(model::job_id job,
                                         std::optional<model::content_id> discard) {
  auto answer = state_->time.ask<rpc::cancel_outcome>(state_->distribution_point,
                                                      cancel_order{job, "root", discard});
  SLUICE_CHECK(answer.has_value() && answer->ok());
  return **answer;
}

void virtual_node::tell_to_cancel_job(model::job_id job) {
  state_->time.system().spawn([this, job](caf::event_based_actor* self) {
    self->request(state_->distribution_point, caf::infinite, cancel_order{job, "root"})
        .then([this, job](rpc::cancel_outcome outcome) { cancel_answers[job] = outcome; },
              [](caf::error&) {});
  });
}

std::size_t virtual_node::kill_jobs_that_ask() {
  std::size_t killed = 0;
  for (; !state_->waiting.empty(); run()) {
    killed += state_->waiting.size();
    for (const caf::strong_actor_ptr& job : std::exchange(state_->waiting, {})) {
      caf::anon_send_exit(caf::actor_cast<caf::actor>(job), caf::exit_reason::kill);
    }
  }
  return killed;
}

void virtual_node::run(const std::function<void()>& after_each) { state_->time.run(after_each); }
void virtual_node::advance(std::chrono::nanoseconds distance,
                           const std::function<void()>& after_each) {
  state_->time.advance(distance, after_each);
}
std::chrono::nanoseconds virtual_node::elapsed() const { return state_->time.elapsed(); }
model::calendar_time virtual_node::now() const { return state_->time.now(); }

std::vector<model::state_message> virtual_node::messages(model::job_id job) {
  const auto rows = state_->database->outbox(limits::outbox_messages_max);
  SLUICE_CHECK(rows.ok());
  std::vector<model::state_message> found;
  for (const storage::outbox_row& row : *rows) {
    if (row.state && row.state->job == job) { found.push_back(*row.state); }
  }
  return found;
}

std::vector<model::state_report> virtual_node::reports(model::job_id job) {
  std::vector<model::state_report> found;
  for (const model::state_message& message : messages(job)) { found.push_back(message.report); }
  return found;
}

std::vector<std::string> virtual_node::said(std::uint32_t id) {
  const auto rows = state_->database->outbox(limits::outbox_messages_max);
  SLUICE_CHECK(rows.ok());
  std::vector<std::string> found;
  for (const storage::outbox_row& row : *rows) {
    if (!row.status || row.status->id != id) { continue; }
    std::string text;
    for (const auto& one : row.status->insertions) { text += (text.empty() ? "" : "|") + one; }
    found.push_back(text);
  }
  return found;
}

std::size_t virtual_node::jobs_in_database() {
  const auto jobs = state_->database->jobs();
  SLUICE_CHECK(jobs.ok());
  return jobs->size();
}

}  // namespace sluice::actors::testing
