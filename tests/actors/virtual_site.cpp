#include "tests/actors/virtual_site.hpp"

#include "actors/distribution_manager.hpp"
#include "actors/management_point.hpp"
#include "actors/site.hpp"
#include "tests/actors/librarian_stand_in.hpp"
#include "tests/actors/virtual_time.hpp"

namespace sluice::actors::testing {

namespace {

const std::string administrator = "root";

std::vector<model::source_choice> choices_of(const std::vector<std::string>& sources) {
  std::vector<model::source_choice> choices;
  for (const std::string& text : sources) {
    const auto colon = text.find(':');
    choices.push_back(
        {text.substr(0, colon), static_cast<std::uint32_t>(std::stoul(text.substr(colon + 1)))});
  }
  return choices;
}

model::node_id node_id_of(const std::string& name) {
  model::node_id made;
  for (std::size_t i = 0; i < name.size() && i < made.bytes.size(); ++i) {
    made.bytes[i] = static_cast<std::byte>(name[i]);
  }
  return made;
}

model::epoch_id epoch_of(std::uint8_t epoch) {
  model::epoch_id made;
  made.bytes[0] = static_cast<std::byte>(epoch);
  return made;
}

}  // namespace

result<rpc::notify_answer> fake_node::notify(const rpc::principal&,
                                             const model::notification& given) {
  notified.push_back(given);
  notified_at.push_back(clock());
  if (trouble) { return *trouble; }
  if (on_notify) { on_notify(given); }
  if (trouble) { return *trouble; }  // the answer is lost
  return answer;
}

result<rpc::poll_answer> fake_node::poll(const rpc::principal&, model::job_id job) {
  polls += 1;
  if (trouble) { return *trouble; }
  if (on_poll) { return on_poll(job); }
  return poll_answer;
}

result<rpc::cancel_outcome> fake_node::cancel(const rpc::principal&, const rpc::job_cancel& given) {
  if (trouble) { return *trouble; }
  cancelled.push_back(given.job);
  if (given.discard) { discarded.push_back(*given.discard); }
  if (on_cancel) { return on_cancel(given.job); }
  return cancel_answer;
}

result<void> fake_node::remove_content(const rpc::principal&, model::content_id content) {
  if (trouble) { return *trouble; }
  removed.push_back(content);
  if (on_remove) { on_remove(content); }
  return {};
}

result<rpc::page<model::content_id>> fake_node::inventory(const rpc::principal&,
                                                          rpc::page_request) {
  return rpc::page<model::content_id>{};
}

result<void> fake_node::validate(const rpc::principal&, const rpc::validation_order& order) {
  if (trouble) { return *trouble; }
  validations.push_back(order);
  if (on_validate) { on_validate(order); }
  return {};
}

result<model::validation_row> fake_node::validation_progress(const rpc::principal&,
                                                             model::cycle_id) {
  if (trouble) { return *trouble; }
  if (!validation) { return error{errc::not_found, 0, "show the cycle"}; }
  return *validation;
}

result<model::byte_count> fake_node::free_space(const rpc::principal&) {
  ++room_questions;
  if (trouble) { return *trouble; }
  return model::byte_count{free_bytes};
}

result<std::string> fake_node::begin_push(const rpc::principal&, model::job_id job,
                                          std::chrono::seconds patience) {
  if (trouble) { return *trouble; }
  if (push_trouble) { return *push_trouble; }
  push_jobs.push_back(job);
  push_patience = patience;
  return job.text();
}

namespace {

class fake_running_push final : public running_push {
public:
  explicit fake_running_push(std::shared_ptr<fake_push> of) : of_(std::move(of)) {}
  ~fake_running_push() override { of_->cut = true; }
  void change(model::rate_limit limit) override { of_->limit = limit; }

private:
  std::shared_ptr<fake_push> of_;
};

class fake_push_runner final : public push_runner {
public:
  std::vector<std::shared_ptr<fake_push>>* all = nullptr;
  std::map<std::string, std::function<void(http::push_end)>> ends;  ///< by ticket
  std::unique_ptr<running_push> start(push_work work,
                                      std::function<void(http::push_end)> ended) override {
    auto made = std::make_shared<fake_push>(
        fake_push{work.content_address, work.ticket, work.content, work.limit});
    all->push_back(made);
    ends.insert_or_assign(work.ticket, std::move(ended));
    return std::make_unique<fake_running_push>(made);
  }
};

struct validation_stand_in_state {};

content_validation_actor::behavior_type validation_stand_in(
    content_validation_actor::stateful_pointer<validation_stand_in_state>, fake_validation* fake) {
  return {
      [fake](const begin_validation& asked) {
        fake->orders.push_back(asked.order);
        return done{};
      },
      [fake](const validation_question&) -> caf::result<model::validation_row> {
        if (fake->row) { return *fake->row; }
        return to_caf(error{errc::not_found, 0, "show the cycle"});
      },
      [](const abort_validations&) { return done{}; },
      [](health_question) { return done{}; },
      [](const validation_moved&) {},
      [](validation_again) {},
      [](const operation_done<result<std::vector<std::string>>>&) {},
      [](const operation_done<result<storage::validation_report>>&) {},
      [](const operation_done<storage::content_repair>&) {},
  };
}

}  // namespace

struct virtual_site::state {
  virtual_time time;
  seeded_random random{42};
  std::shared_ptr<storage::site_database> database;
  std::shared_ptr<rpc::memory_client_pool> clients = std::make_shared<rpc::memory_client_pool>();
  std::map<std::string, fake_node> nodes;
  std::map<std::string, std::uint64_t> sequences;
  std::uint16_t ports = 2000;
  std::string path;
  site_policy policy{{"/srv/sources"}, true, {}};
  std::shared_ptr<storage::content_catalogue> catalogue;
  librarian_actor librarian;
  content_validation_actor validation;
  std::map<std::string, distribution_point_proxy_actor> proxies;
  site_actor site;
  distribution_manager_actor push_manager;
  std::shared_ptr<fake_push_runner> runner = std::make_shared<fake_push_runner>();
  management_point_actor management_point;

  template <typename Answer, typename Handle, typename Question>
  result<Answer> ask(const Handle& whom, Question question) {
    auto answer = time.ask<Answer>(whom, std::move(question));
    SLUICE_CHECK(answer.has_value());
    return *answer;
  }
};

virtual_site::virtual_site(std::string database_path) : state_(std::make_unique<state>()) {
  state_->path = std::move(database_path);
  auto opened =
      storage::site_database::open(state_->path, storage::site_database::mode::read_write);
  SLUICE_CHECK(opened.ok());
  state_->database = std::move(*opened);
  library.snapshot.facts.files = 10;
  library.snapshot.facts.bytes = model::byte_count{1'000'000};
  library.snapshot.manifest_size = model::byte_count{2000};
  begin_actors();
}

virtual_site::~virtual_site() { end_actors(); }

void virtual_site::end_actors() {
  state_->time.end(state_->management_point);
  state_->time.end(state_->site);
  state_->proxies.clear();
  state_->runner->ends.clear();
  state_->time.end(state_->push_manager);
  state_->time.end(state_->validation);
  state_->time.end(state_->librarian);
}

void virtual_site::begin_actors() {
  caf::actor_system& system = state_->time.system();
  state_->librarian = spawn_librarian(system, library);
  site_setup setup;
  setup.parts.node.name = "main";
  state_->catalogue = std::make_shared<storage::content_catalogue>();
  setup.parts.node.catalogue = state_->catalogue;
  std::map<model::content_id, unsigned> users;
  for (const auto& content : library.committed) { users[content] |= 2; }
  for (const auto& content : library.for_site) { users[content] |= 1; }
  for (const auto& [content, mask] : users) {
    storage::catalogue_entry entry;
    entry.content = content;
    entry.users = static_cast<std::uint8_t>(mask);
    setup.parts.node.catalogue->put(entry);
  }
  setup.parts.node.now = [this] { return now(); };
  setup.parts.node.random = std::ref(state_->random);
  setup.parts.code = *model::site_code::parse("PKG");
  setup.parts.own_distribution_point = "main";
  setup.parts.own_content_address = "main.example:8080";
  setup.parts.policy = state_->policy;
  setup.parts.librarian = state_->librarian;
  state_->validation = system.spawn(validation_stand_in, &own_validation);
  setup.parts.validation = state_->validation;
  setup.parts.clients = state_->clients;
  state_->runner->all = &pushes;
  state_->push_manager =
      system.spawn(distribution_manager,
                   distribution_manager_setup{[this] { return now(); }, state_->clients,
                                              state_->runner, state_->policy.distribution});
  setup.parts.pushes = state_->push_manager;
  setup.database = state_->database;
  setup.site_keys.push_back({});
  setup.make_proxy = [this](distribution_point_proxy_setup given) {
    const std::string name = given.name;
    auto made = state_->time.system().spawn(distribution_point_proxy, std::move(given));
    state_->proxies[name] = made;
    return made;
  };
  state_->site = system.spawn(actors::site, std::move(setup));
  state_->management_point = system.spawn(actors::management_point, state_->site);
  run();
}

void virtual_site::restart() {
  end_actors();
  begin_actors();
}

void virtual_site::restart(storage::site_database::mode how) {
  end_actors();
  state_->database.reset();
  auto opened = storage::site_database::open(state_->path, how);
  SLUICE_CHECK(opened.ok());
  state_->database = std::move(*opened);
  begin_actors();
}

result<void> virtual_site::health() {
  const auto answer = state_->ask<done>(state_->site, health_question{});
  if (!answer) { return answer.error(); }
  return {};
}

void virtual_site::kill_proxy(const std::string& name) {
  caf::anon_send_exit(state_->proxies.at(name), caf::exit_reason::kill);
  run();
}

fake_node& virtual_site::node(const std::string& name) { return state_->nodes[name]; }
storage::site_database& virtual_site::database() { return *state_->database; }

model::package_id virtual_site::add_package() {
  const auto added = add_package({"/srv/sources/office", std::nullopt, "office"});
  SLUICE_CHECK(added.ok());
  return added->id;
}

result<model::package_row> virtual_site::add_package(const rpc::package_add_request& request) {
  return state_->ask<model::package_row>(
      state_->site,
      actors::add_package{request, administrator, [](const storage::snapshot_progress&) {}});
}

result<rpc::package_update_answer> virtual_site::update(model::package_id package) {
  return state_->ask<rpc::package_update_answer>(
      state_->site,
      update_package{package, administrator, [](const storage::snapshot_progress&) {}});
}

void virtual_site::hold(const model::content_id& content) {
  storage::catalogue_entry entry;
  entry.content = content;
  entry.users = static_cast<std::uint8_t>(storage::library_user::site);
  state_->catalogue->put(entry);
}

result<void> virtual_site::remove_package(model::package_id package) {
  const auto answer =
      state_->ask<done>(state_->site, actors::remove_package{package, administrator});
  if (!answer) { return answer.error(); }
  return {};
}

result<model::distribution_point_row> virtual_site::add_point(
    const std::string& name, const std::vector<std::string>& sources) {
  rpc::distribution_point_request request;
  request.name = name;
  request.control_address = format("{}.example:{}", name, ++state_->ports);
  request.mode = model::distribution_point_mode::pull;
  request.sources = choices_of(sources);
  fake_node& target = node(name);
  target.clock = [this] { return elapsed(); };
  rpc::offered_services offered;
  offered.control = &target;
  state_->clients->offer(*request.control_address, offered);
  return state_->ask<model::distribution_point_row>(
      state_->site, change_distribution_point{request, true, administrator});
}

void virtual_site::attend(const std::string& name) {
  rpc::offered_services offered;
  offered.control = &node(name);
  state_->clients->offer(rpc::outbound_address(node_id_of(name), name), offered);
}

result<model::distribution_point_row> virtual_site::add_standard_point(const std::string& name) {
  rpc::distribution_point_request request;
  request.name = name;
  request.control_address = format("{}.example:{}", name, ++state_->ports);
  request.mode = model::distribution_point_mode::standard;
  fake_node& target = node(name);
  target.clock = [this] { return elapsed(); };
  rpc::offered_services offered;
  offered.control = &target;
  state_->clients->offer(*request.control_address, offered);
  return state_->ask<model::distribution_point_row>(
      state_->site, change_distribution_point{request, true, administrator});
}

result<model::distribution_point_row> virtual_site::set_point(
    const rpc::distribution_point_request& request) {
  return state_->ask<model::distribution_point_row>(
      state_->site, change_distribution_point{request, false, administrator});
}

void virtual_site::end_push(const fake_push& push, bool over, std::optional<error> failure) {
  const auto found = state_->runner->ends.find(push.ticket);
  SLUICE_CHECK(found != state_->runner->ends.end());
  const auto end = std::move(found->second);
  state_->runner->ends.erase(found);
  end({over, std::move(failure)});
  run();
}

std::size_t virtual_site::pushes_going_on() const {
  return static_cast<std::size_t>(
      std::count_if(pushes.begin(), pushes.end(), [](const auto& each) { return !each->cut; }));
}

result<model::distribution_point_row> virtual_site::set_sources(
    const std::string& name, const std::vector<std::string>& sources) {
  rpc::distribution_point_request request;
  request.name = name;
  request.sources = choices_of(sources);
  return state_->ask<model::distribution_point_row>(
      state_->site, change_distribution_point{request, false, administrator});
}

result<void> virtual_site::remove_point(const std::string& name, bool keep_content) {
  const auto answer =
      state_->ask<done>(state_->site, remove_distribution_point{name, administrator, keep_content});
  if (!answer) { return answer.error(); }
  return {};
}

void virtual_site::change_settings(const model::distribution_settings& settings) {
  state_->policy.distribution = settings;
  caf::anon_send(state_->site, change_policy{state_->policy});
  run();
}

result<rpc::distribute_answer> virtual_site::distribute(model::package_id package,
                                                        const std::vector<std::string>& names,
                                                        bool redistribute) {
  return distribute(rpc::distribute_request{package, names, redistribute});
}

result<rpc::distribute_answer> virtual_site::distribute(const rpc::distribute_request& request) {
  return state_->ask<rpc::distribute_answer>(state_->site,
                                             distribute_package{request, administrator});
}

result<rpc::group_answer> virtual_site::change_group(rpc::group_action action,
                                                     const std::string& name,
                                                     const std::vector<std::string>& points) {
  return state_->ask<rpc::group_answer>(
      state_->site, actors::change_group{{action, name, points}, administrator});
}

result<rpc::cancel_answer> virtual_site::cancel(model::package_id package,
                                                const std::vector<std::string>& names,
                                                bool detach) {
  return state_->ask<rpc::cancel_answer>(state_->site,
                                         cancel_package{{package, names, detach}, administrator});
}

result<rpc::cancel_answer> virtual_site::discard(model::package_id package,
                                                 const std::vector<std::string>& names) {
  return state_->ask<rpc::cancel_answer>(
      state_->site, cancel_package{{package, names, false, true}, administrator});
}

void virtual_site::tell_cancel(model::package_id package, const std::vector<std::string>& names) {
  caf::anon_send(state_->site, cancel_package{{package, names, false}, administrator});
}

result<model::package_row> virtual_site::set_priority(model::package_id package,
                                                      model::package_priority priority) {
  return state_->ask<model::package_row>(
      state_->site, set_package{{package, priority, std::nullopt}, administrator});
}

result<rpc::validation_begun> virtual_site::validate(const rpc::validation_request& request) {
  return state_->ask<rpc::validation_begun>(state_->site, begin_validations{request});
}

result<std::vector<model::validation_row>> virtual_site::show_validation(model::cycle_id cycle) {
  auto page = state_->ask<validation_rows>(state_->site, actors::show_validation{cycle, {}});
  if (!page) { return page.error(); }
  return page->rows;
}

rpc::report_batch virtual_site::message_of(const std::string& name, std::uint32_t id,
                                           std::vector<std::string> insertions) {
  model::status_message message;
  message.sequence = ++state_->sequences[name];
  message.time = now();
  message.system = name;
  message.id = id;
  message.insertions = std::move(insertions);
  auto batch = batch_of(name, {});
  batch.messages.push_back(std::move(message));
  return batch;
}

void virtual_site::say(const std::string& name, std::uint32_t id,
                       std::vector<std::string> insertions) {
  if (name == "main") {
    caf::anon_send(state_->site, site_message{id, std::move(insertions)});
    return run();
  }
  SLUICE_CHECK(report(name, message_of(name, id, std::move(insertions))).ok());
}

namespace {

rpc::registration registration_of(const std::string& name, std::uint8_t epoch) {
  rpc::registration given;
  given.name = name;
  given.node = node_id_of(name);
  given.epoch = epoch_of(epoch);
  given.content_address = name + ".example:8080";
  given.build = "0.1.0";
  return given;
}

}  // namespace

result<rpc::registration_answer> virtual_site::register_node(
    const std::string& name, std::uint8_t epoch, const std::vector<model::setting_row>& settings) {
  rpc::registration given = registration_of(name, epoch);
  given.settings = settings;
  return state_->ask<rpc::registration_answer>(state_->management_point, given);
}

result<rpc::registration_answer> virtual_site::register_another(const std::string& name,
                                                                const std::string& node) {
  rpc::registration given = registration_of(name, 1);
  given.node = node_id_of(node);
  return state_->ask<rpc::registration_answer>(state_->management_point, given);
}

result<rpc::registration_answer> virtual_site::register_part(const std::string& name,
                                                             std::uint32_t part,
                                                             std::uint32_t first,
                                                             std::uint32_t count, bool more) {
  rpc::registration given = registration_of(name, 1);
  given.full_inventory = true;
  given.part = part;
  given.more = more;
  for (std::uint32_t number = first; number < first + count; ++number) {
    given.inventory.push_back({{{*model::site_code::parse("PKG"), number}, 1}, {}});
  }
  return state_->ask<rpc::registration_answer>(state_->management_point, given);
}

result<rpc::registration_answer> virtual_site::register_holding(const std::string& name,
                                                                const rpc::held_content& held) {
  rpc::registration given = registration_of(name, 1);
  given.full_inventory = true;
  given.inventory = {held};
  return state_->ask<rpc::registration_answer>(state_->management_point, given);
}

result<rpc::heartbeat_answer> virtual_site::ask_for_commands(const std::string& name) {
  rpc::heartbeat_request given{node_id_of(name), epoch_of(1), 0, {}, rpc::command_contact{}};
  return state_->ask<rpc::heartbeat_answer>(state_->management_point, std::move(given));
}

result<rpc::heartbeat_answer> virtual_site::heartbeat(
    const std::string& name, std::uint8_t epoch, const std::vector<model::usage_window>& usage) {
  return state_->ask<rpc::heartbeat_answer>(
      state_->management_point,
      rpc::heartbeat_request{node_id_of(name), epoch_of(epoch), 0, usage});
}

void virtual_site::measure_own_usage(const std::vector<model::usage_window>& usage) {
  caf::anon_send(state_->site, usage_measured{usage});
  run();
}

result<std::uint64_t> virtual_site::report(const std::string&, const rpc::report_batch& batch) {
  return state_->ask<std::uint64_t>(state_->management_point, batch);
}

result<std::uint64_t> virtual_site::report(model::package_id package, const std::string& name,
                                           model::state_report what, std::uint64_t bytes_done) {
  auto message = message_for(package, name, what);
  message.bytes_done = model::byte_count{bytes_done};
  return report(name, batch_of(name, {message}));
}

void virtual_site::tell_report(const rpc::report_batch& batch) {
  caf::anon_send(state_->management_point, batch);
}

model::state_message virtual_site::message_for(model::package_id package, const std::string& name,
                                               model::state_report what) {
  const auto target = row(package, name);
  model::state_message message;
  message.sequence = ++state_->sequences[name];
  message.time = now();
  message.job = target.row.job.value_or(model::job_id{});
  message.content = {package, target.row.version};
  message.report = what;
  message.bytes_total = target.row.bytes_total;
  return message;
}

rpc::report_batch virtual_site::batch_of(const std::string& name,
                                         std::vector<model::state_message> states,
                                         std::uint8_t epoch) {
  return {node_id_of(name), epoch_of(epoch), std::move(states), {}};
}

storage::site_distribution virtual_site::row(model::package_id package, const std::string& name) {
  auto found = state_->database->distribution(package, name);
  SLUICE_CHECK(found.ok() && found->has_value());
  return **found;
}

bool virtual_site::has_row(model::package_id package, const std::string& name) {
  const auto found = state_->database->distribution(package, name);
  return found.ok() && found->has_value();
}

std::size_t virtual_site::messages(std::uint32_t id) {
  const auto all = state_->database->messages(0, 10'000);
  SLUICE_CHECK(all.ok());
  std::size_t count = 0;
  for (const model::message_row& row : all->rows) { count += row.message.id == id ? 1 : 0; }
  return count;
}

std::vector<std::string> virtual_site::said(std::uint32_t id) {
  const auto all = state_->database->messages(0, 10'000);
  SLUICE_CHECK(all.ok());
  std::vector<std::string> found;
  for (const model::message_row& row : all->rows) {
    if (row.message.id != id) { continue; }
    std::string text;
    for (const auto& one : row.message.insertions) { text += (text.empty() ? "" : "|") + one; }
    found.insert(found.begin(), text);
  }
  return found;
}

void virtual_site::run() { state_->time.run(); }
void virtual_site::advance(std::chrono::nanoseconds distance) { state_->time.advance(distance); }
std::chrono::nanoseconds virtual_site::elapsed() const { return state_->time.elapsed(); }
model::calendar_time virtual_site::now() const { return state_->time.now(); }

}  // namespace sluice::actors::testing
