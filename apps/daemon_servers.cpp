#include <sched.h>

#include <algorithm>

#include "apps/daemon_parts.hpp"

namespace sluice::apps {

namespace {

using server_made = result<std::unique_ptr<http::content_server>>;

/// The address of `listen` for others: 0.0.0.0 and :: are no destinations.
std::string reachable(const network_address& listen, std::uint16_t port,
                      const std::string& host_name) {
  network_address address = listen;
  address.port = port;
  if (address.host == "0.0.0.0" || address.host == "::") { address.host = host_name; }
  return address.text();
}

/// std::thread::hardware_concurrency counts cores that taskset or a cpuset keeps from us, too.
std::uint32_t cores_allowed() {
  cpu_set_t allowed;  // of 1024 cores: more are an error, and enough
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) { return limits::serving_reactors_max; }
  return static_cast<std::uint32_t>(std::max(CPU_COUNT(&allowed), 1));
}

}  // namespace

/// One content server per reactor, all on one port: the library's reactor, and one more for each
/// further core that this process may use.
result<void> daemon::parts::open_content_servers() {
  counters = std::make_shared<http::server_counters>();
  if (!serves()) { return {}; }
  const distribution_point_settings& settings = *setup.settings.distribution_point;
  http::content_server::settings given;
  given.listen = {settings.listen.value.host, settings.listen.value.port};
  given.library_root = setup.settings.node.library.value;
  given.access.anonymous = settings.anonymous_access.value;
  given.port = io::port_sharing::first;
  given.pushes = pushes;
  given.withheld = maintenance;
  serving.resize(std::min(cores_allowed(), limits::serving_reactors_max));
  given.buffers = budget;
  given.cold_readers_max = limits::buffers_for_cold_readers_max / limits::buffers_per_cold_reader /
                           static_cast<std::uint32_t>(serving.size());
  given.index_cache_bytes = limits::manifest_index_cache_bytes / serving.size();
  for (std::size_t i = 1; i < serving.size(); ++i) {
    auto further = io::reactor_thread::start("serve");
    if (!further) { return further.error(); }
    serving[i].thread = std::move(*further);
  }
  for (serving_reactor& one : serving) {
    io::reactor& on = one.thread ? one.thread->get() : ring();
    auto opened = io::block_on<server_made>(
        on, [&] { return http::content_server::open(on, catalogue, given, counters); });
    if (!opened) { return opened.error(); }
    one.server = std::move(*opened);
    given.listen.port = one.server->local().port;
    given.port = io::port_sharing::join;
    http::content_server* server = one.server.get();
    // Those of the library's reactor are waited for with all that runs there; the other thread
    // waits for its own.
    io::task_group* together = one.thread ? nullptr : operations.get();
    on.post([&on, server, together] {
      if (together != nullptr) { return together->start(server->serve()); }
      on.start(server->serve());
    });
  }
  ports.content = given.listen.port;
  content_address = reachable(settings.listen.value, ports.content, setup.host_name);
  if (settings.content_address.value) { content_address = settings.content_address.value->text(); }
  log::info("sluiced", format("serves content at {} ({})", content_address,
                              settings.anonymous_access.value
                                  ? "anonymous access is on: whoever reaches the port may read"
                                  : "anonymous access is off"));
  return {};
}

result<void> daemon::parts::open_observation() {
  const auto& listen = setup.settings.node.observation.value;
  if (!listen) { return {}; }
  auto answers = observation_answers(
      {setup.settings.node.name.value, setup.version, [this] { return ready.load(); },
       [this] { return maintenance->load(); }, counters, catalogue, source_faults});
  using made = result<std::unique_ptr<http::observation_server>>;
  auto opened = io::block_on<made>(ring(), [&] {
    return http::observation_server::open(ring(), {listen->host, listen->port}, std::move(answers));
  });
  if (!opened) { return opened.error(); }
  observation = std::move(*opened);
  ports.observation = observation->local().port;
  ring().post([this] { operations->start(observation->serve()); });
  return {};
}

result<void> daemon::parts::open_rpc() {
  const configuration& settings = setup.settings;
  const rpc::offered_services all = actors->services();
  const auto offer = [&](rpc::listen_address at,
                         rpc::offered_services offered) -> result<std::uint16_t> {
    auto started = rpc::server::start(std::move(at), offered);
    if (!started) { return started.error(); }
    rpc_servers.push_back(std::move(*started));
    return rpc_servers.back()->port();
  };
  rpc::offered_services node_only;
  node_only.node = all.node;
  auto opened = offer({settings.node.node_socket.value, "", 0}, node_only);
  if (!opened) { return opened.error(); }
  ports.node_socket = settings.node.node_socket.value;
  if (serves() && settings.distribution_point->site.value &&
      settings.distribution_point->contact.value == contact_way::inbound) {
    const network_address& at = settings.distribution_point->control.value;
    rpc::offered_services control_only;
    control_only.control = all.control;
    opened = offer({"", at.host, at.port}, control_only);
    if (!opened) { return opened.error(); }
    ports.control = *opened;
  }
  if (!settings.site) { return {}; }
  rpc::offered_services admin_only;
  admin_only.admin = all.admin;
  opened = offer({settings.site->admin_socket.value, "", 0}, admin_only);
  if (!opened) { return opened.error(); }
  ports.admin_socket = settings.site->admin_socket.value;
  rpc::offered_services management_only;
  management_only.management_point = all.management_point;
  opened = offer({"", settings.site->listen.value.host, settings.site->listen.value.port},
                 management_only);
  if (!opened) { return opened.error(); }
  ports.management_point = *opened;
  return {};
}

}  // namespace sluice::apps
