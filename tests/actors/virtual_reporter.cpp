#include "tests/actors/virtual_reporter.hpp"

#include "actors/distribution_point.hpp"
#include "actors/node_journal.hpp"
#include "actors/reports.hpp"
#include "actors/status_reporter.hpp"
#include "actors/usage_meter.hpp"
#include "tests/actors/librarian_stand_in.hpp"
#include "tests/actors/virtual_time.hpp"

namespace sluice::actors::testing {

namespace {
const std::string site_address = "main.example:9000";
}

result<rpc::registration_answer> fake_management_point::register_node(
    const rpc::principal&, const rpc::registration& given) {
  calls.push_back(clock());
  if (trouble) { return *trouble; }
  const bool asks = given.more && given.inventory.empty();
  (asks ? questions : registrations).push_back(given);
  knows_node = knows_node || !asks;
  rpc::registration_answer answer;
  answer.site = site;
  answer.site_keys.push_back(std::string(64, key));
  return answer;
}

result<rpc::heartbeat_answer> fake_management_point::heartbeat(
    const rpc::principal&, const rpc::heartbeat_request& given) {
  calls.push_back(clock());
  if (trouble) { return *trouble; }
  heartbeats.push_back(clock());
  usage.push_back(given.usage);
  return rpc::heartbeat_answer{knows_node, maintenance};
}

result<std::uint64_t> fake_management_point::submit(const rpc::principal&,
                                                    const rpc::report_batch& batch) {
  calls.push_back(clock());
  if (trouble) { return *trouble; }
  if (!knows_node) {
    ++refused_batches;
    return error{errc::not_found, 0, "take these reports"};
  }
  batches.push_back(batch);
  std::uint64_t last = 0;
  for (const auto& message : batch.messages) { last = std::max(last, message.sequence); }
  return last - std::min(last, withheld);
}

std::vector<std::string> fake_management_point::delivered() const {
  std::vector<std::string> texts;
  for (const rpc::report_batch& batch : batches) {
    for (const model::status_message& message : batch.messages) {
      texts.push_back(message.insertions.front());
    }
  }
  return texts;
}

struct virtual_reporter::state {
  virtual_time time;
  seeded_random random{5};
  fake_library library;
  std::shared_ptr<storage::node_database> database;
  std::shared_ptr<rpc::memory_client_pool> clients = std::make_shared<rpc::memory_client_pool>();
  node_parts parts;
  std::size_t appended = 0;
  node_journal_actor journal;
  librarian_actor librarian;
  distribution_point_actor distribution_point;
  status_reporter_actor reporter;
  std::shared_ptr<http::server_counters> counters = std::make_shared<http::server_counters>();
  usage_meter_actor meter;
};

virtual_reporter::virtual_reporter() : state_(std::make_unique<state>()) {
  auto opened = storage::node_database::open("", model::epoch_id::make(state_->random));
  SLUICE_CHECK(opened.ok());
  state_->database = std::move(*opened);
  site.clock = [this] { return elapsed(); };
  state_->parts.name = "dp9";
  state_->parts.catalogue = std::make_shared<storage::content_catalogue>();
  state_->parts.now = [this] { return state_->time.now(); };
  state_->parts.random = std::ref(state_->random);
  caf::actor_system& system = state_->time.system();
  state_->journal = system.spawn(node_journal, state_->database);
  state_->librarian = spawn_librarian(system, state_->library);
  distribution_point_setup pulling;
  pulling.parts = state_->parts;
  pulling.journal = state_->journal;
  pulling.librarian = state_->librarian;
  state_->distribution_point = system.spawn(distribution_point, std::move(pulling));
  offer_site();
}

virtual_reporter::~virtual_reporter() {
  state_->time.end(state_->meter);
  state_->time.end(state_->reporter);
  state_->time.end(state_->distribution_point);
  state_->time.end(state_->librarian);
  state_->time.end(state_->journal);
}

http::client_census& virtual_reporter::visitors() { return state_->counters->visitors; }

void virtual_reporter::hold(std::uint32_t count) {
  for (std::uint32_t number = 1; number <= count; ++number) {
    storage::catalogue_entry entry;
    entry.content = {{*model::site_code::parse("PKG"), number}, 1};
    entry.users = static_cast<std::uint8_t>(storage::library_user::distribution_point);
    state_->parts.catalogue->put(entry);
  }
}

void virtual_reporter::begin() {
  status_reporter_setup setup;
  setup.parts = state_->parts;
  setup.journal = state_->journal;
  setup.librarian = state_->librarian;
  setup.distribution_point = state_->distribution_point;
  setup.clients = state_->clients;
  setup.site_address = site_address;
  setup.self.name = "dp9";
  setup.self.epoch = state_->database->epoch();
  setup.site_keys = *state_->database->pinned_keys();
  state_->reporter = state_->time.system().spawn(status_reporter, std::move(setup));
  auto metering = std::make_shared<usage_meter_setup>();
  metering->now = state_->parts.now;
  metering->counters = state_->counters;
  auto book = storage::usage_book::open("");
  SLUICE_CHECK(book.ok());
  metering->book = std::move(*book);
  metering->tell = [reporter = state_->reporter](auto windows) {
    caf::anon_send(reporter, usage_measured{std::move(windows)});
  };
  state_->meter = state_->time.system().spawn(usage_meter, std::move(metering));
  state_->time.run();
}

void virtual_reporter::append(std::size_t count) {
  append_reports mail;
  for (std::size_t i = 0; i < count; ++i) {
    mail.rows.push_back(status_row(state_->parts, 20001, {format("{}", state_->appended++)}));
  }
  caf::anon_send(state_->journal, std::move(mail));
  state_->time.run();
}

void virtual_reporter::reload(std::vector<model::setting_row> settings) {
  caf::anon_send(state_->reporter, change_host_settings{std::move(settings)});
  state_->time.run();
}

void virtual_reporter::restart() {
  state_->time.end(state_->meter);
  state_->time.end(state_->reporter);
  begin();
}

result<model::adoption> virtual_reporter::adopt() {
  return *state_->time.ask<model::adoption>(state_->reporter, adopt_site{});
}

std::string virtual_reporter::site_refused() {
  auto answer = *state_->time.ask<reporter_answer>(state_->reporter, reporter_question{});
  return answer->site_refused;
}

std::string virtual_reporter::orders_refused() const {
  return state_->parts.orders->closed_because();
}

void virtual_reporter::call() {
  caf::anon_send(state_->reporter, site_called{});
  state_->time.run();
}

std::size_t virtual_reporter::undelivered() {
  const auto rows = state_->database->outbox(limits::outbox_messages_max);
  SLUICE_CHECK(rows.ok());
  return rows->size();
}

void virtual_reporter::withdraw_site() { state_->clients->withdraw(site_address); }

void virtual_reporter::offer_site() {
  rpc::offered_services offered;
  offered.management_point = &site;
  state_->clients->offer(site_address, offered);
}

void virtual_reporter::advance(std::chrono::nanoseconds distance) {
  state_->time.advance(distance);
}
std::chrono::nanoseconds virtual_reporter::elapsed() const { return state_->time.elapsed(); }

}  // namespace sluice::actors::testing
