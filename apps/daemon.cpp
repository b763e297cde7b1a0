#include "apps/daemon.hpp"

#include "apps/daemon_parts.hpp"

namespace sluice::apps {

namespace {

constexpr unsigned hash_workers = 2;
constexpr unsigned rpc_threads = limits::rpc_client_threads_max;

io::task<void> close_operations(io::task_group* operations) { co_await operations->wait_all(); }

/// Changes whenever content was served or pulled since the last question, or is right now.
std::function<std::uint64_t()> activity_of(
    std::shared_ptr<const http::server_counters> served,
    std::shared_ptr<const std::atomic<std::uint32_t>> pages_moving) {
  return [served = std::move(served), pages_moving = std::move(pages_moving),
          moments = std::uint64_t{0}]() mutable {
    if (served->files_leaving.load() > 0 || pages_moving->load() > 0) { ++moments; }
    return served->requests.load() + moments;
  };
}

actors::site_policy policy_of(const configuration& settings, bool anonymous) {
  return {settings.site->source_roots.value, anonymous, distribution_settings_of(*settings.site),
          shown_site_settings(settings), shown_host_settings(settings)};
}

io::task<void> close_library(storage::content_library* library) { co_await library->close(); }

}  // namespace

result<std::unique_ptr<daemon>> daemon::start(daemon_setup setup) {
  auto made = std::make_unique<parts>();
  made->setup = std::move(setup);
  std::unique_ptr<daemon> whole(new daemon(std::move(made)));
  parts& mine = *whole->parts_;
  auto step = mine.open_library();
  if (step) { step = mine.open_content_servers(); }
  if (step) { step = mine.open_observation(); }
  if (step) { step = mine.start_actors(); }
  if (step) { step = mine.open_rpc(); }
  if (!step) { return step.error(); }
  mine.ready = true;
  return whole;
}

daemon::daemon(std::unique_ptr<parts> made) : parts_(std::move(made)) {}

daemon::~daemon() { drain(); }

const daemon_ports& daemon::ports() const noexcept { return parts_->ports; }

void daemon::reload(const configuration& settings) {
  parts& mine = *parts_;
  mine.setup.settings = settings;
  http::access_policy policy;
  policy.anonymous = mine.serves() && settings.distribution_point->anonymous_access.value;
  for (serving_reactor& one : mine.serving) {
    io::reactor& on = one.thread ? one.thread->get() : mine.ring();
    on.post([server = one.server.get(), policy] { server->allow(policy); });
  }
  mine.actors->change_host_settings(shown_host_settings(settings));
  if (settings.site) { mine.actors->change_site_policy(policy_of(settings, policy.anonymous)); }
}

bool daemon::responsive() {
  const bool reactors = parts_->reactors_answered();
  const bool actors = parts_->actors->responsive();
  return reactors && actors;
}

bool daemon::parts::reactors_answered() {
  if (reactors_asked && reactors_asked->load() != 0) { return false; }
  std::vector<io::reactor*> all{&ring()};
  for (serving_reactor& one : serving) {
    if (one.thread) { all.push_back(&one.thread->get()); }
  }
  reactors_asked = std::make_shared<std::atomic<int>>(static_cast<int>(all.size()));
  for (io::reactor* const one : all) {
    one->post([asked = reactors_asked] { --*asked; });
  }
  return true;
}

void daemon::drain() {
  if (parts_->drained) { return; }
  parts_->drained = true;
  parts_->close_all();
}

result<void> daemon::parts::open_library() {
  const configuration& settings = setup.settings;
  auto started = io::reactor_thread::start("library");
  if (!started) { return started.error(); }
  library_thread = std::move(*started);
  workers = std::make_unique<io::worker_pool>(hash_workers);
  budget = io::make_buffer_budget(limits::buffers_per_process);
  buffers = std::make_unique<io::buffer_pool>(ring(), budget);
  operations = std::make_unique<io::task_group>();
  catalogue = std::make_shared<storage::content_catalogue>();
  const hashing::signing_key node_key(setup.node_seed);
  ports.node = hashing::id_of(node_key.verifier());
  const std::string database_path = settings.node.state.value + "/node.db";
  auto database = storage::node_database::open(database_path, model::epoch_id::make(setup.random));
  if (!database) { return database.error(); }
  node_database = std::move(*database);
  auto staged = node_database->files_with_pieces();
  if (!staged) { return staged.error(); }
  storage::content_library::settings given;
  given.root = settings.node.library.value;
  given.inventory = settings.node.state.value + "/inventory.db";
  auto pinned = node_database->pinned_keys();
  if (!pinned) { return pinned.error(); }
  given.site_keys = *pinned;
  if (setup.site_seed) {
    site_key = std::make_unique<hashing::signing_key>(*setup.site_seed);
    given.site_keys.push_back(site_key->verifier());
  }
  auto opened = io::block_on<result<std::unique_ptr<storage::content_library>>>(ring(), [&] {
    return storage::content_library::open(ring(), *workers, *buffers, catalogue, given, *staged);
  });
  if (!opened) { return opened.error(); }
  library = std::move(*opened);
  return {};
}

result<void> daemon::parts::start_actors() {
  const configuration& settings = setup.settings;
  clients = rpc::make_client_pool(rpc_threads);
  actors::node_system_setup given;
  given.parts.name = settings.node.name.value;
  given.parts.ring = &ring();
  given.parts.workers = workers.get();
  given.parts.buffers = buffers.get();
  given.parts.operations = operations.get();
  given.parts.library = library.get();
  given.parts.catalogue = catalogue;
  given.parts.now = setup.now;
  given.parts.random = setup.random;
  given.parts.site_key = site_key.get();
  given.parts.source_faults = source_faults;
  given.parts.pushes = serves() ? pushes : nullptr;
  given.parts.maintenance = maintenance;
  given.parts.kept = {std::chrono::hours(settings.node.trash_hours.value),
                      std::chrono::hours(settings.node.superseded_content_hours.value)};
  if (serves()) {
    given.parts.pulling = {
        std::chrono::seconds(settings.distribution_point->start_stagger_seconds.value),
        settings.distribution_point->prefer_fast_sources.value,
        settings.distribution_point->sources_per_file.value};
  }
  given.parts.activity = activity_of(counters, given.parts.pages_moving);
  given.node = ports.node;
  given.version = setup.version;
  given.library_root = settings.node.library.value;
  given.host_settings = shown_host_settings(settings);
  given.usage_path = settings.node.state.value + "/usage.db";
  given.content_address = content_address;
  given.distribution_point = serves();
  given.node_database = node_database;
  given.clients = clients;
  given.counters = counters;
  if (serves() && settings.distribution_point->site.value) {
    given.site_address = settings.distribution_point->site.value->text();
    given.outbound = settings.distribution_point->contact.value == contact_way::outbound;
  }
  if (settings.site) {
    given.site.emplace();
    given.site->code = settings.site->code.value;
    given.site->database_path = settings.node.state.value + "/site.db";
    given.site->policy =
        policy_of(settings, serves() && settings.distribution_point->anonymous_access.value);
    given.site_keys.push_back(site_key->verifier());
  }
  auto started = actors::node_system::start(std::move(given));
  if (!started) { return started.error(); }
  actors = std::move(*started);
  return {};
}

void daemon::parts::close_all() {
  ready = false;
  rpc_servers.clear();
  for (serving_reactor& one : serving) {
    if (!one.server) { continue; }  // it could not be opened: that is why we close
    io::reactor& on = one.thread ? one.thread->get() : ring();
    on.post([server = one.server.get()] { server->stop(); });
  }
  if (observation) {
    ring().post([server = observation.get()] { server->stop(); });
  }
  clients.reset();
  actors.reset();
  if (library_thread) {
    io::block_on<void>(ring(), [this] { return close_operations(operations.get()); });
  }
  if (library) {
    io::block_on<void>(ring(), [this] { return close_library(library.get()); });
  }
  for (serving_reactor& one : serving) { one.thread.reset(); }  // waits for its connections
  serving.clear();
  library.reset();
  buffers.reset();
  library_thread.reset();
  observation.reset();
  workers.reset();
}

}  // namespace sluice::apps
