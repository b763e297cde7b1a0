#include "actors/node_system.hpp"

#include <atomic>

#include "actors/ask.hpp"
#include "actors/content_source.hpp"
#include "actors/content_validation.hpp"
#include "actors/distribution_manager.hpp"
#include "actors/distribution_point.hpp"
#include "actors/librarian.hpp"
#include "actors/node_journal.hpp"
#include "actors/node_services.hpp"
#include "actors/outbound_contact.hpp"
#include "actors/site.hpp"
#include "actors/site_services.hpp"
#include "actors/status_reporter.hpp"
#include "actors/usage_meter.hpp"

namespace sluice::actors {

namespace {

constexpr auto end_deadline = std::chrono::seconds(10);

/// Idle wake-ups in microseconds need the sharing policy; two threads do for turns without bulk
/// work.
struct system_config : caf::actor_system_config {
  system_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", 2);
  }
};

/// Asks each of them how it is; counts the answers.
class round_of_questions {
public:
  template <typename... Handles>
  explicit round_of_questions(caf::actor_system& system, const Handles&... whom) {
    (ask(system, whom), ...);
  }
  [[nodiscard]] bool all_answered() const { return answered_->load() == asked_; }

private:
  template <typename Handle>
  void ask(caf::actor_system& system, const Handle& whom) {
    if (!whom) { return; }
    ++asked_;
    system.spawn(
        [](caf::event_based_actor* self, Handle asked, std::shared_ptr<std::atomic<int>> answered) {
          self->request(asked, caf::infinite, health_question{})
              .then([answered](done) { ++*answered; },
                    [](caf::error& failure) {
                      log::error("node_system", describe(from_caf(failure)));
                    });
        },
        whom, answered_);
  }

  int asked_ = 0;
  std::shared_ptr<std::atomic<int>> answered_ = std::make_shared<std::atomic<int>>(0);
};

/// Ends an actor and waits until it is down.
template <typename Handle>
void end(caf::actor_system& system, Handle& whom) {
  if (!whom) { return; }
  caf::scoped_actor self{system};
  self->monitor(whom);
  caf::anon_send_exit(whom, caf::exit_reason::user_shutdown);
  whom = Handle();
  self->receive([](const caf::down_msg&) {},
                caf::after(end_deadline) >>
                    [] { log::error("node_system", "an actor did not end in time"); });
}

}  // namespace

struct node_system::state {
  node_system_setup setup;
  system_config config;
  std::unique_ptr<caf::actor_system> system;
  node_journal_actor journal;
  librarian_actor librarian;
  status_reporter_actor reporter;
  distribution_point_actor distribution_point;
  content_validation_actor validation;
  site_actor site;
  distribution_manager_actor pushes;
  management_point_actor management_point;
  usage_meter_actor usage;
  outbound_contact_actor contact;
  std::shared_ptr<command_taker> commands;  ///< of `contact`
  std::unique_ptr<node_services> node;
  std::unique_ptr<site_services> administration;
  std::optional<round_of_questions> questions;

  result<void> start_node();
  result<void> start_site();
  result<void> start_usage();
};

result<void> node_system::state::start_node() {
  const node_parts& parts = setup.parts;
  auto jobs = setup.node_database->jobs();
  if (!jobs) { return jobs.error(); }
  auto pinned = setup.node_database->pinned_keys();
  if (!pinned) { return pinned.error(); }
  journal = system->spawn<caf::detached>(node_journal, setup.node_database);
  librarian = system->spawn(actors::librarian, parts);
  distribution_point_setup pulling;
  pulling.parts = parts;
  pulling.site_address = setup.site_address;
  pulling.journal = journal;
  pulling.librarian = librarian;
  pulling.site_known = !pinned->empty();
  pulling.make_source = [this](const model::source_entry& source) {
    return system->spawn(content_source, setup.parts, source, journal);
  };
  pulling.jobs = std::move(*jobs);
  pulling.version = setup.version;
  pulling.node = setup.node;
  distribution_point = system->spawn(actors::distribution_point, std::move(pulling));
  // A site server has nobody to fetch from: its operator puts the files back.
  const auto repair = setup.site ? storage::repair_way::by_operator : storage::repair_way::refetch;
  validation = system->spawn(content_validation, content_validation_setup{parts, journal, repair});
  if (!setup.site_address.empty()) {
    status_reporter_setup reporting{
        parts, journal, librarian, distribution_point, setup.clients, setup.site_address, {}};
    reporting.self.name = parts.name;
    reporting.self.node = setup.node;
    reporting.self.epoch = setup.node_database->epoch();
    reporting.self.content_address = setup.content_address;
    reporting.self.build = setup.version;
    reporting.self.settings = setup.host_settings;
    // The address may lead to another site than before. Who never had one has nothing to lose.
    if (!pinned->empty()) {
      parts.orders->close(
          format("{} has not yet asked whose site is at {}", parts.name, setup.site_address));
    }
    reporting.site_keys = std::move(*pinned);
    reporter = system->spawn(status_reporter, std::move(reporting));
  }
  node = std::make_unique<node_services>(*system, parts, distribution_point, validation, reporter,
                                         librarian, setup.library_root);
  if (setup.outbound && !setup.site_address.empty()) {
    commands = std::make_shared<command_taker>(*node, setup.site_address);
    contact = system->spawn(outbound_contact,
                            outbound_contact_setup{setup.clients, setup.site_address, setup.node,
                                                   setup.node_database->epoch(), commands});
  }
  return {};
}

result<void> node_system::state::start_site() {
  if (!setup.site) { return {}; }
  using storage::site_database;
  auto writing = site_database::open(setup.site->database_path, site_database::mode::read_write);
  if (!writing) { return writing.error(); }
  auto reading = site_database::open(setup.site->database_path, site_database::mode::read_only);
  if (!reading) { return reading.error(); }
  site_setup given;
  given.parts.node = setup.parts;
  given.parts.code = setup.site->code;
  if (setup.distribution_point) {
    given.parts.own_distribution_point = setup.parts.name;
    given.parts.own_content_address = setup.content_address;
  }
  given.parts.policy = setup.site->policy;
  given.parts.librarian = librarian;
  given.parts.validation = validation;
  given.parts.clients = setup.clients;
  pushes = system->spawn(
      distribution_manager,
      distribution_manager_setup{setup.parts.now, setup.clients,
                                 make_push_runner(setup.parts, setup.library_root, setup.counters),
                                 setup.site->policy.distribution});
  given.parts.pushes = pushes;
  given.database = std::move(*writing);
  given.site_keys = setup.site_keys;
  given.make_proxy = [this](distribution_point_proxy_setup proxy) {
    return system->spawn(distribution_point_proxy, std::move(proxy));
  };
  site = system->spawn<caf::detached>(actors::site, std::move(given));
  const auto begun = ask<done>(*system, site, health_question{}, caf::infinite);
  if (!begun) { return begun.error(); }
  management_point = system->spawn(actors::management_point, site);
  administration = std::make_unique<site_services>(
      *system, site, management_point, std::move(*reading), setup.clients, setup.parts.now);
  administration->show_policy(setup.site->policy);
  return {};
}

/// D11: a node tells its site with its heartbeats; a site server has it at once.
result<void> node_system::state::start_usage() {
  if (!setup.distribution_point || !setup.counters) { return {}; }
  auto book = storage::usage_book::open(setup.usage_path);
  if (!book) {
    log::error("node_system", format("{}; who comes is counted until this node stops, and not kept",
                                     describe(book.error())));
    book = storage::usage_book::open("");
  }
  if (!book) { return book.error(); }
  auto given = std::make_shared<usage_meter_setup>();
  given->now = setup.parts.now;
  given->counters = setup.counters;
  given->book = std::move(*book);
  given->tell = [to_reporter = reporter, to_site = site](auto windows) {
    if (to_reporter) { caf::anon_send(to_reporter, usage_measured{windows}); }
    if (to_site) { caf::anon_send(to_site, usage_measured{std::move(windows)}); }
  };
  usage = system->spawn<caf::detached>(usage_meter, std::move(given));
  return {};
}

result<std::unique_ptr<node_system>> node_system::start(node_system_setup setup) {
  auto made = std::make_unique<state>();
  made->setup = std::move(setup);
  made->system = std::make_unique<caf::actor_system>(made->config);
  made->system->await_actors_before_shutdown(false);
  std::unique_ptr<node_system> whole(new node_system(std::move(made)));
  auto started = whole->state_->start_node();
  if (!started) { return started.error(); }
  started = whole->state_->start_site();
  if (started) { started = whole->state_->start_usage(); }
  if (!started) { return started.error(); }
  return whole;
}

node_system::node_system(std::unique_ptr<state> made) : state_(std::move(made)) {}

node_system::~node_system() {
  caf::actor_system& system = *state_->system;
  end(system, state_->contact);
  if (state_->commands) { state_->commands->close(); }
  if (state_->validation) {
    const auto aborted = ask<done>(system, state_->validation, abort_validations{"the node stops"},
                                   caf::duration{end_deadline});
    if (!aborted) { log::error("node_system", describe(aborted.error())); }
  }
  end(system, state_->usage);
  end(system, state_->validation);
  // What it said stands before this in the site's mail.
  if (state_->site) { static_cast<void>(ask<done>(system, state_->site, health_question{})); }
  end(system, state_->management_point);
  end(system, state_->site);
  end(system, state_->pushes);
  end(system, state_->distribution_point);
  end(system, state_->reporter);
  state_->administration.reset();
  state_->node.reset();
  end(system, state_->librarian);
  end(system, state_->journal);
  // Its threads may have asked actors: CAF's end waits until each of them has dropped the logger,
  // which it does when it ends.
  state_->setup.clients.reset();
}

bool node_system::responsive() {
  state& mine = *state_;
  if (mine.questions && !mine.questions->all_answered()) { return false; }
  mine.questions.emplace(*mine.system, mine.journal, mine.librarian, mine.distribution_point,
                         mine.validation, mine.site, mine.pushes);
  return true;
}

void node_system::change_host_settings(std::vector<model::setting_row> settings) {
  if (!state_->reporter) { return; }
  caf::anon_send(state_->reporter, actors::change_host_settings{std::move(settings)});
}

void node_system::change_site_policy(site_policy policy) {
  if (!state_->site) { return; }
  state_->administration->show_policy(policy);
  caf::anon_send(state_->site, change_policy{std::move(policy)});
}

rpc::offered_services node_system::services() noexcept {
  rpc::offered_services offered;
  offered.admin = state_->administration.get();
  offered.management_point = state_->administration.get();
  offered.node = state_->node.get();
  offered.control = state_->node.get();
  return offered;
}

}  // namespace sluice::actors
