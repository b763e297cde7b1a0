#include "tests/simulation/simulated_node.hpp"

#include <algorithm>

#include "actors/content_source.hpp"
#include "actors/content_validation.hpp"
#include "actors/librarian.hpp"
#include "actors/node_journal.hpp"
#include "actors/site.hpp"

namespace sluice::simulation {

namespace {

constexpr std::uint16_t content_port = 8080;
constexpr std::uint32_t buffers = 48;
constexpr std::array<std::byte, 32> site_seed{std::byte{7}};

template <typename Handle>
void end(joint_time& time, Handle& whom, caf::exit_reason why) {
  if (!whom) { return; }
  caf::anon_send_exit(whom, why);
  whom = Handle();
  time.run_actors();
}

/// First those that begin work, last the journal: the order of a daemon.
void end_all(joint_time& time, node_actors& all, caf::exit_reason why) {
  end(time, all.validation, why);
  end(time, all.management_point, why);
  end(time, all.site, why);
  end(time, all.pushes, why);
  end(time, all.distribution_point, why);
  end(time, all.reporter, why);
  end(time, all.librarian, why);
  end(time, all.journal, why);
}

model::node_id node_id_of(const std::string& name) {
  model::node_id made;
  for (std::size_t i = 0; i < name.size() && i < made.bytes.size(); ++i) {
    made.bytes[i] = static_cast<std::byte>(name[i]);
  }
  return made;
}

}  // namespace

struct simulated_node::life {
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  hashing::signing_key site_key{site_seed};
  std::unique_ptr<io::reactor> ring;
  io::worker_pool workers{0};
  std::unique_ptr<io::buffer_pool> buffers;
  io::task_group operations;
  std::shared_ptr<storage::content_catalogue> catalogue =
      std::make_shared<storage::content_catalogue>();
  std::shared_ptr<http::server_counters> counters = std::make_shared<http::server_counters>();
  std::shared_ptr<http::push_door> pushes = std::make_shared<http::push_door>();
  std::unique_ptr<storage::content_library> library;
  std::unique_ptr<http::content_server> server;
  std::shared_ptr<rpc::client_pool> clients;
  node_actors actors;
  bool up = false;
  bool closed = false;
  std::optional<error> trouble;

  life() = default;
  life(const life&) = delete;
  life& operator=(const life&) = delete;
  ~life() {
    server.reset();
    library.reset();
    buffers.reset();
  }

  io::task<void> open(storage::content_library::settings given, std::vector<model::file_id> staged,
                      http::content_server::settings serving) {
    auto opened = co_await storage::content_library::open(*ring, workers, *buffers, catalogue,
                                                          std::move(given), std::move(staged));
    if (!opened) {
      trouble = opened.error();
      co_return;
    }
    library = std::move(*opened);
    auto listening =
        co_await http::content_server::open(*ring, catalogue, std::move(serving), counters);
    if (!listening) {
      trouble = listening.error();
      co_return;
    }
    server = std::move(*listening);
  }

  io::task<void> close(bool clean) {
    if (server) { server->stop(); }
    if (server && !clean) { server->stop(); }
    co_await operations.wait_all();
    if (clean && library) { co_await library->close(); }
    closed = true;
  }
};

simulated_node::simulated_node(simulated_network& net, std::string name, std::string site,
                               std::uint64_t seed)
    : net_(net), name_(std::move(name)), site_(std::move(site)), random_(seed) {
  auto opened = storage::node_database::open("", model::epoch_id::make(random_));
  SLUICE_CHECK(opened.ok());
  database_ = std::move(*opened);
  if (is_site()) {
    auto made = storage::site_database::open("", storage::site_database::mode::read_write);
    SLUICE_CHECK(made.ok());
    site_database_ = std::move(*made);
  }
  net_.time().world().put_file(name_, "library/left-alone", "");
  net_.join(*this);
}

simulated_node::~simulated_node() {
  if (life_) { crash(false); }
  free_the_dead();
}

bool simulated_node::is_up() const noexcept { return life_ && life_->up; }
const node_actors& simulated_node::actors() const { return life_->actors; }

bool simulated_node::holds(const model::content_id& content) const {
  const auto bit = static_cast<std::uint8_t>(storage::library_user::distribution_point);
  const auto all = life_->catalogue->all();
  return std::any_of(all.begin(), all.end(), [&](const storage::catalogue_entry& entry) {
    return entry.content == content && (entry.users & bit) != 0;
  });
}

void simulated_node::start() {
  if (is_started()) { return; }
  starting_ = true;
  begin();
}

/// Not before a former life has left the disk alone.
void simulated_node::begin() {
  free_the_dead();
  const bool is_free = std::all_of(dead_.begin(), dead_.end(),
                                   [](const auto& one) { return one->closed || !*one->alive; });
  if (!is_free) {
    return net_.time().after(std::chrono::seconds(1), [this] { begin(); });
  }
  starting_ = false;
  life_ = std::make_shared<life>();
  auto made = io::reactor::make(net_.time().world().machine(name_));
  SLUICE_CHECK(made.ok());
  life_->ring = std::move(*made);
  life_->buffers = std::make_unique<io::buffer_pool>(*life_->ring, io::make_buffer_budget(buffers));
  open(life_);
}

void simulated_node::open(const std::shared_ptr<life>& born) {
  const auto staged = database_->files_with_pieces();
  const auto pinned = database_->pinned_keys();
  SLUICE_CHECK(staged.ok() && pinned.ok());
  storage::content_library::settings given;
  given.root = library_root;
  given.site_keys = *pinned;
  if (is_site()) { given.site_keys.push_back(born->site_key.verifier()); }
  http::content_server::settings serving;
  serving.listen = {name_, content_port};
  serving.library_root = library_root;
  serving.access.anonymous = true;
  serving.pushes = born->pushes;
  const auto open = [](std::shared_ptr<life> of, simulated_node* node,
                       storage::content_library::settings with, std::vector<model::file_id> keep,
                       http::content_server::settings how) -> io::task<void> {
    co_await of->open(std::move(with), std::move(keep), std::move(how));
    node->net_.time().after({}, [node, of] {
      if (node->life_ != of) { return; }  // it went down before it was up
      if (!of->trouble) { return node->begin_actors(*of); }
      log::warning("simulation", format("{}: {}", node->name_, describe(*of->trouble)));
      node->crash(false);
      node->starting_ = true;
      node->net_.time().after(std::chrono::minutes(1), [node] { node->begin(); });
    });
  };
  born->ring->post([born, this, open, given, keep = *staged, serving] {
    born->operations.start(open(born, this, given, keep, serving));
  });
}

actors::node_parts simulated_node::parts_of(life& born) {
  actors::node_parts parts;
  parts.name = name_;
  parts.ring = born.ring.get();
  parts.workers = &born.workers;
  parts.buffers = born.buffers.get();
  parts.operations = &born.operations;
  parts.library = born.library.get();
  parts.catalogue = born.catalogue;
  parts.now = [this] {
    using namespace std::chrono;
    return model::calendar_time{1'800'000'000s} + clock_error +
           duration_cast<milliseconds>(net_.time().now());
  };
  parts.random = std::ref(random_);
  parts.site_key = is_site() ? &born.site_key : nullptr;
  parts.pushes = born.pushes;
  return parts;
}

void simulated_node::begin_actors(life& born) {
  caf::actor_system& system = net_.time().actors();
  const actors::node_parts parts = parts_of(born);
  node_actors& all = born.actors;
  born.clients = net_.clients_of(name_, born.alive);
  all.journal = system.spawn(actors::node_journal, database_);
  all.librarian = system.spawn(actors::librarian, parts);
  actors::distribution_point_setup pulling;
  pulling.parts = parts;
  pulling.site_address = is_site() ? "" : site_ + ":8601";
  pulling.journal = all.journal;
  pulling.librarian = all.librarian;
  pulling.site_known = !database_->pinned_keys()->empty();
  pulling.make_source = [&system, parts, journal = all.journal](const model::source_entry& from) {
    return system.spawn(actors::content_source, parts, from, journal);
  };
  if (!forgets_jobs) { pulling.jobs = *database_->jobs(); }
  pulling.version = "0.1.0";
  pulling.node = node_id_of(name_);
  all.distribution_point = system.spawn(actors::distribution_point, std::move(pulling));
  const auto repair = is_site() ? storage::repair_way::by_operator : storage::repair_way::refetch;
  all.validation = system.spawn(actors::content_validation,
                                actors::content_validation_setup{parts, all.journal, repair});
  if (is_site()) { begin_site(born, parts); }
  if (!is_site()) {
    actors::status_reporter_setup reporting{
        parts,           all.journal, all.librarian, all.distribution_point, born.clients,
        site_ + ":8601", {}};
    reporting.self.name = name_;
    reporting.self.node = node_id_of(name_);
    reporting.self.epoch = database_->epoch();
    reporting.self.content_address = format("{}:{}", name_, content_port);
    reporting.self.build = "0.1.0";
    all.reporter = system.spawn(actors::status_reporter, std::move(reporting));
  }
  born.ring->post([&born] { born.operations.start(born.server->serve()); });
  born.up = true;
  if (came_up) { came_up(); }
}

void simulated_node::begin_site(life& born, const actors::node_parts& parts) {
  caf::actor_system& system = net_.time().actors();
  node_actors& all = born.actors;
  actors::site_setup given;
  given.parts.node = parts;
  given.parts.code = *model::site_code::parse("PKG");
  given.parts.own_distribution_point = name_;
  given.parts.own_content_address = format("{}:{}", name_, content_port);
  given.parts.policy = {{"/srv/packages"}, true, {}};
  given.parts.librarian = all.librarian;
  given.parts.validation = all.validation;
  given.parts.clients = born.clients;
  all.pushes = system.spawn(
      actors::distribution_manager,
      actors::distribution_manager_setup{
          parts.now, born.clients, actors::make_push_runner(parts, library_root, born.counters),
          given.parts.policy.distribution});
  given.parts.pushes = all.pushes;
  given.database = site_database_;
  given.site_keys.push_back(born.site_key.verifier());
  given.make_proxy = [&system](actors::distribution_point_proxy_setup proxy) {
    return system.spawn(actors::distribution_point_proxy, std::move(proxy));
  };
  all.site = system.spawn(actors::site, std::move(given));
  all.management_point = system.spawn(actors::management_point, all.site);
}

void simulated_node::stop() {
  if (!is_up()) { return crash(false); }
  life_->up = false;
  end_all(net_.time(), life_->actors, caf::exit_reason::user_shutdown);
  bury(true);
}

/// The actors go first: none of them sees the failures of a machine that is no more.
void simulated_node::crash(bool power_fails) {
  if (!life_) { return; }
  life_->up = false;
  *life_->alive = false;
  end_all(net_.time(), life_->actors, caf::exit_reason::kill);
  io::simulated_world& world = net_.time().world();
  if (power_fails) {
    world.cut_power(name_);
  } else {
    world.kill(name_);
  }
  bury(false);
}

void simulated_node::bury(bool clean) {
  std::shared_ptr<life> one = std::exchange(life_, nullptr);
  one->clients.reset();
  one->ring->post([one = one.get(), clean] { one->ring->start(one->close(clean)); });
  dead_.push_back(std::move(one));
}

void simulated_node::free_the_dead() {
  std::erase_if(dead_, [](const auto& one) { return one->closed; });
}

}  // namespace sluice::simulation
